"""Use case (job of every night): one entry of the public log for each skill, norm and month that is over.

It says how many were eligible, where the cut was, how many stood above it and how many were certified, and commits to
the scores by the root of a tree over salted hashes: who counts the entries of issues can tell whether more were issued.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.norming import queries as norms
from app.results import queries as results
from app.results.queries import ScoreView
from app.transparency import merkle
from app.transparency import queries as log
from app.transparency.log_event import log_event

SALT_BYTES = 32


def log_months(*, session: Session, clock: Clock) -> None:
    """Write the entries of every month before this one; what is written already is left as it is."""
    this_month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    logged = {(one["skill"], one["norm"], one["month"]) for one in log.entries("month", session=session)}
    certified = Counter(
        (one["skill"], one["norm"], one["at"][:7])
        for one in log.entries("issue", session=session)
        if not one["specimen"]
    )
    for place, scores in _by_month(this_month, session=session).items():
        if place not in logged:
            _log_month(place, scores, certified[place], session=session, at=clock.now())


def _by_month(before: datetime, *, session: Session) -> dict[tuple[str, str, str], list[ScoreView]]:
    found: defaultdict[tuple[str, str, str], list[ScoreView]] = defaultdict(list)
    for score in results.normed_scores(before=before, session=session):
        found[score.skill, str(score.norm_id), f"{score.reported_at:%Y-%m}"].append(score)
    return found


def _log_month(
    place: tuple[str, str, str], scores: list[ScoreView], certified: int, *, session: Session, at: datetime
) -> None:
    skill, norm_id, month = place
    norm = norms.norm(UUID(norm_id), session=session)
    policy = awards.award_policy(session=session, at=at)
    above = sum(score.decision_confidence >= policy.award_confidence for score in scores)
    facts: dict[str, JSON] = {
        "skill": skill,
        "norm": norm_id,
        "norm_sha256": norm.sha256,
        "month": month,
        "eligible": len(scores),
        "above": above,
        "certified": certified,
        "cut": norm.cut,
        "scores": _blinded_root(scores).hex(),
    }
    log_event("month", ":".join(place), facts, at=at, session=session)


def _blinded_root(scores: list[ScoreView]) -> bytes:
    """The root over salted hashes, in their own order: that of the rows would tell who sat when."""
    texts = [f"{score.percentile_rank!r} {score.decision_confidence!r}".encode() for score in scores]
    return merkle.root(
        sorted(merkle.leaf_hash(hashlib.sha256(secrets.token_bytes(SALT_BYTES) + text).digest()) for text in texts)
    )
