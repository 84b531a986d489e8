"""A norm in force, a draft, and the browsers of the two people they take."""

from __future__ import annotations

from functools import partial

import pytest

from app.accounts.grant_role import grant_role
from app.foundation.access import operator
from app.norming.models import NormState
from tests.app.accounts import signed_in
from tests.app.norming.builders import (
    APPROVER_ID,
    EDITOR_ID,
    a_calibrated_sample,
    a_described_mapping,
    a_norm,
    people,
)


@pytest.fixture
def norms(runtime):
    """One norm in force, one draft."""
    with runtime.transaction() as session:
        staff = people(session, runtime.clock.now())
        for person_id, role in ((EDITOR_ID, "norm_editor"), (APPROVER_ID, "norm_approver")):
            grant_role(person_id, role, session=session, clock=runtime.clock, actor=operator())
        a_calibrated_sample(session, runtime.clock, runtime.entropy, mapping=a_described_mapping(simulated=True))
        in_force = a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.PUBLISHED)
        draft = a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.DRAFT)
    return in_force, draft


@pytest.fixture
def browser_of(app, runtime):
    """Makes the browser of a person who has signed in, the second factor given now."""
    return partial(signed_in.browser_of, app, runtime)
