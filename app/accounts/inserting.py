"""Inserts a row unless its key is taken. The database decides, so two who come at once cannot both win."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.db import Base


def insert_if_absent(row: Base, *, session: Session) -> bool:
    """Whether `row` was inserted. On a conflict the savepoint alone is undone, and the caller goes on."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True
