"""Use case: read everything that is watched of a norm in force. It only reads, and so holds up nobody who writes."""

from __future__ import annotations

from datetime import datetime
from statistics import NormalDist
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.policy import SittingPolicy
from app.assessment.use_counts import item_uses
from app.assessment.watched_sittings import answer_seconds, exposure_cap, watched_sittings
from app.awarding.policy import AwardPolicy
from app.foundation import policies
from app.item_bank import queries as item_bank
from app.item_bank.item_record import same_words_of
from app.monitoring.findings import NormPromise, seen_of
from app.monitoring.policy import MonitoringPolicy
from app.norming import queries as norms
from app.norming.queries import NormView

PERCENT = 100.0


def look_at_norm(norm_id: UUID, *, session: Session, at: datetime) -> dict[str, Any]:
    """Lay the latest sittings under the norm against what it promises.

    Raises
    ------
    NormNotFound
    """
    norm = norms.norm(norm_id, session=session)
    correlation = _kinds_correlation(norm, session=session, at=at)
    same_words = same_words_of(norm.release_id, session=session)
    return seen_of(
        watched_sittings(norm_id, kinds_correlation=correlation, session=session),
        item_bank.item_parameters(norm.calibration_id, session=session),
        seconds=answer_seconds(norm_id, session=session),
        uses={code: item_uses(ids, norm.language, session=session) for code, ids in same_words.items()},
        promise=_promise(norm, correlation, session=session, at=at),
        now=at,
    )


def _kinds_correlation(norm: NormView, *, session: Session, at: datetime) -> float:
    stated = norm.composite.get("correlation")
    return policies.current(SittingPolicy, session=session, at=at).kinds_correlation if stated is None else stated


def _promise(norm: NormView, correlation: float, *, session: Session, at: datetime) -> NormPromise:
    """The share's error follows from the cut's: by the normal density there, in standard deviations of the group."""
    below, normal = norm.cut_percentile / PERCENT, NormalDist()
    watch = policies.current(MonitoringPolicy, session=session, at=at)
    return NormPromise(
        share=1 - below,
        share_standard_error=norm.cut_error_in_sd * normal.pdf(normal.inv_cdf(below)),
        cap=exposure_cap(norm.id, session=session),
        usual_kind_difference=policies.current(AwardPolicy, session=session, at=at).usual_kind_difference,
        kinds_correlation=correlation,
        kinds_correlation_error=norms.kinds_correlation_error(norm, session=session),
        oldest_item_months=watch.oldest_item_months,
        most_item_uses=watch.most_item_uses,
    )
