"""Use case: the panel's key takes the place of the author's, in the next version of the bank.

A release is never edited, so that any sitting can be replayed under the key it was scored by. The mark falls with the
new version and only there, by the recorded agreement; scenarios without agreement stay behind and go to their author.
"""

from __future__ import annotations

import json
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.item_bank import queries as item_bank
from app.item_bank.queries import BankReleaseView
from app.item_bank.release_next_key import release_next_key
from app.keying.errors import NotAgreed, NotLatestRelease
from app.keying.locked import open_panel_for_update
from app.keying.models import Agreement, Panel
from app.keying.policy import KeyingPolicy
from app.keying.queries import signed_figures
from app.keying.rules import KEY_ROLES, ScenarioFigures, obstacles
from app.keying.second_person import require_second_person


def release_panel_key(
    panel_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> BankReleaseView:
    """Release the bank with the key of its panel, record the agreement, close the panel and forget the addresses.

    The key stays provisional where the judges were simulated, and where a trial issuer asks for less than is shipped.
    Where the skill has no norm yet, new sittings take up the release by a job of this transaction.

    Raises
    ------
    NotAgreed
        With every reason: too few judges, too few scenarios on which they agree.
    AnotherPersonMustClear, InviterUnknown, NotLatestRelease, PanelClosed
    """
    require(actor, *KEY_ROLES)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    panel = open_panel_for_update(panel_id, session=session)
    cleared_by = require_second_person(actor, panel, session=session)
    release = item_bank.release(panel.release_id, session=session)
    if item_bank.latest_release(release.skill, session=session).id != release.id:
        raise NotLatestRelease(release.label)
    policy = policies.current(KeyingPolicy, session=session, at=now)
    found = signed_figures(panel.id, session=session, policy=policy)
    signed = sum(seat.signed_at is not None for seat in panel.seats)
    reasons = obstacles(found, signed=signed, policy=policy)
    if reasons:
        raise NotAgreed(release.label, reasons)
    evidence = _evidence(found, signed)
    keyed = release_next_key(
        release.id,
        {code: of.key for code, of in found.items() if of.is_agreed},
        evidence_sha256=evidence,
        still_provisional=panel.is_simulated or bool(policies.loosened(policy)),
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )
    sent_back = sorted(code for code, of in found.items() if not of.is_agreed)
    session.add(
        Agreement(
            panel_id=panel.id,
            release_id=keyed.id,
            judges=signed,
            figures={code: of.as_json() for code, of in found.items()},
            sent_back=sent_back,
            sha256=evidence,
            policy_version=policies.version(KeyingPolicy, session=session, at=now),
            opened_by=panel.opened_by,
            cleared_by=cleared_by,
            cleared_at=now,
        )
    )
    _close(panel, session=session, clock=clock)
    jobs.enqueue("open_pilot", f"pilot:{keyed.id}", session=session, arguments={"release_id": str(keyed.id)})
    detail = {"release": str(keyed.id), "judges": signed, "sent_back": sent_back, "sha256": evidence}
    audit.record("panel.key_released", panel.id, actor=actor, at=now, session=session, detail=detail)
    return keyed


def _evidence(found: dict[str, ScenarioFigures], judges: int) -> str:
    """SHA-256 of the figures: part of the new release's own hash, so that key and agreement hold together."""
    content = {"judges": judges, "figures": {code: of.as_json() for code, of in sorted(found.items())}}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _close(panel: Panel, *, session: Session, clock: Clock) -> None:
    panel.closed_at = clock.now()
    for seat in panel.seats:
        seat.email = None
    session.flush()
