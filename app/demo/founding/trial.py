"""The issuer of a founding run is a trial issuer from the first day, and only as such may it loosen a gate.

The rules are those of a policy file (docs/policies.md): a gate is a name in its policy's `tighter`, and whoever loosens
one certifies nobody; every credential of this database is a specimen from then on.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.awarding.policy import AwardPolicy
from app.demo.errors import NotATrialIssuer
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.policies import Policy

STEPS = 1000  # a loosened bound is what was found, rounded outwards to three decimals


def become_trial_issuer(*, session: Session, at: datetime) -> None:
    """From here on everything that is awarded is a watermarked specimen."""
    policies.set_policy(AwardPolicy, {"trial_issuer": True}, session=session, at=at, actor=operator())


def loosen(policy: type[Policy], *, session: Session, at: datetime, **gates: Any) -> tuple[str, ...]:
    """Put looser gates in force over what holds; one sentence for each, with the shipped value.

    Raises
    ------
    NotATrialIssuer
        Where credentials could be real.
    """
    if not policies.current(AwardPolicy, session=session, at=at).trial_issuer:
        raise NotATrialIssuer(policy.policy_name, sorted(gates))
    shipped = policies.as_dict(policies.parse(policy, {}))
    in_force = policies.as_dict(policies.current(policy, session=session, at=at))
    values = {name: value for name, value in {**in_force, **gates}.items() if value != shipped[name]}
    row = policies.set_policy(policy, values, session=session, at=at, actor=operator())
    loose = set(policies.loosened(policies.parse(policy, values)))
    return tuple(
        f"{policy.policy_name}.{name} {shipped[name]:g} -> {value:g}"
        f" ({'loosened by the trial issuer' if name in loose else 'tightened'}, policy version {row.version})"
        for name, value in gates.items()
    )


def outwards(found: float) -> float:
    """The bound that just holds what was found."""
    return math.ceil(found * STEPS) / STEPS
