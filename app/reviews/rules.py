"""Pure decisions of reviews: deadlines in working days, and what may be decided."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.foundation.working_days import working_days_after
from app.reviews.models import Outcome, Reason
from app.reviews.policy import ReviewPolicy

BY_RULE = (Reason.KINDS_APART, Reason.BEYOND_LIMIT)
REASONS = tuple(reason for reason in Reason if reason not in BY_RULE)  # those a person may choose


def due_on(opened_at: datetime, policy: ReviewPolicy) -> date:
    """The last day for an answer: so many working days after the day of asking, UTC. Holidays do not move it."""
    return working_days_after(opened_at.date(), policy.answer_within_working_days)


def is_overdue(due: date, *, at: datetime) -> bool:
    """Whether the last day has passed."""
    return at.date() > due


def may_ask_until(
    decided_at: datetime | None,
    policy: ReviewPolicy,
    *,
    beyond_limit_at: datetime | None = None,
    corrected_at: datetime | None = None,
) -> datetime | None:
    """The last instant for asking: counted from the decision, or from when the sitting was found one too many.

    None where there was neither. A correction that the person was told of lets the days begin anew.
    """
    known = [at for at in (decided_at, beyond_limit_at) if at is not None]
    if not known:
        return None
    return max(*known, corrected_at or known[0]) + timedelta(days=policy.ask_within_days)


def outcomes_for(*, was_held: bool, is_beyond_limit: bool = False, can_replay: bool = True) -> tuple[Outcome, ...]:
    """What may be decided. An award that waits needs an answer, and computing it again would give none.

    Of a sitting beyond the limit one says whether it counts after all, or not. Without its responses none is computed.
    """
    if is_beyond_limit:
        return (Outcome.CONFIRM, Outcome.ANNUL)
    would_answer = can_replay and not was_held
    return tuple(outcome for outcome in Outcome if would_answer or outcome is not Outcome.RESCORE)
