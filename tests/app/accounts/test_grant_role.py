from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts import queries
from app.accounts.errors import PersonNotFound, RoleUnknown
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.revoke_role import revoke_role
from app.foundation.access import Actor, Forbidden, operator, system
from app.foundation.audit import AuditEntry


@pytest.fixture
def ada(session, clock, entropy):
    return invite_person("Ada@Example.org", session=session, clock=clock, entropy=entropy)


def audited(session) -> list[tuple[str, dict]]:
    return [(entry.kind, entry.detail) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.sequence))]


def test_granting_and_revoking_are_audited_and_repeating_changes_nothing(session, clock, ada):
    for act in (grant_role, grant_role, revoke_role, revoke_role):
        act(ada, "norm_editor", session=session, clock=clock, actor=operator())
    assert audited(session) == [("role.grant", {"role": "norm_editor"}), ("role.revoke", {"role": "norm_editor"})]


def test_a_role_granted_before_joining_is_held_and_the_person_has_not_joined(session, clock, ada):
    grant_role(ada, "support", session=session, clock=clock, actor=operator())
    found = queries.person(ada, session=session)
    assert (found.roles, found.has_joined) == (frozenset({"support"}), False)


@pytest.mark.parametrize("act", [grant_role, revoke_role])
def test_only_an_operator_grants_and_revokes(session, clock, ada, act):
    for actor in (system(), Actor(ada, "ada", frozenset({"norm_editor", "support"}))):
        with pytest.raises(Forbidden):
            act(ada, "norm_editor", session=session, clock=clock, actor=actor)
    assert audited(session) == []


@pytest.mark.parametrize("act", [grant_role, revoke_role])
def test_an_unknown_role_or_person_is_named(session, clock, entropy, ada, act):
    for role in ("admin", "candidate", "operator"):
        with pytest.raises(RoleUnknown, match="norm_editor, norm_approver"):
            act(ada, role, session=session, clock=clock, actor=operator())
    with pytest.raises(PersonNotFound):
        act(entropy.uuid(), "support", session=session, clock=clock, actor=operator())
