"""Four eyes: whoever drafted a norm cannot approve it, whatever they try (threat T4, edge case 75)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from app.foundation.access import Actor, Forbidden, ProofNotFresh, SignInNeeded, operator, system
from app.foundation.audit import AuditEntry
from app.norming import bases
from app.norming.approve_norm import approve_norm
from app.norming.draft_norm import draft_norm
from app.norming.errors import NormAltered, NormInAnotherState, NormMovedOn, NormNotFound, SelfApproval, WindowOutgrown
from app.norming.models import NormState, NormVersion
from app.norming.preview_norm import preview_norm
from app.norming.publish_norm import publish_norm
from tests.app.norming.builders import SKILL, a_calibrated_sample, a_certifying_norm, a_draft, a_norm, people


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


@pytest.fixture
def previewed(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    return a_norm(session, clock, entropy, *staff, NormState.PREVIEWED)


def test_another_approver_with_a_fresh_second_factor_approves(session, clock, staff, previewed):
    norm = approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=staff[1])
    assert (norm.state, norm.approved_by, norm.approved_at) == (NormState.APPROVED, staff[1].person_id, clock.now())
    assert norm.approved_sha256 == norm.sha256
    entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "norm.approved")).one()
    assert entry.actor_id == staff[1].person_id
    assert entry.detail["drafted_by"] == str(staff[0].person_id)
    assert entry.detail["sha256"] == norm.sha256


def test_edge_075_the_drafter_cannot_approve_even_as_an_approver(session, clock, staff, previewed):
    promoted = replace(staff[0], roles=staff[0].roles | {"norm_approver"})
    with pytest.raises(SelfApproval):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=promoted)
    assert previewed.state is NormState.PREVIEWED


def test_edge_075_a_change_of_roles_after_drafting_does_not_help(session, clock, staff, previewed):
    swapped = replace(staff[0], roles=frozenset({"norm_approver"}))
    with pytest.raises(SelfApproval):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=swapped)


def test_an_approver_who_drafted_cannot_approve_after_becoming_an_editor_again(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    norm = a_draft(session, clock, entropy, staff[1])
    norm.mark_previewed({"former": None}, at=clock.now())
    with pytest.raises(SelfApproval):
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=staff[1])


def test_an_editor_without_the_role_cannot_approve(session, clock, staff, previewed):
    other = replace(staff[1], roles=frozenset({"norm_editor", "support", "recruiter"}))
    with pytest.raises(Forbidden):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=other)


@pytest.mark.parametrize("actor", [operator(), system()], ids=["command line", "worker"])
def test_neither_the_command_line_nor_the_worker_can_approve_by_themselves(session, clock, previewed, actor):
    with pytest.raises(Forbidden):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=actor)


def test_a_role_without_a_person_cannot_approve(session, clock, previewed):
    nobody = Actor(None, "token", frozenset({"norm_approver"}), clock.now())
    with pytest.raises(SignInNeeded):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=nobody)


@pytest.mark.parametrize("age", [None, timedelta(hours=1)])
def test_an_approver_without_a_fresh_second_factor_is_refused(session, clock, staff, previewed, age):
    stale = replace(staff[1], second_factor_at=clock.now() - age if age else None)
    with pytest.raises(ProofNotFresh):
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=stale)


def test_a_draft_that_nobody_previewed_cannot_be_approved(session, clock, entropy, staff, previewed):
    draft = a_draft(session, clock, entropy, staff[0])
    with pytest.raises(NormInAnotherState, match="only a previewed norm can be approved"):
        approve_norm(draft.id, seen_sha256=draft.sha256, session=session, clock=clock, actor=staff[1])


def test_nobody_drafts_without_being_a_person(session, clock, entropy, staff, previewed):
    basis = bases.basis_of_draft(SKILL, session=session, at=clock.now())
    with pytest.raises(Forbidden):
        draft_norm(basis, session=session, clock=clock, entropy=entropy, actor=operator())
    nobody = Actor(None, "token", frozenset({"norm_editor"}))
    with pytest.raises(SignInNeeded):
        draft_norm(basis, session=session, clock=clock, entropy=entropy, actor=nobody)


def test_an_unknown_norm_is_not_found(session, clock, entropy, staff):
    with pytest.raises(NormNotFound):
        approve_norm(entropy.uuid(), seen_sha256="", session=session, clock=clock, actor=staff[1])


def test_a_norm_edited_below_the_application_is_not_approved(session, clock, staff, previewed):
    """Direct SQL by someone who first drops the trigger: the hash still tells."""
    dialect = session.get_bind().dialect.name
    session.execute(text("DROP TRIGGER norm_version_no_edit" + (" ON norm_version" if dialect == "postgresql" else "")))
    for change in ({"cut": 0.5}, {"n": 100_000}, {"may_certify": True}, {"latent": {}}, {"sha256": "0"}):
        savepoint = session.begin_nested()
        session.execute(update(NormVersion).where(NormVersion.id == previewed.id).values(change))
        with pytest.raises(NormAltered):
            approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=staff[1])
        savepoint.rollback()
    approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=staff[1])


def test_a_norm_compared_with_one_that_gave_way_is_not_approved_until_it_is_previewed_again(
    session, clock, entropy, staff, previewed
):
    """Approving confirms figures of a change, and that change would not happen any more."""
    a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    fingerprint = previewed.sha256
    with pytest.raises(NormMovedOn, match="decile norm preview"):
        approve_norm(previewed.id, seen_sha256=fingerprint, session=session, clock=clock, actor=staff[1])
    assert previewed.state is NormState.PREVIEWED

    again = bases.basis_of_preview(previewed.id, session=session, at=clock.now())
    preview_norm(again, session=session, clock=clock, actor=operator())
    approve_norm(previewed.id, seen_sha256=fingerprint, session=session, clock=clock, actor=staff[1])
    assert previewed.state is NormState.APPROVED


def test_a_preview_on_another_scale_names_what_was_in_force_all_the_same(session, clock, entropy, staff):
    """There is no line to compare with, so `former` says nothing; another norm in force is another change still."""
    a_calibrated_sample(session, clock, entropy)
    a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    a_calibrated_sample(session, clock, entropy, seed=2)
    norm = a_draft(session, clock, entropy, staff[0])
    basis = bases.basis_of_preview(norm.id, session=session, at=clock.now())
    preview_norm(replace(basis, is_one_scale=False), session=session, clock=clock, actor=operator())
    assert norm.preview["former"] is None
    take = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(take.id, session=session, clock=clock, actor=system())
    with pytest.raises(NormMovedOn):
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=staff[1])


@pytest.mark.parametrize("is_on_one_scale", [True, False])
def test_a_preview_of_a_former_release_counts_where_it_says_what_it_compared_with(
    session, clock, entropy, staff, is_on_one_scale
):
    """It names the norm then in force only where that was on one scale; else it has to be made again."""
    a_calibrated_sample(session, clock, entropy)
    former = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    norm = a_draft(session, clock, entropy, staff[0])
    norm.mark_previewed({"former": {"id": str(former.id)} if is_on_one_scale else None}, at=clock.now())
    session.flush()
    refused = nullcontext() if is_on_one_scale else pytest.raises(NormMovedOn)
    with refused:
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=staff[1])


def test_a_norm_for_awards_is_not_approved_once_its_window_would_be_too_old(session, clock, entropy, staff):
    """Of 24 months from 10 January 2026 on: it can take effect on the tenth two years later, a day after approval."""
    norm = a_certifying_norm(session, clock, entropy, *staff, NormState.PREVIEWED)
    clock.advance(datetime(2028, 1, 9, 12, tzinfo=UTC) - clock.now())
    present = replace(staff[1], second_factor_at=clock.now())
    with session.begin_nested() as savepoint:
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=present)
        savepoint.rollback()
    clock.advance(timedelta(days=1))
    present = replace(staff[1], second_factor_at=clock.now())
    with pytest.raises(WindowOutgrown, match="2026-01-10, more than 24 months"):
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=present)
    assert norm.state is NormState.PREVIEWED


def test_a_norm_that_never_certified_does_not_outgrow_its_window(session, clock, staff, previewed):
    clock.advance(timedelta(days=800))
    present = replace(staff[1], second_factor_at=clock.now())
    approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, clock=clock, actor=present)
    assert previewed.state is NormState.APPROVED
