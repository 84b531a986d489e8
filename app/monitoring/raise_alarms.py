"""Use case: keep what was seen of a norm, raise the alarms that are new, and call for the mail that tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.locks import hold
from app.monitoring.close_alarm import NORM_STAFF
from app.monitoring.findings import Finding, findings
from app.monitoring.models import AlarmKind, NormAlarm, NormWatch


def raise_alarms(
    norm_id: UUID, seen: Mapping[str, Any], *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> tuple[UUID, ...]:
    """The new alarms. What is open already, or was raised in the same period, is not raised again."""
    hold(session, "norm-alarms")
    now = clock.now()
    session.merge(NormWatch(norm_id=norm_id, watched_at=now, seen=dict(seen)))
    return raise_findings(norm_id, findings(seen, now), session=session, clock=clock, entropy=entropy, jobs=jobs)


def raise_findings(
    norm_id: UUID, found: Iterable[Finding], *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> tuple[UUID, ...]:
    """The same for causes found elsewhere than in a look."""
    hold(session, "norm-alarms")
    now, raised = clock.now(), []
    for one in found:
        if _is_known(norm_id, one, session=session):
            continue
        alarm = NormAlarm(
            id=entropy.uuid(),
            norm_id=norm_id,
            kind=one.kind,
            subject=one.subject,
            period=one.period,
            figures=dict(one.figures),
            raised_at=now,
        )
        session.add(alarm)
        session.flush()
        detail = {"kind": str(one.kind), "subject": one.subject, "period": one.period}
        audit.record("norm.alarm_raised", norm_id, actor=system(), at=now, session=session, detail=detail)
        raised.append(alarm.id)
    _call_for_mail(raised, session=session, jobs=jobs)
    return tuple(raised)


def _is_known(norm_id: UUID, found: Finding, *, session: Session) -> bool:
    """Whether this period has it; a lasting cause is besides raised once only while nobody has closed it."""
    same = select(NormAlarm).where(
        NormAlarm.norm_id == norm_id, NormAlarm.kind == found.kind, NormAlarm.subject == found.subject
    )
    if session.scalar(same.where(NormAlarm.period == found.period)) is not None:
        return True
    lasts = found.kind is not AlarmKind.SHARE  # each week of the share is a cause of its own
    return lasts and session.scalar(same.where(NormAlarm.closed_at.is_(None)).limit(1)) is not None


def _call_for_mail(raised: list[UUID], *, session: Session, jobs: Jobs) -> None:
    """One message a person for all alarms of one look."""
    if not raised:
        return
    for person in accounts.holders_of(NORM_STAFF, session=session):
        jobs.enqueue(
            "send_alarm_mail",
            f"alarms:{raised[0]}:{person.id}",
            session=session,
            arguments={"person_id": str(person.id), "alarm_ids": [str(alarm) for alarm in raised]},
        )
