"""When a holder is written to about a certificate, and the job that does it: one letter for each occasion."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.jobs import Jobs


class Occasion(StrEnum):
    """What happened to the certificate."""

    REVOKED = "revoked"  # by an operator
    SUSPENDED = "suspended"  # by an operator
    REINSTATED = "reinstated"  # likewise
    SIGNED_ANEW = "signed-anew"  # its key was in other hands, and it is surely ours
    REVIEW_OPENED = "review-opened"  # its key was in other hands, and a person must look
    REISSUED = "reissued"  # that person found it genuine
    REISSUED_IN_DOUBT = "reissued-in-doubt"  # likewise, and it is under review for something else
    LEFT_WITHDRAWN = "left-withdrawn"  # that person did not


def tell_holder(occasion: Occasion, credential_id: UUID, cause: str, *, session: Session, jobs: Jobs) -> None:
    """Have the letter sent, in the transaction of what it tells of; the same cause twice is one letter.

    The job's name is the message's too, so that a worker killed after sending sends the same message again.
    """
    arguments = {"credential_id": str(credential_id), "occasion": occasion.value, "cause": cause}
    jobs.enqueue("send_holder_letter", letter_key(occasion, cause), session=session, arguments=arguments)


def letter_key(occasion: Occasion, cause: str) -> str:
    """The name of one letter, for ever."""
    return f"certificate:{occasion.value}:{cause}"
