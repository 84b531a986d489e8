"""Refusals of norms: what is said of a norm version, of the steps it takes, and of who may take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound, Refused


class NormNotFound(NotFound):
    """No norm version under that id."""

    code = "norm-not-found"

    def __init__(self, norm_id: UUID) -> None:
        super().__init__(
            f"There is no norm version {norm_id}. GET /api/v1/norms lists those that are public; operators see all "
            "with `decile norm list`."
        )


class RollbackReasonNeeded(Invalid):
    """A rollback is asked for with one of the reasons on the list."""

    code = "rollback-reason-needed"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"Say why the norm is to be rolled back, with one of: {', '.join(reasons)}.")


class StopReasonNeeded(Invalid):
    """A norm is stopped with a reason that others can read."""

    code = "stop-reason-needed"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say why the norm is to be stopped, in 1 to {longest} characters.")


class NormMovedOn(Conflict):
    """Another norm is in force than the one that the preview compares with."""

    code = "norm-moved-on"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} was compared with another norm than the one in force now. Nothing was changed. "
            "Preview it again on its card, or with `decile norm preview`, and look at what would change."
        )


class WindowOutgrown(Conflict):
    """The responses were young enough when the norm was drafted, and would not be on the day it takes effect."""

    code = "norm-window-outgrown"

    def __init__(self, label: str, first: date | None, months: int) -> None:
        super().__init__(
            f"Norm {label} may certify because its responses were young enough when it was drafted. The first is of "
            f"{first}, more than {months} months before the day it would take effect. Nothing was changed. "
            "Draft a new norm: from younger responses, or from the same ones without awards."
        )


class NormInAnotherState(Conflict):
    """The step does not follow from the state the norm version is in."""

    code = "norm-in-another-state"

    def __init__(self, label: str, state: str, needed: str, step: str) -> None:
        super().__init__(
            f"Norm {label} is {state}; only {'an' if needed[0] in 'aeiou' else 'a'} {needed} norm can be {step}. "
            "The steps are: draft, preview, approve, schedule, publish. Take the next one, or draft a new version."
        )


class NormNotDue(Conflict):
    """The hour of a scheduled norm has not come."""

    code = "norm-not-due"

    def __init__(self, label: str, takes_effect_at: datetime) -> None:
        super().__init__(
            f"Norm {label} takes effect at {takes_effect_at:%Y-%m-%d %H:%M} UTC; the delay leaves time to notice "
            "a mistake. Publish it then; the worker does so by itself."
        )


class TooSoon(Refused):
    """The asked hour lies inside the delay."""

    code = "norm-too-soon"

    def __init__(self, earliest: datetime) -> None:
        super().__init__(
            f"By policy this norm may take effect at {earliest:%Y-%m-%d %H:%M} UTC at the earliest. "
            "Choose that hour or a later one."
        )


class SelfApproval(Refused):
    """The drafter may not approve."""

    code = "norm-self-approval"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} needs the approval of a second person, and you drafted it. Ask another norm approver."
        )


class NotASecondPerson(Refused):
    """The second pair of eyes may be the first one's, or was made for the occasion."""

    code = "norm-not-a-second-person"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} needs a second person who was a norm approver before the first one acted, and who reads "
            "another mailbox. Ask such a norm approver."
        )


class AnotherVersionSeen(Conflict):
    """What was looked at is not what the step would act on."""

    code = "norm-another-version-seen"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The fingerprint that was looked at is not that of norm {label}. Nothing was changed. "
            "Open the norm's card again, compare, and take the step from there."
        )


class InfluenceTooLarge(Conflict):
    """A few people move the cut too far."""

    code = "norm-influence-too-large"

    def __init__(self, label: str, largest: float, limit: float) -> None:
        super().__init__(
            f"Leaving out one block of people moves the cut of norm {label} by {largest:.3f} standard deviations; "
            f"{limit:g} is the most. Look at that block in the preview, and draft again without it if it is not sound."
        )


class NotPreviewed(Conflict):
    """There is no preview to show, or one of a former release."""

    code = "norm-not-previewed"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} has no full preview yet. Preview it on its card, or with `decile norm preview`."
        )


class NoFormerNorm(Conflict):
    """There is nothing to go back to."""

    code = "no-former-norm"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} followed no other norm of its skill and language that could take force "
            "again. Draft a new version instead."
        )


class RollbackNotOpen(Conflict):
    """The rollback was confirmed before, has lapsed, or the norm it turns away from is no longer in force."""

    code = "rollback-not-open"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"There is no open rollback of norm {label}: none was asked for, or it was confirmed before, or it has "
            "lapsed, or another norm took force. Look at the norm desk, and ask again if it is still needed."
        )


class RollbackAskedAlready(Conflict):
    """One rollback at a time."""

    code = "rollback-asked-already"

    def __init__(self, label: str) -> None:
        super().__init__(f"A rollback of norm {label} is open already. A second person can confirm it.")


class CodeNotAccepted(Refused):
    """The code does not show that the person named is here."""

    code = "code-not-accepted"

    def __init__(self, email: str, attempts_left: int | None) -> None:
        left = "" if attempts_left is None else f" {attempts_left} tries are left."
        super().__init__(
            f"That code was not accepted for {email}.{left} A code counts once and for half "
            "a minute: wait for the next one of the authenticator app, then try again. Nothing was changed."
        )


class NoConfirmedFactor(Refused):
    """The person has no second factor in use."""

    code = "second-factor-not-confirmed"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} has no second factor in use. Sign in on the web once and set it up, then try again.")


class NormAltered(Conflict):
    """The stored numbers are no longer those that were drafted or approved."""

    code = "norm-altered"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The stored numbers of norm {label} differ from those it was drafted with: somebody changed the database. "
            "It stays where it is. Tell the other norm approvers, look at the audit record, and draft a new version."
        )


class NormNotApproved(Conflict):
    """The approval in the row is not the one that was recorded."""

    code = "norm-not-approved"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The audit record holds no approval of norm {label} by a second person: somebody changed the database. "
            "It stays where it is. Tell the other norm approvers, and draft a new version."
        )


class NothingToCompare(Conflict):
    """The norm does not rest on founding sittings."""

    code = "nothing-to-compare"

    def __init__(self, label: str) -> None:
        super().__init__(f"Norm {label} does not rest on founding sittings, so nothing needs to be compared.")


class TooFewToCompare(Conflict):
    """Too few people sat under the norm."""

    code = "too-few-to-compare"

    def __init__(self, label: str, given: int, needed: int) -> None:
        super().__init__(
            f"{given} first sittings under norm {label} are complete; {needed} are needed to compare them with the "
            "founders. Their decisions wait until then."
        )
