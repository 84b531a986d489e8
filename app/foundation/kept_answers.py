"""What was answered to a request that carried a key, so that sending it again changes nothing and reads the same.

The answer is written in the transaction of what it answers: both are there, or neither. Two requests with one key
that come together wait for each other at the primary key. A refusal undoes everything, and leaves the key free.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.foundation.db import Base
from app.foundation.errors import Conflict


class KeyReused(Conflict):
    """The key came before, with something else."""

    code = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used for another request, whose answer stands. "
            "Use a fresh key for each thing you ask for."
        )


class KeptAnswer(Base):
    """One answer, kept for a while. `request_sha256` tells a repetition from another request."""

    __tablename__ = "kept_answer"

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    status: Mapped[int]
    location: Mapped[str | None]
    body: Mapped[str] = mapped_column(Text)
    kept_until_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with a key: whose, to which route, and a hash of all that it says."""

    holder_id: UUID
    route: str
    key: str
    request_sha256: str


def former_answer(keyed: Keyed, *, hours: int, session: Session, at: datetime) -> KeptAnswer | None:
    """The answer to the same request before; None if there was none, and then the key is this transaction's.

    Raises
    ------
    KeyReused
        The key came with another request.
    """
    forget_expired_answers(session=session, at=at)
    identity = (keyed.holder_id, keyed.route, keyed.key)
    if _claimed(keyed, until=at + timedelta(hours=hours), session=session):
        return None
    found = session.get_one(KeptAnswer, identity)
    if found.request_sha256 != keyed.request_sha256:
        raise KeyReused
    return found


def _claimed(keyed: Keyed, *, until: datetime, session: Session) -> bool:
    """Whether the key is new. On PostgreSQL this waits for whoever is using it at this moment."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    claim = (
        dialect.insert(KeptAnswer)
        .values(
            holder_id=keyed.holder_id,
            route=keyed.route,
            key=keyed.key,
            request_sha256=keyed.request_sha256,
            status=0,
            body="",
            kept_until_at=until,
        )
        .on_conflict_do_nothing()
        .returning(KeptAnswer.key)
    )
    return session.scalar(claim) is not None


def keep_answer(keyed: Keyed, *, status: int, location: str | None, body: str, session: Session) -> None:
    """Keep what is about to be answered, in the transaction that did it."""
    row = session.get_one(KeptAnswer, (keyed.holder_id, keyed.route, keyed.key))
    row.status, row.location, row.body = status, location, body
    session.flush()


def forget_expired_answers(*, session: Session, at: datetime) -> None:
    """Forget every answer whose time has passed."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.kept_until_at <= at))


def forget_answers(holder_id: UUID, *, session: Session) -> None:
    """Forget everything kept for somebody."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.holder_id == holder_id))
