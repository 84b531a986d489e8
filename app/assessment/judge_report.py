"""Use case: somebody who works on items judges a candidate's report: the item is kept, or suspended."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.errors import ReportJudged, ReportNotFound
from app.assessment.models import ItemReport, ReportVerdict
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.item_bank.change_item_state import EDITOR, LONGEST_REASON, change_item_state
from app.item_bank.errors import ReasonMissing
from app.item_bank.item_record import REPORTED
from app.item_bank.item_states import ItemState

KEPT, SUSPENDED = ReportVerdict.KEPT, ReportVerdict.SUSPENDED  # for callers, who do not import models


def judge_report(
    report_id: UUID, verdict: ReportVerdict, *, reason: str, session: Session, clock: Clock, actor: Actor
) -> ItemReport:
    """Close the report with a reason. To suspend is to suspend the item in the language it was reported in.

    The reason may name who reported. It stands with the report alone, which goes with them; nothing can be erased from
    the record of the item, so that its step says which report it was.

    Raises
    ------
    ReportNotFound, ReportJudged, ReasonMissing
    """
    require(actor, EDITOR)
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ReasonMissing(LONGEST_REASON)
    report = session.get(ItemReport, report_id, with_for_update=True)
    if report is None:
        raise ReportNotFound(report_id)
    if report.verdict is not None:
        raise ReportJudged(report_id)
    if verdict is ReportVerdict.SUSPENDED:
        change_item_state(
            report.item_id,
            ItemState.SUSPENDED,
            reason=f"{REPORTED}{report_id}",
            languages=[report.language],
            session=session,
            clock=clock,
            actor=actor,
        )
    now = clock.now()
    report.judge(verdict, reason, by=actor.person_id, at=now)
    session.flush()
    detail = {"verdict": str(verdict)}  # the reason stands with the report, where it can be erased
    audit.record("item.report_judged", report.id, actor=actor, at=now, session=session, detail=detail)
    return report
