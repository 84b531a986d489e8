"""What somebody had typed when their proof of who they are turned out to have lapsed, until they are back.

Kept are the fields that the page names, never a secret, for this person on this page alone. Taking them spends them.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.foundation.db import Base

KEPT_MINUTES = 60  # to find the phone or to wait for a slow mail


class KeptForm(Base):
    """One form. `fields` is a list of names and values in JSON."""

    __tablename__ = "kept_form"

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    fields: Mapped[str] = mapped_column(Text)
    kept_until_at: Mapped[datetime] = mapped_column(index=True)


def keep_form(holder_id: UUID, path: str, fields: list[tuple[str, str]], *, session: Session, at: datetime) -> None:
    """Keep what was typed for this page, in place of what was kept for it before."""
    forget_expired_forms(session=session, at=at)
    until = at + timedelta(minutes=KEPT_MINUTES)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(KeptForm).values(
        holder_id=holder_id, path=path, fields=json.dumps(fields), kept_until_at=until
    )
    newer = {"fields": row.excluded.fields, "kept_until_at": row.excluded.kept_until_at}
    session.execute(row.on_conflict_do_update(index_elements=["holder_id", "path"], set_=newer))


def is_form_kept(holder_id: UUID, path: str, *, session: Session) -> bool:
    """Whether something may be there to take."""
    return session.get(KeptForm, (holder_id, path)) is not None


def take_form(holder_id: UUID, path: str, *, session: Session, at: datetime) -> list[tuple[str, str]]:
    """What was typed; nothing where nothing is kept any more."""
    forget_expired_forms(session=session, at=at)
    own = delete(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.path == path)
    fields = session.scalar(own.returning(KeptForm.fields))
    return [(name, value) for name, value in json.loads(fields)] if fields else []


def forget_expired_forms(*, session: Session, at: datetime) -> None:
    """Forget every form whose time has passed."""
    session.execute(delete(KeptForm).where(KeptForm.kept_until_at <= at))


def forget_forms(holder_id: UUID, *, session: Session) -> None:
    """Forget everything kept for somebody."""
    session.execute(delete(KeptForm).where(KeptForm.holder_id == holder_id))
