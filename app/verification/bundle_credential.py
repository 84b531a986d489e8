"""Use case: everything needed to verify one credential when its issuer is gone, in one small archive.

What the script in it reads is signed already; nothing is signed for a bundle.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from html import escape
from pathlib import Path

from sqlalchemy.orm import Session

from app.credentials import codes, open_badge, proof, queries, validity
from app.credentials.errors import CarrierMissing, CredentialNotFound
from app.credentials.log_events import issue_subjects
from app.transparency import queries as log
from app.transparency.log_json import proof_json
from app.verification.errors import NotLoggedYet

HOW_TO_CHECK = "To check it without its issuer and without a network, run <code>python verify.py</code> in this folder."
LARGEST_BYTES = 200_000
ENTRY_DATE = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
body {{ max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ line-height: 1.2; }}
.verdict {{ border: 2px solid; border-radius: .5rem; padding: .75rem 1rem; font-weight: 600; }}
dt {{ margin-top: .75rem; opacity: .8; }}
dd {{ margin: 0; font-weight: 600; overflow-wrap: anywhere; }}
</style></head><body>
<h1>{name}</h1>
{verdict}<p>Issued by {issuer}, {valid_from} to {valid_until}. Code {code}. Written at {at}.</p>
<dl>{facts}</dl>
<p>{last_word}</p>
</body></html>
"""


def bundle_credential(code: str, *, base_url: str, session: Session, at: datetime) -> bytes:
    """The archive, at most 200 kB.

    Raises
    ------
    CredentialNotFound, CarrierMissing, NotLoggedYet
    """
    found = queries.credential_of_code(code, session=session)
    if found is None or found.signed_document is None:
        raise CredentialNotFound
    listed = queries.status_list(found.status_list, session=session)
    if found.signed_jwt is None or listed.signed_jwt is None:
        raise CarrierMissing
    place = log.place_of(issue_subjects(found.id, found.status_list, found.status_index), session=session)
    if place is None:
        raise NotLoggedYet
    logged = proof_json(log.proof_at(place, session=session))
    files = {
        "certificate.html": certificate_page(found.signed_document, code, at, HOW_TO_CHECK),
        "certificate.json": found.signed_document,
        "certificate.jwt": found.signed_jwt,
        "did.json": json.dumps(queries.did_document(base_url=base_url, session=session), indent=1),
        "status.jwt": listed.signed_jwt,
        "log_proof.json": json.dumps(logged, indent=1),
        "verify.py": Path(__file__).with_name("bundled_verifier.py").read_text(encoding="utf-8"),
    }
    return _archive(files)


def certificate_page(signed: str, code: str, at: datetime, last_word: str, *, verdict: str = "") -> str:
    """The facts of a signed document as a page that needs nothing beside it; `last_word` is HTML and ends it."""
    document = proof.parse(signed)
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in open_badge.told_lines(document)
    )
    return PAGE.format(
        name=escape(document["name"]),
        issuer=escape(document["issuer"]["url"]),
        valid_from=document["validFrom"],
        valid_until=document["validUntil"],
        code=codes.grouped(code),
        at=validity.to_text(at),
        facts=facts,
        verdict=f'<p class="verdict">{escape(verdict)}</p>\n' if verdict else "",
        last_word=last_word,
    )


def _archive(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, ENTRY_DATE), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
