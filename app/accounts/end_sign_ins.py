"""Every browser and every program of a person is let out at once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of


def end_sign_ins(person_id: UUID, *, session: Session) -> None:
    """End them; there may be none."""
    end_all_of(person_id, session=session)
