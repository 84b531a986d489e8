"""Named refusals of this context."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound, Refused

OBSTACLES = {
    "too-few-judges": "fewer judges have signed than the policy asks for",
    "too-few-scenarios": "fewer scenarios are agreed than the policy asks for",
}


class PanelNotFound(NotFound):
    """No panel under that id."""

    code = "panel-not-found"

    def __init__(self, panel_id: UUID) -> None:
        super().__init__(f"There is no panel of judges {panel_id}. Open one on the key desk.")


class SeatNotFound(NotFound):
    """The invitation names no judge of ours."""

    code = "judge-not-found"

    def __init__(self) -> None:
        super().__init__("This invitation is no longer known. Ask whoever invited you for a new one.")


class KeyNotProvisional(Conflict):
    """The release carries a key of a panel already, or it has no scenario to key."""

    code = "key-not-provisional"

    def __init__(self, label: str) -> None:
        super().__init__(f"Bank {label} has nothing to key: its key is a panel's already, or it holds no scenario.")


class NotLatestRelease(Conflict):
    """A panel of an older version of the bank."""

    code = "not-latest-release"

    def __init__(self, label: str) -> None:
        super().__init__(f"There is a later version than {label}. Open a panel on the latest one.")


class PanelClosed(Conflict):
    """The key was released; nobody rates any more."""

    code = "panel-closed"

    def __init__(self) -> None:
        super().__init__("This panel is closed: its key is released. Nothing can be changed any more.")


class AlreadySigned(Conflict):
    """A judge who signed changes nothing."""

    code = "key-already-signed"

    def __init__(self) -> None:
        super().__init__("You have signed your ratings, so they stay as they are.")


class NotDeclared(Refused):
    """A judge who has not said that they are independent sees no scenario."""

    code = "judge-not-declared"

    def __init__(self) -> None:
        super().__init__("Say first that you judge on your own. Open the link of your invitation again.")


class RatingInvalid(Invalid):
    """Not one whole rating for every option."""

    code = "key-rating-invalid"

    def __init__(self) -> None:
        super().__init__("Every action needs one rating from 1 to 6.")


class NotAllRated(Conflict):
    """Signing comes after the last scenario."""

    code = "key-not-all-rated"

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} situations are not rated yet. Rate them, then sign.")


class NotAgreed(Conflict):
    """The panel does not agree well enough, or is too small."""

    code = "key-not-agreed"

    def __init__(self, label: str, reasons: Sequence[str]) -> None:
        said = "; ".join(OBSTACLES.get(reason, reason) for reason in reasons)
        super().__init__(f"The key of {label} stays provisional: {said}.")


class AnotherPersonMustClear(Refused):
    """Four eyes: who opened the panel or invited a judge does not release its key, nor does somebody made for it."""

    code = "another-person-must-clear"

    def __init__(self) -> None:
        super().__init__(
            "Who opened the panel or invited one of its judges cannot release its key. Ask another norm admin, who "
            "invited nobody, was one before the panel was opened and reads another mailbox."
        )


class InviterUnknown(Conflict):
    """A judge who signed was invited before it was kept by whom, so nobody answers for them."""

    code = "key-inviter-unknown"

    def __init__(self) -> None:
        super().__init__(
            "It is not known who invited some of these judges. Let the norm admin who opened the panel invite the same "
            "addresses once more: the ratings stay, and whoever does so cannot release the key."
        )


class JudgeNotIndependent(Refused):
    """Whoever decides about the key does not judge."""

    code = "judge-not-independent"

    def __init__(self) -> None:
        super().__init__("One of these addresses is a norm admin's. Who decides about a key does not make it.")
