"""What the register still knows of a credential whose holder erased their data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from app.credentials.models import ErasedCredential


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """Dates and status; whose it was, and for which skill, is nowhere."""

    is_specimen: bool
    was_shown: bool
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None


def hash_of_code(code: str) -> str:
    """A code has 80 random bits, so its plain hash cannot be searched."""
    return sha256(code.encode()).hexdigest()


def line_of_code(code: str, *, session: Session) -> RegisterLine | None:
    """The line under this exact code, or None."""
    row = session.get(ErasedCredential, hash_of_code(code))
    if row is None:
        return None
    return RegisterLine(row.is_specimen, row.was_shown, row.valid_from, row.valid_until, row.revoked_at)
