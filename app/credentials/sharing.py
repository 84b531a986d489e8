"""What the holder carries elsewhere: the link that fills LinkedIn's form, a line for a CV, snippets for mail and pages.

None of them says that the certificate holds; each leads to the page that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from app.credentials.face import Face, Gettext
from app.credentials.queries import CredentialView
from app.foundation import written

LINKEDIN = "https://www.linkedin.com/profile/add"
LINKEDIN_TASK = "CERTIFICATION_NAME"


@dataclass(frozen=True, slots=True)
class Shared:
    """Finished texts to copy, and one link to follow."""

    linkedin: str
    cv_line: str
    signature: str
    embed: str


def shared(credential: CredentialView, face: Face, *, gettext: Gettext) -> Shared:
    """Everything to copy, in the language of the face."""
    _ = gettext
    title = f"{face.mark} · {face.claim} · {face.skill}" if face.mark else f"{face.claim} · {face.skill}"
    link = _("%(title)s: check this certificate", title=title)
    return Shared(
        linkedin=_linkedin(credential, title, face.address),
        cv_line=_(
            "%(title)s, %(issuer)s, valid until %(day)s, %(address)s",
            title=title,
            issuer=credential.display["issuer_name"],
            day=written.day(credential.valid_until, face.language),
            address=face.address,
        ),
        signature=f"{title}\n" + _("Check this certificate: %(address)s", address=face.address),
        embed=f'<a href="{escape(face.address)}" rel="noopener">{escape(link)}</a>',
    )


def _linkedin(credential: CredentialView, title: str, address: str) -> str:
    """The fields of LinkedIn's add-to-profile form; months are 1 to 12, every value is encoded."""
    fields = {
        "startTask": LINKEDIN_TASK,
        "name": title,
        "organizationName": credential.display["issuer_name"],
        "issueYear": credential.valid_from.year,
        "issueMonth": credential.valid_from.month,
        "expirationYear": credential.valid_until.year,
        "expirationMonth": credential.valid_until.month,
        "certUrl": address,
        "certId": credential.printed_code,
    }
    return f"{LINKEDIN}?{urlencode(fields)}"
