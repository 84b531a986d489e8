"""Job: the hash of an erased address goes when no wait or limit needs it any more."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import ErasedAddress
from app.accounts.restrictions import lineages_kept_from_retention
from app.foundation.clock import Clock


def forget_erased_addresses(*, session: Session, clock: Clock) -> None:
    """Delete those whose time is over, but none of people on a legal hold or in a dispute."""
    goes = ErasedAddress.lineage_id.not_in(lineages_kept_from_retention(session=session))
    session.execute(delete(ErasedAddress).where(ErasedAddress.kept_until_at <= clock.now(), goes))
