"""Use case: are these up to 1,000 certificates good? Each is asked as it would be alone; a bad line spoils no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy.orm import Session

from app.credentials import codes
from app.credentials.errors import CredentialErased, CredentialNotFound, TypingError
from app.foundation.clock import Clock
from app.verification.batch_list import MOST_CODES, Line
from app.verification.errors import BatchEmpty, BatchTooLong
from app.verification.signed_ids import share_token_in
from app.verification.verify_credential import CertificateVerification, verify_credential


class RowProblem(StrEnum):
    """Why a line has no verdict; the second tells an unknown code from a private one as little as the page does.

    A link for a single reader is not opened here: each look through it is counted for its holder.
    """

    TYPING_ERROR = "code-typing-error"
    NOT_SHOWN = "credential-not-found"
    ERASED = "credential-erased"
    SINGLE_READER = "single-reader-link"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One line with its verification, or with the reason why there is none."""

    line: Line
    checked_at: datetime
    found: CertificateVerification | None
    problem: RowProblem | None

    @property
    def share_token(self) -> str | None:
        """Of a link for a single reader: its page says what holds, to whoever opens it."""
        return share_token_in(self.line.sent) if self.problem is RowProblem.SINGLE_READER else None


def verify_batch(lines: Sequence[Line], *, session: Session, clock: Clock) -> tuple[BatchRow, ...]:
    """A row per line in the same order, all judged at one instant; a code that stands on many lines is asked once.

    Raises
    ------
    BatchEmpty, BatchTooLong
    """
    if not lines:
        raise BatchEmpty
    if len(lines) > MOST_CODES:
        raise BatchTooLong(len(lines), MOST_CODES)
    stopped = _Stopped(clock.now())
    known: dict[str, _Answer] = {}
    return tuple(_row(line, known, session=session, clock=stopped) for line in lines)


_Answer: TypeAlias = tuple[CertificateVerification | None, RowProblem | None]


@dataclass(frozen=True, slots=True)
class _Stopped:
    """The clock at the instant at which the whole list is judged."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def _row(line: Line, known: dict[str, _Answer], *, session: Session, clock: _Stopped) -> BatchRow:
    try:
        code = codes.read_code(line.sent)
    except TypingError:
        is_share = share_token_in(line.sent) is not None
        return BatchRow(line, clock.instant, None, RowProblem.SINGLE_READER if is_share else RowProblem.TYPING_ERROR)
    if code not in known:
        known[code] = _answer(code, session=session, clock=clock)
    return BatchRow(line, clock.instant, *known[code])


def _answer(code: str, *, session: Session, clock: _Stopped) -> _Answer:
    try:
        return verify_credential(code, session=session, clock=clock, with_token=False), None
    except CredentialNotFound:
        return None, RowProblem.NOT_SHOWN
    except CredentialErased:
        return None, RowProblem.ERASED
