"""Candidates' reports of items as the desk reads them: what was wrong and when, never who said so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.errors import ReportNotFound
from app.assessment.models import ItemReport, Problem, ReportVerdict


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report, with what came of it."""

    id: UUID
    item_id: UUID
    language: str
    problem: Problem
    words: str
    reported_at: datetime
    verdict: ReportVerdict | None
    reason: str | None
    judged_at: datetime | None
    judged_by: UUID | None


def reports_of(item_ids: Collection[UUID], *, session: Session) -> tuple[ReportView, ...]:
    """Reports of these items, those still to be judged first, then the latest first."""
    query = select(ItemReport).where(ItemReport.item_id.in_(item_ids))
    rows = session.scalars(
        query.order_by(ItemReport.verdict.is_not(None), ItemReport.reported_at.desc(), ItemReport.id)
    )
    return tuple(_view(row) for row in rows)


def report(report_id: UUID, *, of_item: UUID, session: Session) -> ReportView:
    """One report of this item."""
    row = session.get(ItemReport, report_id)
    if row is None or row.item_id != of_item:
        raise ReportNotFound(report_id)
    return _view(row)


def reported_items(*, session: Session) -> frozenset[UUID]:
    """Items with a report that nobody has judged yet."""
    return frozenset(session.scalars(select(ItemReport.item_id).where(ItemReport.verdict.is_(None)).distinct()))


def _view(row: ItemReport) -> ReportView:
    return ReportView(
        id=row.id,
        item_id=row.item_id,
        language=row.language,
        problem=row.problem,
        words=row.words,
        reported_at=row.reported_at,
        verdict=row.verdict,
        reason=row.reason,
        judged_at=row.judged_at,
        judged_by=row.judged_by,
    )
