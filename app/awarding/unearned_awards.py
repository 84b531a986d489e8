"""Awards that no decision made, or that lost a mark it gave them: the audit record tells of each decision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding.models import SETTLED, Award, AwardDecision, Outcome
from app.foundation.audit import AuditEntry

DECISIONS = ("award.decided", "award.decided_again", SETTLED)


def unearned_awards(*, session: Session) -> tuple[str, ...]:
    """Ids of awards that stand although decision or record say otherwise. Reads both whole: at night, by the doctor."""
    marks = _marks_of_awarded(session)
    query = (
        select(Award.id, Award.result_id, Award.is_specimen, Award.specimen_reasons, AwardDecision.outcome)
        .outerjoin(AwardDecision, AwardDecision.result_id == Award.result_id)
        .where(Award.withdrawn_at.is_(None))
    )
    return tuple(
        str(award_id)
        for award_id, result_id, is_specimen, stated, outcome in session.execute(query)
        if outcome is not Outcome.AWARDED
        or (given := marks.get(str(result_id))) is None
        or (given and not (is_specimen and set(given) <= set(stated)))
    )


def _marks_of_awarded(session: Session) -> dict[str, Collection[str]]:
    """By result: the marks of the last decision, where that was an award. Older entries tell none."""
    query = select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.kind.in_(DECISIONS))
    found: dict[str, Collection[str]] = {}
    for subject, detail in session.execute(query.order_by(AuditEntry.sequence)):
        _note(found, subject, detail)
    return found


def _note(found: dict[str, Collection[str]], subject: str, detail: dict[str, Any]) -> None:
    if detail.get("outcome") == Outcome.AWARDED:
        found[subject] = detail.get("marks", ())
    else:
        found.pop(subject, None)
