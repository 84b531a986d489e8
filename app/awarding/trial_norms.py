"""Norms that a trial issuer's looser gates let through: the end of the trial makes them no better."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding.policy import AwardPolicy
from app.foundation import policies
from app.norming import queries as norms
from app.norming.policy import NormPolicy


def is_of_trial(norm_id: UUID, *, session: Session) -> bool:
    """Whether it was held against its gates while a trial issuer had loosened them."""
    return any(
        policies.current(AwardPolicy, session=session, at=at).trial_issuer
        and policies.loosened(policies.current(NormPolicy, session=session, at=at))
        for at in norms.judged_at(norm_id, session=session)
    )
