"""What the holder carries elsewhere: the link that fills LinkedIn's form, a line for a CV, snippets for mail and pages.

None of them says that the certificate holds; each leads to the page that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from app.credentials.face import Face
from app.credentials.queries import CredentialView

LINKEDIN = "https://www.linkedin.com/profile/add"
LINKEDIN_TASK = "CERTIFICATION_NAME"


@dataclass(frozen=True, slots=True)
class Shared:
    """Finished texts to copy, and one link to follow."""

    linkedin: str
    cv_line: str
    signature: str
    embed: str


def shared(credential: CredentialView, face: Face, *, check_it: str) -> Shared:
    """Everything to copy; `check_it` are the words of the links."""
    title = f"{face.mark} · {face.claim} · {face.skill}" if face.mark else f"{face.claim} · {face.skill}"
    return Shared(
        linkedin=_linkedin(credential, title, face.address),
        cv_line=f"{title}, {credential.display['issuer_name']}, {face.until}, {face.address}",
        signature=f"{title}\n{check_it}: {face.address}",
        embed=f'<a href="{escape(face.address)}" rel="noopener">{escape(title)}: {escape(check_it)}</a>',
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
