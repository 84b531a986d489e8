"""Which letters a merge of two accounts has, and to whom: every occasion tells both addresses, each once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.foundation.jobs import Jobs
from app.privacy.models import AccountMerge

ASKED, APPLIED, DROPPED = "asked", "applied", "dropped"
STAYING, LEAVING = "staying", "leaving"


def write_to_both(merge: AccountMerge, occasion: str, *, session: Session, jobs: Jobs) -> None:
    """Have the letters sent, in the transaction of what they tell of."""
    for reader in (STAYING, LEAVING):
        arguments = {"merge_id": str(merge.id), "occasion": occasion, "reader": reader}
        jobs.enqueue("send_merge_letter", f"merge:{occasion}:{reader}:{merge.id}", session=session, arguments=arguments)
