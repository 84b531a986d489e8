"""Use case: compare the founders behind a norm with those who sat under it; awards open only where they agree."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.end_awards_wait import end_awards_wait
from app.assessment.scored_sittings import first_readings_under
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.norming import founders_compared, queries
from app.norming.comparison import FIRST_REACH, LATER_REACH, composites_of, shift_of
from app.norming.errors import NothingToCompare, TooFewToCompare
from app.norming.locked import norm_for_update
from app.norming.models import SittingComparison
from app.norming.policy import NormPolicy


def compare_sittings(
    norm_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> founders_compared.ComparisonView:
    """Record the comparison; where it holds, the decisions that waited for it are made next.

    Once it held, it is not made again. Where it did not, it is made again with half as many sittings more and a wider
    interval: looking after each sitting would let a shift at the bound pass in one case of six.

    Raises
    ------
    NormNotFound, NothingToCompare, TooFewToCompare
    """
    require(actor, "norm_editor", "norm_approver", "operator")
    norm, now = norm_for_update(norm_id, session=session), clock.now()
    former = founders_compared.comparison_of(norm_id, session=session)
    if former is not None and former.holds:
        return former
    if not norm.run.sample.is_founding:
        raise NothingToCompare(norm.label)
    policy = policies.current(NormPolicy, session=session, at=now)
    readings = first_readings_under(norm_id, session=session)
    needed = founders_compared.sittings_to_compare(norm_id, session=session, at=now)
    if len(readings) < needed:
        raise TooFewToCompare(norm.label, len(readings), needed)
    failed_with = founders_compared.comparison_failed_with(norm_id, policy.largest_founding_shift, session=session)
    view = queries.view_of(norm)
    table = view.table
    found = shift_of(
        *composites_of(readings, view.composite),
        norm_mean=table.mean,
        norm_sd=norm.latent_sd,
        norm_n=norm.n,
        prior=(0.0, 1.0) if view.masses is None else (table.mean, norm.latent_sd),
        reach=FIRST_REACH if failed_with is None else LATER_REACH,
    )
    row = SittingComparison(
        id=entropy.uuid(),
        norm_id=norm_id,
        n=found.n,
        shift=found.shift,
        standard_error=found.standard_error,
        low=found.low,
        high=found.high,
        bound=policy.largest_founding_shift,
        holds=found.is_within(policy.largest_founding_shift),
        policy_version=policies.version(NormPolicy, session=session, at=now),
        compared_at=now,
        compared_by=actor.person_id,
    )
    session.add(row)
    session.flush()
    detail = {"n": row.n, "shift": row.shift, "interval": [row.low, row.high], "holds": row.holds}
    audit.record("norm.compared", norm_id, actor=actor, at=now, session=session, detail=detail)
    if row.holds:
        group = norm.group
        end_awards_wait(norm_id, group.skill, group.language, session=session, at=now)
        jobs.enqueue("open_awards", f"open-awards:{norm_id}", session=session, arguments={"norm_id": str(norm_id)})
    return founders_compared.view_of_comparison(row)
