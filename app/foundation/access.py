"""Who is acting. Roles are plain names here; what they mean is said by `accounts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.foundation.errors import Refused


class SignInNeeded(Refused):
    """Nobody is signed in."""

    code = "sign-in-needed"

    def __init__(self) -> None:
        super().__init__("This needs you to be signed in. Sign in, then try again.")


class Forbidden(Refused):
    """The actor lacks the role."""

    code = "forbidden"

    def __init__(self, roles: tuple[str, ...]) -> None:
        wanted = " or ".join(role.replace("_", " ") for role in roles)
        super().__init__(f"This needs the role {wanted}. Ask an operator to grant it.")


class SecondFactorNeeded(Refused):
    """A staff role without its second factor."""

    code = "second-factor-needed"

    def __init__(self) -> None:
        super().__init__(
            "Staff pages need your second factor. Use your passkey, or enter the code of your authenticator app."
        )


class ProofNotFresh(Refused):
    """The person proved who they are too long ago for this."""

    code = "proof-not-fresh"

    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"This needs you to have proven who you are in the last {minutes} minutes. Confirm it again: by your "
            "second factor if you hold a staff role, else by a passkey or a code sent by e-mail. Then try again."
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, operator or process on whose behalf something happens."""

    person_id: UUID | None
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    second_factor_at: datetime | None = None
    signed_in_at: datetime | None = None  # a program's token leaves both empty: it proves nobody's presence

    @property
    def is_signed_in(self) -> bool:
        """Whether a person stands behind this actor."""
        return self.person_id is not None


ANONYMOUS = Actor(None, "anonymous")


def operator() -> Actor:
    """Whoever runs the command line: has the machine, and so is named as such in the audit record."""
    return Actor(None, "operator", frozenset({"operator"}))


def system() -> Actor:
    """The worker, acting by itself."""
    return Actor(None, "worker", frozenset({"system"}))


def require(actor: Actor, *roles: str) -> None:
    """Raise unless the actor holds one of `roles`."""
    if actor.roles.isdisjoint(roles):
        raise Forbidden(roles)
