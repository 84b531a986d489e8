"""What somebody keeps of a check: the parts that were signed already, with the instant. Nothing is signed for it.

With it one can show later, and check without us, what the issuer's signed documents said at that time. The instant and
the verdict are our word alone, as the receipt says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.credentials import queries, validity
from app.credentials.errors import StatusListMissing, StatusListNotFound
from app.verification.verdict import Reason
from app.verification.verify_credential import CertificateVerification

KIND = "decile-verification-receipt-1"
NOTE = (
    "credential and status_list are documents that the issuer signed, letter by letter; the keys in did_document check "
    "both, and are published at the address beside them. checked_at, verdict and reasons are what the server said and "
    "are not signed."
)
NOTE_OF_A_STOLEN_KEY = (
    "credential and status_list are documents that the issuer signed, letter by letter. The key of the credential was "
    "in other hands and is published no more, so nothing in this file checks its signature; the keys in did_document "
    "check the list, and are published at the address beside them. checked_at, verdict and reasons are what the server "
    "said and are not signed."
)
KEYS_PATH = "/.well-known/did.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A check with the documents it rested on; `status_list` is None where none could be read."""

    verification: CertificateVerification
    credential: str
    status_list: str | None
    did_document: Mapping[str, Any]

    @property
    def credential_sha256(self) -> str:
        """To compare two receipts, or one with its file."""
        return _sha256(self.credential)

    @property
    def status_list_sha256(self) -> str | None:
        """The same for the list."""
        return _sha256(self.status_list) if self.status_list is not None else None

    def as_dict(self, *, base_url: str) -> dict[str, Any]:
        """The file."""
        found = self.verification
        return {
            "kind": KIND,
            "note": NOTE_OF_A_STOLEN_KEY if Reason.KEY_COMPROMISED in found.judgement.reasons else NOTE,
            "code": found.credential.code,
            "checked_at": validity.to_text(found.checked_at),
            "verdict": found.verdict.value,
            "reasons": [reason.value for reason in found.judgement.reasons],
            "credential": self.credential,
            "credential_sha256": self.credential_sha256,
            "status_list": self.status_list,
            "status_list_sha256": self.status_list_sha256,
            "did_document": self.did_document,
            "did_document_address": base_url + KEYS_PATH,
        }


def receipt_of(found: CertificateVerification, *, base_url: str, session: Session) -> Receipt:
    """The receipt of this check, made in the same reading."""
    try:
        listed = queries.status_list(found.credential.status_list, session=session).signed_document
    except (StatusListMissing, StatusListNotFound):
        listed = None
    keys = queries.did_document(base_url=base_url, session=session)
    return Receipt(found, found.credential.signed_document or "", listed, keys)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
