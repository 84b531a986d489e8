"""What is earned in one month and issued, moved or erased in another: an honest issuer is found honest, a cheat is not.

Sittings, decisions and certificates are made by the jobs and use cases that make them for everybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, update

from app import worker
from app.accounts.models import Person
from app.assessment.correct_sitting import correct_sitting
from app.assessment.corrections import Without
from app.assessment.final_scores import frozen_score
from app.assessment.models import Edition
from app.awarding.decide_again import decide_again
from app.awarding.decide_award import make_award
from app.awarding.models import Outcome
from app.awarding.policy import AwardPolicy
from app.awarding.readings import Reading
from app.awarding.settle_hold import settle_hold
from app.credentials import conformance, log_months
from app.credentials.errors import AwardUnearned, DocumentRefused
from app.credentials.log_months import BEFORE_ALL, _since
from app.credentials.log_places import told_places
from app.credentials.models import Credential, UntoldScores
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.privacy.erase_person import erase_person
from app.privacy.models import Certificates
from app.results import queries as results
from app.results.models import SkillResult
from app.transparency import queries as log
from app.transparency.log_event import log_event
from app.transparency.models import LogEntry
from tests.app.api.conftest import made_world, world
from tests.app.api.world import OTHER, OWNER, World
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take
from tests.app.privacy.merging import merged
from tests.app.reviews.register import by_two, show_it
from tests.app.transparency.copy_of_log import auditor, copied, document, key_of, sign
from tests.journeys.at_a_standstill import run_jobs, with_signer

__all__ = ["made_world", "world"]

HIGH, LOW = 3.0, -1.0
SHIPPED = log_months.FEWEST_TOLD
MONTHS_END = datetime(2026, 12, 31, 23, 58, tzinfo=UTC)


@dataclass
class Issuer:
    """A worker, and an auditor who comes by."""

    world: World
    house: Runtime
    folder: Path
    notebook: list[dict[str, Any]] = field(default_factory=list)

    @property
    def place(self) -> Place:
        here = self.house
        return Place(here.database, here.clock, here.entropy, here.jobs)  # type: ignore[arg-type]

    def sit(self, theta: float = HIGH) -> UUID:
        """Somebody new takes the skill; nothing follows from it yet."""
        return take(self.place, a_person(self.place), SimulatedPerson(self.place, theta, theta, 1).answer)

    def work(self) -> None:
        """Whatever is asked for is done, and numbered in the log."""
        run_jobs(self.house)
        self.house.jobs.enqueued.clear()
        sign(self.house)

    def report(self) -> None:
        """Results are reported, and nothing is decided yet."""
        for key, (name, arguments) in list(self.house.jobs.enqueued.items()):
            if name == "report_result":
                worker.JOBS[name](self.house, **arguments)
                del self.house.jobs.enqueued[key]

    def forget_to_decide(self) -> None:
        self.house.jobs.enqueued.clear()

    def next_month(self) -> None:
        """Till the night of the second day of the next month, in which the last one is told."""
        begun = self.house.clock.now().replace(day=1) + timedelta(days=32)
        self.house.clock.instant = begun.replace(day=2, hour=0, minute=41)
        worker.JOBS["log_months"](self.house)
        sign(self.house)

    def result(self, sitting_id: UUID) -> results.ResultView:
        with self.house.reading() as session:
            found = results.result_of_sitting(sitting_id, session=session)
        assert found is not None
        return found

    def set_policy(self, **values: Any) -> None:
        with self.house.transaction() as session:
            now = self.house.clock.now()
            changed = {**policies.as_dict(policies.current(AwardPolicy, session=session, at=now)), **values}
            policies.set_policy(AwardPolicy, changed, session=session, at=now, actor=operator())

    def with_tools(self, use_case: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        here = self.house
        with here.transaction() as session:
            tools = {"clock": here.clock, "entropy": here.entropy, "jobs": here.jobs, "actor": operator()}
            return use_case(*arguments, session=session, **tools, **more)

    def erase(self, person_id: UUID, certificates: Certificates = Certificates.KEEP) -> None:
        self.with_tools(erase_person, person_id, certificates, links=self.house.links, mailer=self.house.mailer)

    def settle(self, sitting_id: UUID) -> None:
        self.with_tools(settle_hold, self.result(sitting_id).id, is_awarded=True)

    def months(self) -> list[tuple[str, int, int, int]]:
        with self.house.reading() as session:
            told = log.entries("month", session=session)
        return sorted((one["month"], one["eligible"], one["above"], one["certified"]) for one in told)

    def audit(self) -> list[tuple[str, str]]:
        """What the auditor finds, with every certificate that is still held in hand."""
        show_it(self.world)
        with self.house.reading() as session:
            codes = list(session.scalars(select(Credential.code).where(Credential.revoked_at.is_(None))))
        client = self.world.app.test_client()
        place = copied(client, self.folder / str(len(self.notebook)), codes)
        certificates = [document(client, code) for code in codes]
        return auditor().audit(str(place), key_of(client), self.notebook, certificates, at=self.house.clock.now())


@pytest.fixture
def issuer(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    monkeypatch.setattr(log_months, "FEWEST_TOLD", 1)  # a handful sit here in place of many
    with world.runtime.transaction() as session:
        session.execute(update(Edition).values(provisional_key=False))  # else all are specimens, which are not counted
    return Issuer(world, with_signer(world.runtime, tmp_path), tmp_path / "copies")


def as_it_goes(issuer: Issuer) -> None:
    issuer.sit()
    issuer.work()
    issuer.next_month()


def held_until_the_month_is_told(issuer: Issuer) -> None:
    issuer.set_policy(largest_kind_difference=0.0, usual_kind_difference=0.0)
    sitting_id = issuer.sit()
    issuer.work()
    issuer.next_month()
    issuer.settle(sitting_id)
    issuer.work()


def waiting_until_the_month_is_told(issuer: Issuer) -> None:
    """As decisions do whose founders are still to be compared."""
    issuer.sit()
    issuer.report()
    issuer.forget_to_decide()
    issuer.next_month()
    worker.JOBS["open_awards"](issuer.house, norm_id=str(issuer.world.facts.norm))
    issuer.work()


def over_midnight(issuer: Issuer) -> None:
    issuer.house.clock.instant = MONTHS_END
    issuer.sit()
    issuer.report()
    issuer.house.clock.advance(timedelta(minutes=5))
    issuer.work()


def erased_before_the_month_is_told(issuer: Issuer) -> None:
    for certificates in Certificates:
        sitting_id = issuer.sit()
        issuer.work()
        issuer.erase(issuer.result(sitting_id).person_id, certificates)
    issuer.work()


def moved_to_the_right_account(issuer: Issuer) -> None:
    sitting_id = issuer.sit()
    issuer.work()
    issuer.house.clock.advance(timedelta(days=3))
    with issuer.house.reading() as session:
        to = session.get_one(Person, issuer.world.facts.people[OTHER]).email
        query = select(Credential.code).where(Credential.sitting_id == sitting_id)
        issuer.world.facts.code = session.scalars(query).one()
    by_two(issuer.world, "move", to=to)
    issuer.house.clock.advance(timedelta(minutes=1))
    issuer.work()


def two_accounts_made_one(issuer: Issuer) -> None:
    take(issuer.place, issuer.world.facts.people[OTHER], SimulatedPerson(issuer.place, HIGH, HIGH, 1).answer)
    issuer.work()
    merged(issuer.world)
    issuer.work()


def policy_changed_before_the_month_is_told(issuer: Issuer) -> None:
    issuer.sit()
    issuer.work()
    issuer.house.clock.advance(timedelta(minutes=1))
    issuer.set_policy(award_confidence=1.0)


def corrected_after_the_month_is_told(issuer: Issuer) -> None:
    """Refused in December, above the line by a correction of January, awarded in February."""
    issuer.set_policy(award_confidence=1.0)
    sitting_id = issuer.sit()
    issuer.work()
    issuer.next_month()
    with issuer.house.reading() as session:
        score = frozen_score(sitting_id, session=session)
    names = ("median", "standard_error", "interval_low", "interval_high")
    figures = {**{name: getattr(score, name) for name in names}, "probability_above": 1.0}
    found = Without(sitting_id, ("col-j09",), figures)
    here = issuer.house
    with here.transaction() as session:
        told = {"effect": "gains", "is_told": False, "undo_until": here.clock.now()}
        tools = {"session": session, "clock": here.clock, "entropy": here.entropy, "actor": operator()}
        assert correct_sitting(found, here.entropy.uuid(), code="col-j09", **told, **tools)
    issuer.next_month()
    assert issuer.with_tools(decide_again, issuer.result(sitting_id).id) is Outcome.AWARDED
    issuer.work()


SITUATIONS: dict[Callable[[Issuer], None], int] = {  # and how many scores lie above, with the owner's of November
    as_it_goes: 2,
    held_until_the_month_is_told: 2,
    waiting_until_the_month_is_told: 2,
    over_midnight: 2,
    erased_before_the_month_is_told: 3,
    moved_to_the_right_account: 2,
    two_accounts_made_one: 2,
    policy_changed_before_the_month_is_told: 2,
    corrected_after_the_month_is_told: 2,
}
each_situation = pytest.mark.parametrize("situation", [pytest.param(one, id=one.__name__) for one in SITUATIONS])


def one_more(issuer: Issuer, sitting_id: UUID) -> None:
    """The cheat writes an award for a score below the line, in a program that no longer refuses to sign such a one."""
    here, result = issuer.house, issuer.result(sitting_id)
    with here.transaction() as session:
        make_award(result, (), session=session, at=here.clock.now(), entropy=here.entropy, jobs=here.jobs)
    with pytest.raises(AwardUnearned, match="Somebody wrote past the program"):
        issuer.work()
    with pytest.MonkeyPatch.context() as cheat:
        cheat.setattr("app.credentials.reserve_credential.is_earned", lambda *_, **__: True)
        cheat.setattr("app.credentials.issue_credential.objections_to", lambda *_, **__: ())
        with pytest.raises(DocumentRefused, match="below what is required"):
            issuer.work()
        cheat.setattr(conformance, "_check_required", lambda _document: None)
        issuer.work()


@each_situation
def test_an_honest_issuer_is_found_honest(issuer: Issuer, situation: Callable[[Issuer], None]) -> None:
    situation(issuer)
    assert issuer.audit() == []
    issuer.next_month()
    assert issuer.audit() == []
    issuer.next_month()
    assert issuer.audit() == []
    months = issuer.months()
    assert sum(above for _, _, above, _ in months) == SITUATIONS[situation]


@each_situation
def test_one_certificate_more_than_scores_above_is_found_all_the_same(
    issuer: Issuer, situation: Callable[[Issuer], None]
) -> None:
    below = issuer.sit(LOW)
    issuer.work()
    situation(issuer)
    one_more(issuer, below)
    issuer.next_month()
    assert "over-issue" in {kind for kind, _ in issuer.audit()}


def test_edge_070_072_of_fewer_than_ten_scores_the_log_tells_no_figure(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of one, nor of nine; ten are told. Erased ones count among them, and nobody reads who they were."""
    monkeypatch.setattr(log_months, "FEWEST_TOLD", SHIPPED)
    assert auditor().FEW + 1 == SHIPPED == 10
    for erased, others in ((0, 1), (1, 8), (1, 9)):  # after the owner's of November
        people = [issuer.sit(HIGH if number == 1 else LOW) for number in range(erased + others)]
        issuer.work()
        for sitting_id in people[:erased]:
            issuer.erase(issuer.result(sitting_id).person_id)
        issuer.next_month()
        assert issuer.audit() == []
    *few, ten = sorted(month_entries(issuer), key=lambda one: one["month"])
    assert len(few) == 3
    for one in few:
        assert one["few"] is True
        assert not {"eligible", "above"} & set(one)
        assert one["certified"] == (one["month"] == "2027-01")
    assert (ten["eligible"], ten["above"], ten["certified"]) == (10, 1, 1)
    assert "few" not in ten


def test_edge_070_072_the_root_of_one_score_is_another_each_time() -> None:
    """No guess at the score can be tried against it."""
    score = Reading("collaboration", UUID(int=1), BEFORE_ALL, 3.0, 0.0, is_above=False)
    assert log_months._blinded_root([score]) != log_months._blinded_root([score])


def month_entries(issuer: Issuer) -> list[dict[str, Any]]:
    with issuer.house.reading() as session:
        return list(log.entries("month", session=session))


def test_numbers_of_who_was_erased_are_kept_until_the_month_is_told_and_no_longer(issuer: Issuer) -> None:
    for theta in (HIGH, LOW):
        sitting_id = issuer.sit(theta)
        issuer.work()
        issuer.erase(issuer.result(sitting_id).person_id)
    with issuer.house.reading() as session:
        (kept,) = session.scalars(select(UntoldScores))
    assert (kept.month, kept.eligible, kept.above) == ("2026-12", 2, 1)
    issuer.next_month()
    assert issuer.months() == [("2026-11", 1, 1, 0), ("2026-12", 2, 1, 1)]  # the owner's is a specimen
    issuer.erase(issuer.world.facts.people[OWNER])  # of a month that is told nothing need be kept
    with issuer.house.reading() as session:
        assert session.scalars(select(UntoldScores)).all() == []


@pytest.mark.parametrize("place", [1, 2, 3])
def test_who_is_erased_while_the_scores_are_read_waits_for_nothing_and_is_counted_once(
    issuer: Issuer, place: int
) -> None:
    sitting_ids = [issuer.sit(), issuer.sit()]
    issuer.work()
    person_id = issuer.result(sitting_ids[0]).person_id
    read: list[str] = []

    def erase_meanwhile(*call: Any) -> None:
        if call[2].startswith("SELECT sitting.started_at"):
            read.append(call[2])
            if len(read) == place:
                issuer.erase(person_id)

    writing = issuer.house.database.writing
    event.listen(writing, "before_cursor_execute", erase_meanwhile)
    try:
        issuer.next_month()
    finally:
        event.remove(writing, "before_cursor_execute", erase_meanwhile)
    assert len(read) > place
    assert ("2026-12", 2, 2, 2) in issuer.months()


def test_a_month_without_a_score_in_which_something_was_issued_is_told(issuer: Issuer) -> None:
    issuer.sit()
    issuer.work()
    with issuer.house.transaction() as session:
        session.execute(update(SkillResult).values(norm_id=None))
    issuer.next_month()
    assert issuer.months() == [("2026-12", 0, 0, 1)]
    assert {kind for kind, _ in issuer.audit()} == {"over-issue"}


def test_a_norm_that_a_restore_lost_does_not_keep_the_other_months_from_being_told(issuer: Issuer) -> None:
    issuer.sit()
    issuer.work()
    with issuer.house.transaction() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.kind == "issue").order_by(LogEntry.number)).all()[-1]
        lost = {**json.loads(entry.entry), "norm": str(UUID(int=7))}
        session.add(LogEntry(id=UUID(int=8), kind="issue", subject="published:99", at=entry.at, entry=json.dumps(lost)))
    sign(issuer.house)
    issuer.next_month()
    assert [month for month, *_ in issuer.months()] == ["2026-11", "2026-12"]
    issuer.next_month()
    assert {kind for kind, _ in issuer.audit()} == set()  # nothing was written since by which the auditor could tell
    issuer.sit()
    issuer.work()
    assert {kind for kind, _ in issuer.audit()} == {"omission"}


def tell_a_month(issuer: Issuer, norm_id: UUID, month: str) -> None:
    facts = {"skill": "collaboration", "norm": str(norm_id), "month": month}
    with issuer.house.transaction() as session:
        log_event("month", f"{norm_id}:{month}", facts, at=issuer.house.clock.now(), session=session)


def test_a_score_kept_a_moment_after_its_month_was_told_is_told_the_night_after(issuer: Issuer) -> None:
    """Told was another norm alone: the score was read in the last second of the month, and not there yet."""
    worker.JOBS["log_months"](issuer.house)
    issuer.sit()
    issuer.work()
    tell_a_month(issuer, UUID(int=7), "2026-12")
    issuer.next_month()
    assert sorted(told_months(issuer)) == ["2026-11", "2026-12", "2026-12"]


def test_a_month_told_ahead_of_its_time_hides_none(issuer: Issuer) -> None:
    """A clock that ran ahead for a night, and was set right."""
    issuer.sit()
    issuer.work()
    tell_a_month(issuer, UUID(int=7), "2099-01")
    issuer.next_month()
    assert sorted(told_months(issuer)) == ["2026-11", "2026-12", "2099-01"]


def told_months(issuer: Issuer) -> list[str]:
    with issuer.house.reading() as session:
        return [one["month"] for one in log.entries("month", session=session)]


def test_months_that_were_told_are_not_read_again(issuer: Issuer) -> None:
    issuer.sit()
    issuer.work()
    issuer.next_month()
    issuer.sit()
    issuer.work()
    issuer.next_month()
    now = issuer.house.clock.now()
    with issuer.house.reading() as session:
        since = _since(told_places(session=session), now)
        every, lately = (results.readings(start, now, session=session) for start in (BEFORE_ALL, since))
    assert since == datetime(2027, 1, 1, tzinfo=UTC)
    assert {f"{one.at:%Y-%m}" for one in every} == {"2026-11", "2026-12", "2027-01"}
    assert [f"{one.at:%Y-%m}" for one in lately] == ["2027-01"]


def test_a_moved_certificate_names_the_one_it_replaces(issuer: Issuer) -> None:
    moved_to_the_right_account(issuer)
    with issuer.house.reading() as session:
        _, former, moved = (entry for _, entry in log.numbered("issue", since=BEFORE_ALL, session=session))
    assert (moved["replaces"], moved["month"]) == (former["commitment"], former["month"])
    assert "replaces" not in former


def an_issue(at: str = "2026-12-05", name: str = "a", **facts: Any) -> dict[str, Any]:
    told = {"kind": "issue", "at": f"{at}T12:00:00Z", "skill": "s", "norm": "n", "specimen": False, "commitment": name}
    return told | {"month": "2026-12"} | facts


def a_revocation() -> dict[str, Any]:
    return {"kind": "revoke", "at": "2026-12-06T12:00:00Z", "skill": "s", "commitment": "r"}


def a_month(at: str = "2027-01-01", **figures: Any) -> dict[str, Any]:
    told = {"kind": "month", "at": f"{at}T00:41:00Z", "skill": "s", "norm": "n", "month": "2026-12"}
    return told | {"certified": 1, "above": 1, "eligible": 5} | figures


def an_older_issue(at: str = "2026-12-05", name: str = "a") -> dict[str, Any]:
    return {key: value for key, value in an_issue(at, name).items() if key != "month"}


def a_few(at: str = "2027-01-01", **figures: Any) -> dict[str, Any]:
    told = {name: value for name, value in a_month(at).items() if name not in {"eligible", "above"}}
    return told | {"few": True} | figures


def issues(count: int, **facts: Any) -> list[dict[str, Any]]:
    return [an_issue(name=f"{facts} {number}", **facts) for number in range(count)]


def few_months(count: int, certified: int) -> list[dict[str, Any]]:
    """Each told as few, by an issuer who would rather not say."""
    told = []
    for number in range(count):
        year, month = divmod(number, 12)
        named, at = f"{2027 + year}-{month + 1:02d}", f"{2027 + year + (month == 11)}-{(month + 1) % 12 + 1:02d}-01"
        told += issues(certified, month=named, at=at)
        told.append(a_few(at, month=named, certified=certified))
    return told


def many(certified: int) -> list[dict[str, Any]]:
    told = a_month("2035-01-01", month="2034-12", certified=certified, above=10, eligible=100)
    return [*issues(certified, month="2034-12", at="2034-12-30"), told]


LOGS: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "older entries name no month": ([an_older_issue(), a_month()], set()),
    "older entries, one more": ([an_older_issue(), an_older_issue(name="b"), a_month()], {"over-issue"}),
    "issued after the month was told": ([a_month(certified=0), an_issue("2027-02-01")], set()),
    "one more after the month was told": ([an_issue(), a_month(), an_issue("2027-02-01", "b")], {"over-issue"}),
    "not counted yet": ([an_issue(), a_month(certified=0, through=0)], set()),
    "miscounted": ([an_issue(), a_month(certified=0, through=1)], {"over-issue"}),
    "told twice": ([an_issue(), an_issue(name="b"), a_month(), a_month("2027-01-02", above=2)],
                   {"over-issue", "rewrite"}),
    "a month to come": ([an_issue(month="2099-01")], {"over-issue"}),
    "replaced": ([an_issue(), a_revocation(), an_issue(name="b", replaces="a"), a_month()], set()),
    "replaced and never revoked": ([an_issue(), an_issue(name="b", replaces="a"), a_month(certified=2)],
                                   {"over-issue"}),
    "replaced twice": ([an_issue(), a_revocation(), a_revocation(), an_issue(name="b", replaces="a"),
                        an_issue(name="c", replaces="a"), a_month(certified=2)], {"over-issue"}),
    "replaced one after the other": ([an_issue(), a_revocation(), an_issue(name="b", replaces="a"), a_revocation(),
                                      an_issue(name="c", replaces="b"), a_month()], set()),
    "replaced by what was there before": ([a_revocation(), an_issue(name="b", replaces="a"), an_issue(),
                                           a_month(certified=2)], {"over-issue"}),
    "of another norm": ([an_issue(norm="m"), a_month(norm="m"), a_revocation(), an_issue(name="b", replaces="a"),
                         an_issue(name="c"), a_month(certified=2)], {"over-issue"}),
    "few, and one certified": ([an_issue(), a_few()], set()),
    "few, and nine certified": ([*issues(9), a_few(certified=9)], set()),
    "few, and ten certified": ([*issues(10), a_few(certified=10)], {"over-issue"}),
    "few, and a tenth issued later": ([*issues(9), a_few(certified=9), an_issue("2027-02-01", "z")], {"over-issue"}),
    "few, miscounted": ([an_issue(), a_few(certified=0, through=1)], {"over-issue"}),
    "few, and figures all the same": ([*issues(2), a_few(certified=2, above=1, eligible=5)], {"over-issue"}),
    "few for forty-four months": (few_months(44, certified=9), set()),
    "few for forty-five months, and all of them": (few_months(45, certified=9), {"over-issue"}),
    "few for forty-five months, under a norm for each year": (
        [{**one, "norm": one["month"][:4]} for one in few_months(45, certified=9)], {"over-issue"}),
    "few for forty-five months, a share of them": (few_months(45, certified=2), set()),
    "few for years, and one month of many": ([*few_months(40, certified=3), *many(certified=0)], {"over-issue"}),
    "few for years, and an honest month of many": ([*few_months(40, certified=1), *many(certified=10)], set()),
    "a specimen replaced by a real one": ([an_issue(specimen=True), a_revocation(), an_issue(name="b", replaces="a"),
                                           an_issue(name="c"), a_month(certified=2)], {"over-issue"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGS)
def test_what_the_auditor_makes_of_a_log(name: str) -> None:
    entries, kinds = LOGS[name]
    audit = auditor()
    found = audit.check_months(entries, audit.replacements(entries), ceiling=0.25)
    assert {kind for kind, _ in found} == kinds


def test_a_certificate_that_replaces_one_is_as_old_as_that_one(issuer: Issuer) -> None:
    """Who moves certificates cannot date them back."""
    moved_to_the_right_account(issuer)
    show_it(issuer.world)
    audit, client = auditor(), issuer.world.app.test_client()
    with issuer.house.reading() as session:
        entries = [json.loads(text) for text in session.scalars(select(LogEntry.entry).order_by(LogEntry.number))]
        code = session.scalars(select(Credential.code).order_by(Credential.issued_at.desc())).first()
    place, text = copied(client, issuer.folder, [code]), document(client, code)
    ((moved, former),) = audit.replacements(entries).items()
    assert audit.check_certificate(text, str(place), entries, {moved: former}) == []
    entries[former] = {**entries[former], "at": "2027-03-01T12:00:00Z"}
    found = audit.check_certificate(text, str(place), entries, {moved: former})
    assert [kind for kind, _ in found] == ["backdating"]
