"""What must hold after any fault: I1 to I5 of our quality plan, read from the database alone."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from app.assessment.models import FrozenSitting, Response, Sitting, State
from app.assessment.replay_sitting import replay_sitting
from app.awarding.models import Award, AwardDecision, Outcome
from app.awarding.policy import AwardPolicy
from app.credentials import proof
from app.credentials.models import Credential, IssuerKey
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from app.foundation.job_list import STATUSES, JobState, failed_jobs
from app.foundation.jobs import DurableJobs
from app.results.models import SkillResult
from tests.journeys.insisting import Ledger

CUT_PERCENTILE = 90
OF_A_SITTING = frozenset({"result", "award", "reserve", "issue"})  # how the keys of its jobs begin

Kept = dict[tuple[UUID, int], tuple[int, Any]]  # (sitting, position) -> (client sequence, value)


def stored_responses(database: Database) -> Kept:
    """What the database keeps for every position."""
    query = select(Response.sitting_id, Response.position, Response.client_sequence, Response.value)
    with database.reading() as session:
        return {(row[0], row[1]): (row[2], row[3]) for row in session.execute(query)}


def lost(ledger: Ledger, database: Database) -> dict[tuple[UUID, int], Any]:
    """I1: what was acknowledged and is gone, or older than acknowledged. Newer is well: its answer was cut off."""
    stored = stored_responses(database)
    gone: dict[tuple[UUID, int], Any] = {
        place: stored.get(place)
        for place, kept in ledger.kept.items()
        if stored.get(place) != kept and stored.get(place, (0,))[0] <= kept[0]
    }
    with database.reading() as session:
        completed = set(session.scalars(select(Sitting.id).where(Sitting.state == State.COMPLETED)))
    return gone | {(sitting_id, 0): "not completed" for sitting_id in ledger.completed - completed}


def is_intact(database: Database) -> bool:
    """Whether SQLite finds nothing wrong with its file; PostgreSQL sees to that itself."""
    if not database.is_sqlite:
        return True
    with database.reading() as session:
        return session.scalar(text("PRAGMA integrity_check")) == "ok"


def unfinished_jobs(database: Database) -> list[str]:
    """Keys of jobs that wait or run, but for the periodic ones."""
    # one query: a job may go from one state to the other, and call for the next, between two
    statuses = [*STATUSES[JobState.WAITING], *STATUSES[JobState.RUNNING]]
    found = DurableJobs(database).client.list_workflows(status=statuses, load_input=False, load_output=False)
    return [job.workflow_id for job in found if job.workflow_id.partition(":")[0] in OF_A_SITTING]


def check_all(ledger: Ledger, database: Database) -> dict[str, int]:
    """Everything, once all people are done and all jobs have run; how many of each there were."""
    assert lost(ledger, database) == {}
    assert stored_responses(database) == ledger.kept
    found = check_effects(database)
    with database.reading() as session:
        completed = set(session.scalars(select(Sitting.id).where(Sitting.state == State.COMPLETED)))
    assert completed == ledger.completed
    return found


def check_effects(database: Database) -> dict[str, int]:
    """I2 to I5, of everything that is stored, whoever saw it acknowledged; how many of each there were."""
    assert is_intact(database)
    assert failed_jobs(DurableJobs(database).client) == ()
    with database.reading() as session:
        sittings = list(session.scalars(select(Sitting)))
        results = {row.sitting_id: row for row in session.scalars(select(SkillResult))}
        decisions = {row.result_id: row for row in session.scalars(select(AwardDecision))}
        awards = {row.result_id: row for row in session.scalars(select(Award))}
        credentials = list(session.scalars(select(Credential)))
        keys = {row.key_id: row.public_bytes for row in session.scalars(select(IssuerKey))}
        numbers = Counter(dict(session.execute(select(AuditEntry.kind, func.count()).group_by(AuditEntry.kind)).all()))
        frozen = set(session.scalars(select(FrozenSitting.sitting_id)))
        audited = _audited(session)
        replays = [replay_sitting(sitting.id, session=session) for sitting in sittings]
    completed = {sitting.id for sitting in sittings if sitting.state == State.COMPLETED}
    assert completed == frozen == set(results)
    assert [replay.differences for replay in replays if not replay.matches] == []
    _check_one_open(sittings)
    _check_decisions(results, decisions, awards)
    _check_credentials(awards, credentials, keys, audited)
    assert numbers["sitting.started"] == len(sittings)
    assert numbers["sitting.completed"] == numbers["result.reported"] == numbers["award.decided"] == len(completed)
    return {"sittings": len(sittings), "awards": len(awards), "responses": len(stored_responses(database))}


def _audited(session: Any) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for kind, subject, sequence in session.execute(select(AuditEntry.kind, AuditEntry.subject, AuditEntry.sequence)):
        found.setdefault((kind, subject), []).append(sequence)
    return found


def _check_one_open(sittings: list[Sitting]) -> None:
    """I3."""
    open_ones = Counter((sitting.person_id, sitting.skill) for sitting in sittings if sitting.is_open)
    assert max(open_ones.values(), default=0) <= 1


def _check_decisions(
    results: dict[UUID, SkillResult], decisions: dict[UUID, AwardDecision], awards: dict[UUID, Award]
) -> None:
    """I4: one decision for each result; an award exactly where it was decided, and only above the cut."""
    by_id = {result.id: result for result in results.values()}
    assert set(decisions) == set(by_id)
    assert set(awards) == {key for key, decision in decisions.items() if decision.outcome is Outcome.AWARDED}
    for result in by_id.values():
        above = result.decision_confidence >= AwardPolicy().award_confidence
        assert above == (result.percentile_rank >= CUT_PERCENTILE)
        assert above or result.id not in awards


def _check_credentials(
    awards: dict[UUID, Award],
    credentials: list[Credential],
    keys: dict[str, bytes],
    audited: dict[tuple[str, str], list[int]],
) -> None:
    """I4 and I5: exactly one for each award, signed, planned in the record before it was issued."""
    assert Counter(row.award_id for row in credentials) == {award.id: 1 for award in awards.values()}
    assert len({row.code for row in credentials}) == len(credentials)
    assert len({(row.status_list, row.status_index) for row in credentials}) == len(credentials)
    for row in credentials:
        proof.verify(json.loads(row.signed_document), keys[row.key_id])
        (reserved,), (issued,) = (audited[f"credential.{step}", str(row.id)] for step in ("reserved", "issued"))
        assert reserved < issued
    steps = [subject for kind, subject in audited if kind == "credential.issued"]
    assert sorted(steps) == sorted(str(row.id) for row in credentials)
