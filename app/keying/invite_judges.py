"""Use case: invite judges by mail. The link goes to the judge alone; who invites never sees it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import PersonNotFound
from app.accounts.rules import normalise_email
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.keying.errors import JudgeNotIndependent
from app.keying.locked import open_panel_for_update
from app.keying.models import Seat

KEY_ROLES = ("norm_editor", "norm_approver")


def invite_judges(
    panel_id: UUID,
    addresses: Sequence[str],
    *,
    language: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> int:
    """How many were invited now. An address that has a seat already gets its link once more, and no second seat.

    Raises
    ------
    PanelNotFound, PanelClosed, JudgeNotIndependent
    """
    require(actor, *KEY_ROLES)
    panel, now = open_panel_for_update(panel_id, session=session), clock.now()
    wanted = tuple(dict.fromkeys(normalise_email(address) for address in addresses))
    _require_independent(wanted, session=session)
    seated = {seat.email: seat for seat in panel.seats}
    last = session.scalar(select(func.max(Seat.number)).where(Seat.panel_id == panel_id)) or 0
    fresh = 0
    for address in wanted:
        seat = seated.get(address)
        if seat is None:
            fresh += 1
            seat = Seat(
                id=entropy.uuid(),
                panel_id=panel_id,
                number=last + fresh,
                email=address,
                language=language,
                seed=entropy.seed(),
                invited_at=now,
            )
            session.add(seat)
        seat.invited_at = now
        key = f"judge:{seat.id}:{int(now.timestamp())}"
        jobs.enqueue("send_judge_invitation", key, session=session, arguments={"seat_id": str(seat.id)})
    session.flush()
    detail = {"seats": last + fresh, "invited": fresh}
    audit.record("panel.judges_invited", panel_id, actor=actor, at=now, session=session, detail=detail)
    return fresh


def _require_independent(addresses: Sequence[str], *, session: Session) -> None:
    for address in addresses:
        try:
            roles = accounts.person_by_email(address, session=session).roles
        except PersonNotFound:
            continue
        if not roles.isdisjoint(KEY_ROLES):
            raise JudgeNotIndependent
