"""Checks -> verdict. Pure: whoever checks hands over what was found, and the rule decides once, at one instant.

The order is that of certainty against the claim: a document that was changed proves nothing; a revocation stands
whatever else is unknown, and so does a suspension; what cannot be checked is never called valid; nor is a specimen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.credentials import validity


class Verdict(StrEnum):
    """What a verifier is told first."""

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ALTERED = "altered"
    SPECIMEN = "specimen"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why, in words that pages translate."""

    SIGNATURE_BROKEN = "signature-broken"
    REVOKED = "revoked"
    KEY_UNKNOWN = "key-unknown"
    KEY_COMPROMISED = "key-compromised"
    NOT_AS_ISSUED = "not-as-issued"
    STATUS_UNREADABLE = "status-unreadable"
    UNDER_REVIEW = "under-review"
    SPECIMEN = "specimen"
    ENDED = "ended"
    NOT_STARTED = "not-started"
    SUPERSEDED = "superseded"
    ENDS_SOON = "ends-soon"
    ALL_CHECKS_PASSED = "all-checks-passed"


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found; None where it could not be: `signature_holds` without a key, `is_revoked` without a list."""

    signature_holds: bool | None
    is_revoked: bool | None
    is_suspended: bool
    is_specimen: bool
    valid_from: datetime
    valid_until: datetime
    is_key_compromised: bool = False  # ours once, now in other hands: then `signature_holds` is None
    is_superseded: bool = False
    is_as_issued: bool = True  # what the register holds, word for word; or a line of it that no longer says more


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons, the weightiest first."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def judge(checks: Checks, *, at: datetime, start_skew_seconds: int, renewal_window_days: int) -> Judgement:
    """The verdict on these findings at this instant."""
    started = validity.has_started(checks.valid_from, at=at, skew_seconds=start_skew_seconds)
    ended = validity.has_ended(checks.valid_until, at=at)
    ends_soon = validity.is_renewable(checks.valid_until, at=at, window_days=renewal_window_days)
    if checks.signature_holds is False:  # and of what else it says nothing is known
        return Judgement(Verdict.ALTERED, (Reason.SIGNATURE_BROKEN,))
    is_ours = checks.signature_holds is True
    found = (
        (checks.is_revoked is True, Verdict.REVOKED, Reason.REVOKED),
        (checks.is_suspended, Verdict.SUSPENDED, Reason.UNDER_REVIEW),
        (not is_ours, Verdict.UNKNOWN, Reason.KEY_COMPROMISED if checks.is_key_compromised else Reason.KEY_UNKNOWN),
        (is_ours and not checks.is_as_issued, Verdict.UNKNOWN, Reason.NOT_AS_ISSUED),
        (is_ours and checks.is_revoked is None, Verdict.UNKNOWN, Reason.STATUS_UNREADABLE),
        (checks.is_specimen, Verdict.SPECIMEN, Reason.SPECIMEN),
        (ended, Verdict.EXPIRED, Reason.ENDED),
        (not started, Verdict.UNKNOWN, Reason.NOT_STARTED),
        (checks.is_superseded, Verdict.VALID, Reason.SUPERSEDED),
    )
    holding = [(verdict, reason) for holds, verdict, reason in found if holds]
    if not holding:  # only then may its holder renew it, where it ends soon
        return Judgement(Verdict.VALID, (Reason.ENDS_SOON if ends_soon else Reason.ALL_CHECKS_PASSED,))
    return Judgement(holding[0][0], tuple(reason for _, reason in holding))


def next_turn(
    valid_from: datetime, valid_until: datetime, *, at: datetime, start_skew_seconds: int, renewal_window_days: int
) -> datetime | None:
    """The next instant after `at` at which time alone changes the verdict or its reasons; None when there is none."""
    starts = valid_from - timedelta(seconds=start_skew_seconds)
    renewal = validity.renewal_opens_at(valid_until, window_days=renewal_window_days)
    return min((turn for turn in (starts, renewal, valid_until) if turn > at), default=None)
