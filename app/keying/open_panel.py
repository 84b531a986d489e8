"""Use case: open the panel of judges of a bank whose key is its author's alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.locks import hold
from app.item_bank import queries as item_bank
from app.keying.errors import KeyNotProvisional, NotLatestRelease
from app.keying.models import Panel


def open_panel(
    release_id: UUID,
    *,
    simulated: bool = False,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> UUID:
    """The id of the release's panel; asked again, the same one.

    Raises
    ------
    KeyNotProvisional, NotLatestRelease
    """
    require(actor, "norm_editor", "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    hold(session, "key-panel", release_id)
    existing = session.scalar(select(Panel).where(Panel.release_id == release_id))
    if existing is not None:
        return existing.id
    release = item_bank.release(release_id, session=session)
    if not release.provisional_key or not item_bank.scenario_keys(release_id, session=session):
        raise KeyNotProvisional(release.label)
    if item_bank.latest_release(release.skill, session=session).id != release_id:
        raise NotLatestRelease(release.label)
    panel = Panel(
        id=entropy.uuid(),
        release_id=release_id,
        opened_at=clock.now(),
        opened_by=actor.person_id,
        is_simulated=simulated,
    )
    session.add(panel)
    session.flush()
    detail = {"release": str(release_id), "simulated": simulated}
    audit.record("panel.opened", panel.id, actor=actor, at=panel.opened_at, session=session, detail=detail)
    return panel.id
