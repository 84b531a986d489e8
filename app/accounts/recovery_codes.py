"""Codes for the day the phone is lost: 80 random bits each, shown once, kept as hashes, each good for one use."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import RecoveryCode
from app.accounts.rules import typed_code
from app.foundation.entropy import Entropy

BITS = 80  # out of reach of guessing at any rate a web page answers (case 65 of the incident list)
CHARACTERS = 16
GROUP = 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LOOK_ALIKES = str.maketrans("ILO", "110")


def make_recovery_codes(person_id: UUID, *, session: Session, entropy: Entropy, count: int) -> tuple[str, ...]:
    """Fresh codes in place of all former ones, for showing once."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = tuple(_code(entropy.bits(BITS)) for _ in range(count))
    session.add_all(RecoveryCode(code_hash=hash_of_code(code), person_id=person_id) for code in codes)
    session.flush()
    return codes


def hash_of_code(code: str) -> str:
    """A plain hash suffices for 80 random bits. Forgives spaces, hyphens, case and look-alikes."""
    return hashlib.sha256(typed_code(code).translate(LOOK_ALIKES).encode()).hexdigest()


def looks_like_recovery_code(code: str) -> bool:
    """Whether somebody typed a recovery code rather than six digits."""
    return len(typed_code(code)) == CHARACTERS


def _code(number: int) -> str:
    characters = "".join(ALPHABET[(number >> 5 * place) & 31] for place in range(CHARACTERS))
    return "-".join(characters[start : start + GROUP] for start in range(0, CHARACTERS, GROUP))
