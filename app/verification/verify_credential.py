"""Use case: is this credential good? By its code, from the register; or from a document that somebody hands over.

Both read the same things a stranger would: the signature under a published key, the signed status list, the term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from app.credentials import open_badge, proof, queries, status_list, validity
from app.credentials.errors import ProofInvalid, StatusListInvalid, StatusListMissing
from app.credentials.queries import CredentialView
from app.foundation.clock import Clock
from app.verification.verdict import Checks, Judgement, Reason, Verdict, judge

REMEMBERED_SIGNATURES = 4096  # outcomes of a pure function of (text, key), 103 µs each


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict, when it was reached, and on what."""

    judgement: Judgement
    checked_at: datetime
    credential: CredentialView | None
    document: Mapping[str, Any] | None

    @property
    def verdict(self) -> Verdict:
        """The verdict alone."""
        return self.judgement.verdict


def verify_credential(code: str, *, session: Session, clock: Clock) -> Verification | None:
    """What holds of the credential under this exact code; None alike for no such code and for one that is not shown."""
    found = queries.credential_of_code(code, session=session)
    if found is None or not found.is_shown:
        return None
    return verify_registered(found, session=session, clock=clock)


def verify_registered(found: CredentialView, *, session: Session, clock: Clock) -> Verification:
    """What holds of an issued credential of the register, whoever may see it."""
    text = found.signed_document or ""
    verification = verify_document(text, session=session, clock=clock)
    if verification.document is None:
        return Verification(verification.judgement, verification.checked_at, found, None)
    checks = Checks(
        signature_holds=_signature_holds(text, found.key_id, session=session),
        is_revoked=True if found.revoked_at else _listed_as_revoked(verification.document, session=session),
        is_suspended=found.suspended_at is not None,
        is_specimen=found.is_specimen,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
    )
    return _judged(checks, found, verification.document, session=session, at=verification.checked_at)


def verify_document(text: str, *, session: Session, clock: Clock) -> Verification:
    """What holds of a signed document as it was handed over."""
    now = clock.now()
    try:
        document = proof.parse(text)
        _, options = proof.split(document)
        valid_from, valid_until = (validity.from_text(document[key]) for key in ("validFrom", "validUntil"))
    except (ProofInvalid, KeyError, TypeError, ValueError):
        return Verification(Judgement(Verdict.ALTERED, (Reason.SIGNATURE_BROKEN,)), now, None, None)
    ...
