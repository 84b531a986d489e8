"""What somebody had typed when their proof of who they are, or their sign-in, had ended meanwhile, until they are back.

Kept are the fields that the page names, never a secret, for this person on this page alone. Taking them spends them.
Where the sign-in itself had ended, whoever sat there may have been another: then they are kept for one browser as well,
under the mark that its cookie holds, and one form at a time.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.foundation.db import Base

KEPT_MINUTES = 60  # to find the phone or to wait for a slow mail
LONGEST_KEPT = 20_000  # characters of JSON: the longest of our forms has about a third of it


class KeptForm(Base):
    """One form. `fields` is a list of names and values in JSON; a browser's mark, if any, stands before the path."""

    __tablename__ = "kept_form"

    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    fields: Mapped[str] = mapped_column(Text)
    kept_until_at: Mapped[datetime] = mapped_column(index=True)


def keep_form(
    holder_id: UUID, path: str, fields: list[tuple[str, str]], *, mark: str = "", session: Session, at: datetime
) -> bool:
    """Keep what was typed for this page, in place of what was kept for it before. False where it is too long for that.

    With the `mark` of a browser it is kept for that browser alone, in place of any form kept so before.
    """
    forget_expired_forms(session=session, at=at)
    if mark:
        marked = KeptForm.path.not_like("/%")
        session.execute(delete(KeptForm).where(KeptForm.holder_id == holder_id, marked))
    written = json.dumps(fields, ensure_ascii=False)
    if len(written) > LONGEST_KEPT:
        return False
    _put(holder_id, mark + path, written, until=at + timedelta(minutes=KEPT_MINUTES), session=session)
    return True


def _put(holder_id: UUID, place: str, written: str, *, until: datetime, session: Session) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(KeptForm).values(holder_id=holder_id, path=place, fields=written, kept_until_at=until)
    newer = {"fields": row.excluded.fields, "kept_until_at": row.excluded.kept_until_at}
    session.execute(row.on_conflict_do_update(index_elements=["holder_id", "path"], set_=newer))


def is_form_kept(holder_id: UUID, path: str, *, mark: str = "", session: Session) -> bool:
    """Whether something may be there to take."""
    own = (KeptForm.holder_id == holder_id, KeptForm.path.in_({path, mark + path}))
    return session.scalar(select(KeptForm.path).where(*own).limit(1)) is not None


def take_form(holder_id: UUID, path: str, *, mark: str = "", session: Session, at: datetime) -> list[tuple[str, str]]:
    """What was typed last, by whichever way it was kept; nothing where nothing is kept any more."""
    forget_expired_forms(session=session, at=at)
    own = delete(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.path.in_({path, mark + path}))
    found = session.execute(own.returning(KeptForm.kept_until_at, KeptForm.fields)).all()
    fields = max(found, key=lambda row: row.kept_until_at).fields if found else "[]"
    return [(name, value) for name, value in json.loads(fields)]


def forget_expired_forms(*, session: Session, at: datetime) -> None:
    """Forget every form whose time has passed."""
    session.execute(delete(KeptForm).where(KeptForm.kept_until_at <= at))


def forget_forms(holder_id: UUID, *, session: Session) -> None:
    """Forget everything kept for somebody."""
    session.execute(delete(KeptForm).where(KeptForm.holder_id == holder_id))


def forget_forms_of_others(mark: str, holder_id: UUID | None, *, session: Session) -> None:
    """Forget what this browser keeps for anybody but `holder_id`."""
    session.execute(delete(KeptForm).where(KeptForm.path.startswith(mark + "/"), KeptForm.holder_id != holder_id))
