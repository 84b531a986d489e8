"""Use case (job of every night): one entry of the public log for each skill, norm and month that is over.

It says how many scores were read, where the cut was, how many stood above the line and how many were certified by then,
and commits to the scores by the root of a tree over salted hashes: who counts the entries of issues can tell whether
more were issued. Of fewer than ten scores it says only that they were few: whoever knows that somebody sat would read
in the figures how they did.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.assessment.errors import SittingNotFound
from app.awarding.readings import Reading, readings_of
from app.credentials.log_places import Place, charged_to, place_of, told_places
from app.credentials.models import UntoldScores
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.foundation.locks import hold
from app.norming import queries as norms
from app.norming.errors import NormNotFound
from app.results import queries as results
from app.transparency import merkle
from app.transparency import queries as log
from app.transparency.log_event import log_event

SALT_BYTES = 32
FEWEST_TOLD = 10  # scores; as everywhere where people are counted in cells. The auditor takes few for one less
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
ResultReadAt = tuple[UUID, tuple[datetime, ...]]
ReadAhead = Mapping[ResultReadAt, tuple[Reading, ...]]


def log_months(*, session: Session, clock: Clock) -> None:
    """Write the entries of every month before this one; what is written already is left as it is.

    A place where something was issued is told even if it has no score: an auditor should see that. Scores are read
    before the transaction holds anything, a millisecond each; then one query says which of them are still there.
    """
    now = clock.now()
    this_month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    told = told_places(session=session)
    issues, ahead = _issues(_since(told, this_month), session), _read_ahead(this_month, told, session=session)
    hold(session, "log_months")
    told = told_places(session=session)
    # the scores first: who is erased between the two is counted twice then, and not left out
    read = _untold_readings(this_month, told, ahead, session=session)
    erased = _untold_scores(f"{this_month:%Y-%m}", session=session)
    issued = {place for place in issues.certified if place.month < f"{this_month:%Y-%m}"}
    without_score = {place for place in issued - told if _has_norm(place, session=session)}
    for place in sorted({*read, *erased, *without_score} - told):
        _log_month(place, read.get(place, []), erased.get(place), issues, session=session, at=now)
    session.execute(delete(UntoldScores).where(UntoldScores.month < f"{this_month:%Y-%m}"))


def _since(told: frozenset[Place], before: datetime) -> datetime:
    """The beginning of the latest month that is told of: each run told of every month that was over.

    That month is looked at again, for what was read in its last second and kept in the first of the next.
    """
    over = [place.month for place in told if place.month < f"{before:%Y-%m}"]
    return datetime.strptime(max(over), "%Y-%m").replace(tzinfo=UTC) if over else BEFORE_ALL


@dataclass(frozen=True, slots=True)
class _Issues:
    """How many certificates the log holds for each place, and how many of its entries there were."""

    certified: Counter[Place]
    through: int


def _issues(since: datetime, session: Session) -> _Issues:
    """Those since then alone: none is issued before its score was read."""
    through = log.numbered_through("issue", session=session)
    found = log.numbered("issue", since=since, session=session)
    # one that replaces another is none more, and specimens certify nothing
    real = [charged_to(one) for number, one in found if number < through and not _adds_none(one)]
    return _Issues(Counter(real), through)


def _adds_none(issue: Mapping[str, Any]) -> bool:
    return issue["specimen"] or "replaces" in issue


def _read_ahead(before: datetime, told: frozenset[Place], *, session: Session) -> ReadAhead:
    untold = _untold_results(before, told, session=session)
    ahead: dict[ResultReadAt, tuple[Reading, ...]] = {}
    for one in untold.items():
        with suppress(SittingNotFound):  # erased in this very moment
            ahead[one] = readings_of(one[0], session=session)
    return ahead


def _untold_readings(
    before: datetime, told: frozenset[Place], ahead: ReadAhead, *, session: Session
) -> Mapping[Place, list[Reading]]:
    found: defaultdict[Place, list[Reading]] = defaultdict(list)
    for one in _untold_results(before, told, session=session).items():
        for reading in ahead[one] if one in ahead else readings_of(one[0], session=session):
            if reading.at < before:
                found[place_of(reading)].append(reading)
    return found


def _untold_results(
    before: datetime, told: frozenset[Place], *, session: Session
) -> Mapping[UUID, tuple[datetime, ...]]:
    """When each result was read that has a reading in a place not told: a correction that is undone takes one away."""
    instants: defaultdict[UUID, list[datetime]] = defaultdict(list)
    untold = set()
    for one in results.readings(_since(told, before), before, session=session):
        instants[one.result_id].append(one.at)
        if place_of(one) not in told:
            untold.add(one.result_id)
    return {result_id: tuple(sorted(instants[result_id])) for result_id in untold}


def _untold_scores(before: str, *, session: Session) -> Mapping[Place, UntoldScores]:
    rows = session.scalars(select(UntoldScores).where(UntoldScores.month < before))
    return {Place(row.skill, str(row.norm_id), row.month): row for row in rows}


def _has_norm(place: Place, *, session: Session) -> bool:
    """Not where a restore lost it with everything under it: the auditor then misses the month."""
    try:
        norms.norm(UUID(place.norm), session=session)
    except NormNotFound:
        return False
    return True


def _log_month(
    place: Place,
    scores: list[Reading],
    erased: UntoldScores | None,
    issues: _Issues,
    *,
    session: Session,
    at: datetime,
) -> None:
    norm = norms.norm(UUID(place.norm), session=session)
    eligible = len(scores) + (erased.eligible if erased else 0)
    above = sum(one.is_above for one in scores) + (erased.above if erased else 0)
    facts: dict[str, JSON] = {
        "skill": place.skill,
        "norm": place.norm,
        "norm_sha256": norm.sha256,
        "month": place.month,
        **_figures(eligible, above),
        "certified": issues.certified[place],
        "through": issues.through,
        "cut": norm.cut,
        "scores": _blinded_root(scores).hex(),
    }
    log_event("month", ":".join(place), facts, at=at, session=session)


def _figures(eligible: int, above: int) -> dict[str, JSON]:
    """None at all are told as none: that is about nobody, and an issue without a score should be seen."""
    return {"few": True} if 0 < eligible < FEWEST_TOLD else {"eligible": eligible, "above": above}


def _blinded_root(scores: list[Reading]) -> bytes:
    """The root over salted hashes, in their own order: that of the rows would tell who sat when.

    The salts are kept nowhere, so that no guess at a score can be tried, and the root does not say how many there are.
    """
    texts = [f"{score.percentile_rank!r} {score.decision_confidence!r}".encode() for score in scores]
    return merkle.root(
        sorted(merkle.leaf_hash(hashlib.sha256(secrets.token_bytes(SALT_BYTES) + text).digest()) for text in texts)
    )
