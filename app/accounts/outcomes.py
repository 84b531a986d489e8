"""What can come of an attempt to get in. A wrong guess is an outcome, not an error: its count must be committed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The browser now holds a fresh sign-in."""

    token: str
    person_id: UUID
    needs_second_factor: bool
    return_path: str
    recovery_codes: tuple[str, ...] = ()  # shown once to staff who have none yet


@dataclass(frozen=True, slots=True)
class JoinNeeded:
    """The address is proven, and its owner has not joined yet."""

    request_id: UUID


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code was wrong, or not even looked at because no guess was left. None: guesses are not counted."""

    attempts_left: int | None


@dataclass(frozen=True, slots=True)
class SecondFactorConfirmed:
    """A fresh sign-in with the second factor. Recovery codes appear once, when the factor is first confirmed."""

    token: str
    recovery_codes: tuple[str, ...] = ()


class PasskeyRefusal(StrEnum):
    """Why a passkey was not accepted."""

    SPENT = "spent"  # the challenge is used, too old, or of another browser
    UNKNOWN = "unknown"  # no such passkey, or not of this person
    INVALID = "invalid"  # it proves nothing: wrong page, wrong signature, owner not verified
    SUSPENDED = "suspended"  # its counter went backwards
    KNOWN = "known"  # registered already


@dataclass(frozen=True, slots=True)
class PasskeyRefused:
    """Not accepted. An outcome, because the spent challenge and a suspension must be committed."""

    reason: PasskeyRefusal
