"""Reading the watch of norms and its alarms: frozen answers for pages and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.monitoring.errors import AlarmNotFound
from app.monitoring.models import AlarmKind, NormAlarm, NormWatch
from app.norming import queries as norms
from app.norming.queries import NormView

MOST_CLOSED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One alarm, with the norm it is about."""

    id: UUID
    norm_id: UUID
    norm_label: str
    kind: AlarmKind
    subject: str
    period: str
    figures: Mapping[str, Any]
    raised_at: datetime
    closed_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class WatchView:
    """A norm in force, and what was seen of it last; None before the first look."""

    norm: NormView
    watched_at: datetime | None
    seen: Mapping[str, Any] | None


def in_force(*, session: Session) -> tuple[NormView, ...]:
    """The norms that are watched: those in force."""
    return tuple(norm for norm in norms.norms(session=session) if norm.state == "published")


def watches(*, session: Session) -> tuple[WatchView, ...]:
    """Every norm in force, by skill and language."""
    found = sorted(in_force(session=session), key=lambda norm: (norm.skill, norm.language, norm.label))
    rows = {norm.id: session.get(NormWatch, norm.id) for norm in found}
    return tuple(
        WatchView(norm, row.watched_at if row else None, row.seen if row else None)
        for norm in found
        for row in [rows[norm.id]]
    )


def open_alarms(*, session: Session) -> tuple[AlarmView, ...]:
    """Alarms that nobody has closed, the latest first."""
    query = select(NormAlarm).where(NormAlarm.closed_at.is_(None))
    ordered = query.order_by(NormAlarm.raised_at.desc(), NormAlarm.kind, NormAlarm.subject, NormAlarm.period)
    return tuple(_view(row, session=session) for row in session.scalars(ordered).all())


def closed_alarms(*, session: Session) -> tuple[AlarmView, ...]:
    """The latest that were closed, with the reasons."""
    query = select(NormAlarm).where(NormAlarm.closed_at.is_not(None)).order_by(NormAlarm.closed_at.desc())
    return tuple(_view(row, session=session) for row in session.scalars(query.limit(MOST_CLOSED_SHOWN)).all())


def alarm(alarm_id: UUID, *, session: Session) -> AlarmView:
    """One alarm.

    Raises
    ------
    AlarmNotFound
    """
    row = session.get(NormAlarm, alarm_id)
    if row is None:
        raise AlarmNotFound(alarm_id)
    return _view(row, session=session)


def _view(row: NormAlarm, *, session: Session) -> AlarmView:
    return AlarmView(
        id=row.id,
        norm_id=row.norm_id,
        norm_label=norms.norm(row.norm_id, session=session).label,
        kind=row.kind,
        subject=row.subject,
        period=row.period,
        figures=row.figures,
        raised_at=row.raised_at,
        closed_at=row.closed_at,
        reason=row.reason,
    )
