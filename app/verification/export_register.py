"""Use case: the register as files, for the day on which its issuer closes.

Below the folder each file has the path of the page that it stands in for, so the links on certificates and in
résumés go on verifying once any web server answers for the same address. Nothing is signed for it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.credentials import queries
from app.credentials.copied_lists import write_lists
from app.credentials.errors import CarrierMissing, StatusListMissing
from app.credentials.queries import CredentialView
from app.foundation.whole_files import write_public
from app.transparency.published_copy import write_copy
from app.verification.bundle_credential import bundle_credential, certificate_page
from app.verification.errors import FolderInUse, NotLoggedYet
from app.verification.verify_credential import verification_of

VERDICT = "{verdict}, as the register stood when it was closed on {at}."
LAST_WORD = (
    "From the end of its term on this certificate is expired, whatever stands here. Its issuer answers no more; what "
    "it signed proves it without one: {files}."
)
KINDS = {
    "json": "the signed document",
    "jwt": "the same as a JWT",
    "zip": "everything needed to check it without a network",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and the codes of what has no bundle, for its log entry or JWT is not signed yet."""

    certificates: int
    log_entries: int
    without_bundle: tuple[str, ...]


def export_register(folder: Path, *, base_url: str, session: Session, at: datetime) -> Exported:
    """Every certificate that its holder shows, the keys, the status lists and the public log, below an empty `folder`.

    What a holder keeps private is left out: they have their own file of it.

    Raises
    ------
    FolderInUse
        If there is anything in the folder already.
    NoCheckpoint
        If the log was never signed.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse(folder)
    entries = write_copy(folder, session=session)
    keys = json.dumps(queries.did_document(base_url=base_url, session=session), indent=1)
    write_public(folder / ".well-known/did.json", keys.encode())
    write_lists(folder, session=session)
    codes = queries.shown_codes(session=session)
    written = [_certificate(folder, code, base_url=base_url, session=session, at=at) for code in codes]
    without = tuple(code for code, is_bundled in zip(codes, written, strict=True) if not is_bundled)
    return Exported(len(codes), entries, without)


def _certificate(folder: Path, code: str, *, base_url: str, session: Session, at: datetime) -> bool:
    """Page, document, JWT and bundle of one; whether there is a bundle."""
    found = queries.credential_of_code(code, session=session)
    if found is None or found.signed_document is None:
        return False  # erased while this ran
    files = {"json": found.signed_document.encode()}
    if found.signed_jwt is not None:
        files["jwt"] = found.signed_jwt.encode()
    with suppress(CarrierMissing, NotLoggedYet, StatusListMissing):
        files["zip"] = bundle_credential(code, base_url=base_url, session=session, at=at)
    page = _page(found, found.signed_document, list(files), session=session, at=at)
    for kind, content in files.items():
        write_public(folder / f"c/{code}.{kind}", content)
    write_public(folder / f"c/{code}/index.html", page.encode())
    return "zip" in files


def _page(found: CredentialView, signed: str, kinds: list[str], *, session: Session, at: datetime) -> str:
    verdict = verification_of(found, queries.policy(session=session, at=at), session=session, at=at).verdict
    links = ", ".join(f'<a href="/c/{found.code}.{kind}">{KINDS[kind]}</a>' for kind in kinds)
    said = VERDICT.format(verdict=verdict.value.upper(), at=at.date().isoformat())
    return certificate_page(signed, found.code, at, LAST_WORD.format(files=links), verdict=said)
