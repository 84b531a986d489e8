"""Use case: invite judges by mail. The link goes to the judge alone; who invites never sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.rules import is_same_mailbox, normalise_email
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.keying.errors import JudgeNotIndependent
from app.keying.locked import open_panel_for_update
from app.keying.models import Seat
from app.keying.rules import KEY_ROLES


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
    """How many were invited now. A mailbox that has a seat already gets its link once more, and no second seat.

    Who invites somebody answers for them, and does not release the key: that is kept with the seat.

    Raises
    ------
    PanelNotFound, PanelClosed, JudgeNotIndependent, ProofNotFresh
    """
    require(actor, *KEY_ROLES)
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)  # else the thief of a cookie invites, and releases as another
    panel = open_panel_for_update(panel_id, session=session)
    wanted = _by_mailbox(normalise_email(address) for address in addresses)
    _require_independent(wanted, session=session)
    last = session.scalar(select(func.max(Seat.number)).where(Seat.panel_id == panel_id)) or 0
    fresh = 0
    for address in wanted:
        seat = next((one for one in panel.seats if one.email and is_same_mailbox(one.email, address)), None)
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
                invited_by=actor.person_id,
            )
            session.add(seat)
        seat.invited_at = now
        seat.invited_by = seat.invited_by or actor.person_id  # who chose the address, not who sends its link again
        key = f"judge:{seat.id}:{int(now.timestamp())}"
        jobs.enqueue("send_judge_invitation", key, session=session, arguments={"seat_id": str(seat.id)})
    session.flush()
    detail = {"seats": last + fresh, "invited": fresh}
    audit.record("panel.judges_invited", panel_id, actor=actor, at=now, session=session, detail=detail)
    return fresh


def _by_mailbox(addresses: Iterable[str]) -> list[str]:
    """One for each mailbox, the first: whoever reads several spellings of one is still one judge."""
    found: list[str] = []
    for address in addresses:
        if not any(is_same_mailbox(address, other) for other in found):
            found.append(address)
    return found


def _require_independent(addresses: Sequence[str], *, session: Session) -> None:
    staff = [person.email for person in accounts.holders_of(KEY_ROLES, session=session)]
    if any(is_same_mailbox(address, own) for address in addresses for own in staff):
        raise JudgeNotIndependent
