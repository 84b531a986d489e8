"""The life of an item: which steps there are, who may take them, and what stays on record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from app.accounts.models import Person
from app.foundation.access import Actor, Forbidden, operator
from app.foundation.audit import AuditEntry
from app.item_bank import item_record
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.change_item_state import change_item_state
from app.item_bank.errors import (
    IndependenceNotDeclared,
    ItemNotCalibrated,
    ItemNotFound,
    ItemNotReviewed,
    LanguageNotReleased,
    OwnItem,
    ReasonMissing,
    StepNotAllowed,
)
from app.item_bank.item_commands import item as item_commands
from app.item_bank.item_states import AT_RELEASE, SCORED, STEPS, ItemState, StateLedger, next_states
from app.item_bank.models import Aspect, Item, ItemAuthor, ItemReview, ItemStateChange, Source
from app.item_bank.name_item_author import name_item_author
from app.item_bank.release_bank import release_bank
from app.item_bank.release_next_key import release_next_key
from app.item_bank.review_item import review_item
from app.item_bank.store_calibration import store_calibration
from scoring.calibration import calibrate
from scoring.items import ItemParameters
from scoring.responses import ResponseMatrix
from tests.app.item_bank.bank_folders import SHIPPED, a_bank_folder
from tests.app.item_bank.bank_folders import replace as replace_in_file

S = ItemState
CODE = "col-s07"


class Desk:
    """A released bank, three people who work on items, and the acts they do."""

    def __init__(self, session, clock, entropy):
        self.session, self.clock, self.entropy = session, clock, entropy
        self.writer, self.reviewer, self.second = (self.a_person(name) for name in ("writer", "reviewer", "second"))

    def a_person(self, name):
        person_id = self.entropy.uuid()
        email, now = f"{name}@example.org", self.clock.now()
        self.session.add(Person(id=person_id, email=email, language="en", known_since_at=now, adult_confirmed_at=now))
        self.session.flush()
        return Actor(person_id, name, frozenset({"item_editor"}), second_factor_at=now)

    def release(self, path=SHIPPED, **options):
        given = {"session": self.session, "clock": self.clock, "entropy": self.entropy, "actor": operator()}
        return release_bank(path, **options, **given)

    def release_under(self, keys, former):
        given = {"session": self.session, "clock": self.clock, "entropy": self.entropy, "actor": operator()}
        return release_next_key(former.id, keys, evidence_sha256="e" * 64, **given)

    def item(self, code=CODE):
        return item_record.item_id_of("collaboration", code, session=self.session)

    def step(self, state, *, code=CODE, reason="because", languages=None, actor=None):
        return change_item_state(
            self.item(code),
            state,
            reason=reason,
            languages=languages,
            session=self.session,
            clock=self.clock,
            actor=actor or self.reviewer,
        )

    def review(
        self, aspect, language=None, *, approved=True, actor=None, declared=True, comment="read aloud", code=CODE
    ):
        return review_item(
            self.item(code),
            aspect,
            language=language,
            is_approved=approved,
            comment=comment,
            declares_independence=declared,
            session=self.session,
            clock=self.clock,
            entropy=self.entropy,
            actor=actor or self.reviewer,
        )

    def reviewed_wholly(self):
        for aspect, language in (("content", None), ("fairness", None), ("language", "en"), ("language", "fr")):
            self.review(Aspect(aspect), language)

    def calibrated(self, release):
        fitted = FittedItems((CODE,), ItemParameters([1.0], [[-1.0, 0.0, 1.0, 2.0]]))
        given = {"session": self.session, "clock": self.clock, "entropy": self.entropy, "actor": operator()}
        store_calibration(release.id, source=Source.SAMPLE, n=300, self_report=fitted, judgement=None, **given)

    def calibrated_without_responses(self, release):
        """What a fit gives an item that nobody answered."""
        answered = ResponseMatrix([[0, -1, 1], [1, -1, 0], [1, -1, 1], [0, -1, 0]])
        fitted = FittedItems(("col-s01", CODE, "col-s02"), calibrate(answered).items)
        given = {"session": self.session, "clock": self.clock, "entropy": self.entropy, "actor": operator()}
        store_calibration(release.id, source=Source.SAMPLE, n=4, self_report=fitted, judgement=None, **given)

    def state(self, language="en", code=CODE):
        return item_record.standing(self.item(code), language, session=self.session).state


on_sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def desk(session, clock, entropy):
    return Desk(session, clock, entropy)


@on_sqlite_alone
def test_what_is_released_is_active_as_it_always_was_and_no_step_or_review_is_invented(desk, session):
    release = desk.release()
    assert AT_RELEASE in SCORED
    assert desk.state() is S.ACTIVE
    assert item_record.state_ledger(release.id, "en", session=session) == StateLedger({}, 0)
    assert item_record.steps_of(desk.item(), session=session) == item_record.reviews_of(desk.item(), session=session)
    assert release.review == "unreviewed"


@on_sqlite_alone
def test_a_draft_goes_all_the_way_to_published_and_every_step_is_on_record(desk, session):
    release = desk.release(as_drafts=True, authors=[desk.writer.person_id])
    assert desk.state() is S.DRAFT
    with pytest.raises(ItemNotReviewed, match="content, fairness, language"):
        desk.step(S.REVIEWED)
    desk.reviewed_wholly()
    assert desk.step(S.REVIEWED) == ("en", "fr")
    desk.step(S.PILOT)
    with pytest.raises(ItemNotCalibrated):
        desk.step(S.ACTIVE)
    desk.calibrated_without_responses(release)
    with pytest.raises(ItemNotCalibrated):
        desk.step(S.ACTIVE)
    desk.calibrated(release)
    for state in (S.ACTIVE, S.WATCHED, S.SUSPENDED, S.WATCHED, S.RETIRED, S.PUBLISHED):
        desk.step(state, reason=f"now {state}")
    steps = [step for step in item_record.steps_of(desk.item(), session=session) if step.language == "en"]
    states = ["draft", "reviewed", "pilot", "active", "watched", "suspended", "watched", "retired", "published"]
    assert [step.state for step in reversed(steps)] == states
    assert [step.former for step in reversed(steps)] == [None, *states[:-1]]
    assert (steps[0].reason, steps[0].changed_by) == ("now published", desk.reviewer.person_id)
    everything = [str(entry) for entry in session.scalars(select(AuditEntry.detail))]
    assert not any("now published" in entry for entry in everything), "words are in the record that nothing erases"
    told = select(AuditEntry.detail).where(
        AuditEntry.kind == "item.state_changed", AuditEntry.subject == str(desk.item())
    )
    assert [entry["to"] for entry in session.scalars(told) if entry["language"] == "en"] == states


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("wanted", list(S))
def test_only_the_steps_of_the_life_cycle_are_taken(state, wanted):
    """Every pair, against the life cycle written out: no way leads back from retired, nor past the reviews."""
    allowed = {
        "draft": "reviewed retired",
        "reviewed": "pilot draft retired",
        "pilot": "active suspended retired",
        "active": "watched suspended retired",
        "watched": "active suspended retired",
        "suspended": "watched retired",
        "retired": "published",
        "published": "",
    }
    assert (wanted in next_states(state, S.WATCHED)) == (wanted in allowed[state].split())
    assert set(STEPS) == set(S)


@on_sqlite_alone
def test_a_step_that_the_life_cycle_does_not_have_is_refused_and_leaves_no_trace(desk, session):
    desk.release(as_drafts=True)
    before = session.scalar(select(func.count()).select_from(ItemStateChange))
    with pytest.raises(StepNotAllowed, match="may become: reviewed, retired"):
        desk.step(S.ACTIVE)
    for reason in ("", "   ", "x" * 2001):
        with pytest.raises(ReasonMissing):
            desk.step(S.RETIRED, reason=reason)
    with pytest.raises(LanguageNotReleased):
        desk.step(S.RETIRED, languages=["de"])
    with pytest.raises(Forbidden):
        desk.step(S.RETIRED, actor=replace(desk.reviewer, roles=frozenset({"norm_editor"})))
    with pytest.raises(ItemNotFound):
        desk.step(S.RETIRED, code="col-s999")
    assert session.scalar(select(func.count()).select_from(ItemStateChange)) == before


def test_an_author_cannot_review_their_own_item_by_the_rule(desk):
    desk.release(as_drafts=True, authors=[desk.writer.person_id])
    with pytest.raises(OwnItem):
        desk.review(Aspect.CONTENT, actor=desk.writer)
    desk.review(Aspect.CONTENT, actor=desk.second)
    with pytest.raises(OwnItem):
        name_item_author(desk.item(), desk.second.person_id, session=desk.session, clock=desk.clock, actor=operator())


def test_an_author_cannot_review_their_own_item_from_a_second_account(desk):
    desk.release(as_drafts=True, authors=[desk.writer.person_id])
    with pytest.raises(OwnItem):
        desk.review(Aspect.CONTENT, actor=desk.a_person("writer+reviews"))
    desk.review(Aspect.CONTENT, actor=desk.second)
    other = desk.a_person("second+writes").person_id
    with pytest.raises(OwnItem):
        name_item_author(desk.item(), other, session=desk.session, clock=desk.clock, actor=operator())


def test_an_author_cannot_review_their_own_item_by_the_database(database, clock, entropy):
    """Whoever writes the rows by hand is refused too, whichever row comes second."""
    with database.transaction() as session:
        desk = Desk(session, clock, entropy)
        desk.release(authors=[desk.writer.person_id])
        desk.review(Aspect.CONTENT, actor=desk.second)
        item_id, row = desk.item(), session.scalars(select(ItemReview)).one()
        common = {column: getattr(row, column) for column in ("is_approved", "comment", "reviewed_at", "aspect")}
    own = {**common, "id": entropy.uuid(), "item_id": item_id, "reviewer_id": desk.writer.person_id, "language": None}
    with pytest.raises(DatabaseError, match="of their own"), database.transaction() as session:
        session.add(ItemReview(**own, declared_independent=True))
    with pytest.raises(DatabaseError, match="of their own"), database.transaction() as session:
        session.add(ItemAuthor(item_id=item_id, person_id=desk.second.person_id, named_at=clock.now()))
    with pytest.raises(DatabaseError), database.transaction() as session:
        session.add(ItemReview(**{**own, "reviewer_id": desk.reviewer.person_id}, declared_independent=False))


def test_the_database_itself_keeps_steps_authors_and_reviews_as_they_were_written(database, clock, entropy):
    with database.transaction() as session:
        desk = Desk(session, clock, entropy)
        desk.release(as_drafts=True, authors=[desk.writer.person_id])
        desk.review(Aspect.CONTENT)
    for model, column in ((ItemStateChange, "reason"), (ItemAuthor, "named_at"), (ItemReview, "comment")):
        for change in (update(model).values({column: getattr(model, column)}), delete(model)):
            with pytest.raises(DatabaseError, match="add a further entry"), database.transaction() as session:
                session.execute(change)


@on_sqlite_alone
def test_a_reviewer_says_that_the_item_is_not_theirs_and_why_they_find_what_they_find(desk):
    desk.release()
    with pytest.raises(IndependenceNotDeclared):
        desk.review(Aspect.CONTENT, declared=False)
    with pytest.raises(ReasonMissing):
        desk.review(Aspect.CONTENT, comment=" ")
    with pytest.raises(LanguageNotReleased):
        desk.review(Aspect.LANGUAGE)
    with pytest.raises(Forbidden):
        desk.review(Aspect.CONTENT, actor=operator())


@on_sqlite_alone
def test_the_latest_review_of_an_aspect_counts_and_each_language_needs_its_own(desk, clock):
    desk.release(as_drafts=True)
    for aspect in (Aspect.CONTENT, Aspect.FAIRNESS):
        desk.review(aspect)
    desk.review(Aspect.LANGUAGE, "en")
    with pytest.raises(ItemNotReviewed, match="in fr: no approving review of language"):
        desk.step(S.REVIEWED)
    assert desk.step(S.REVIEWED, languages=["en"]) == ("en",)
    assert (desk.state("en"), desk.state("fr")) == (S.REVIEWED, S.DRAFT)
    desk.review(Aspect.LANGUAGE, "fr")
    clock.instant = clock.instant.replace(hour=13)
    desk.review(Aspect.FAIRNESS, approved=False, actor=desk.second)
    with pytest.raises(ItemNotReviewed, match="fairness"):
        desk.step(S.REVIEWED)


@on_sqlite_alone
def test_the_same_words_in_the_next_version_go_on_with_their_life_and_reworded_ones_begin_anew(desk, tmp_path):
    """A new version must not quietly bring back what was suspended."""
    first = desk.release(authors=[desk.writer.person_id])
    desk.step(S.SUSPENDED)
    desk.step(S.SUSPENDED, code="col-s01")
    old = desk.item()
    folder = a_bank_folder(tmp_path, version=2)
    replace_in_file(folder / "items.yaml", "too much to do?", "too much to handle?")
    second = desk.release(folder, as_drafts=True)
    assert (desk.item() != old, second.version) == (True, 2)
    assert (desk.state(), desk.state(code="col-s01"), desk.state(code="col-s02")) == (S.DRAFT, S.SUSPENDED, S.ACTIVE)
    assert item_record.authors_of(desk.item(), session=desk.session) == frozenset()
    assert item_record.authors_of(desk.item("col-s01"), session=desk.session) == {desk.writer.person_id}
    assert desk.step(S.ACTIVE, code="col-s01") == ("en", "fr")
    for release in (first, second):
        ledger = item_record.state_ledger(release.id, "en", session=desk.session)
        assert ledger.state_of("col-s01", at=ledger.latest) is S.ACTIVE
    ledger = item_record.state_ledger(first.id, "en", session=desk.session)
    assert ledger.state_of(CODE, at=ledger.latest) is S.SUSPENDED
    assert desk.session.scalar(select(func.count()).select_from(Item)) == 72


def test_under_another_key_items_go_on_with_their_life_and_their_authors(desk, session):
    """The panel's key of a scenario is new, its words are not: whoever wrote them still does not review them."""
    first = desk.release(authors=[desk.writer.person_id])
    keys = {code: key.option_keys for code, key in item_bank.scenario_keys(first.id, session=session).items()}
    kept, rekeyed, left_out = sorted(keys)[:3]
    desk.step(S.SUSPENDED, code=kept)
    desk.step(S.WATCHED, code=rekeyed)
    desk.step(S.SUSPENDED, code=rekeyed, languages=["fr"])
    desk.step(S.RETIRED)
    keys[rekeyed] = keys[rekeyed][::-1]
    del keys[left_out]
    second = desk.release_under(keys, first)
    states = {code: (desk.state("en", code), desk.state("fr", code)) for code in (kept, rekeyed, CODE, "col-s01")}
    assert states == {
        kept: (S.SUSPENDED, S.SUSPENDED),
        rekeyed: (S.WATCHED, S.SUSPENDED),
        CODE: (S.RETIRED, S.RETIRED),
        "col-s01": (S.ACTIVE, S.ACTIVE),
    }
    items = session.scalars(select(Item).where(Item.release_id == second.id)).all()
    assert len(items) == 35
    assert all(item_record.authors_of(item.id, session=session) == {desk.writer.person_id} for item in items)
    with pytest.raises(OwnItem):
        desk.review(Aspect.CONTENT, actor=desk.writer, code=rekeyed)
    assert desk.step(S.WATCHED, code=rekeyed) == ("fr",)  # a suspension is lifted to where it came from


@on_sqlite_alone
def test_a_ledger_says_for_ever_what_it_said_at_a_step(desk, session):
    release = desk.release()
    desk.step(S.WATCHED)
    early = item_record.state_ledger(release.id, "en", session=session).latest
    desk.step(S.SUSPENDED, languages=["en"])
    ledger = item_record.state_ledger(release.id, "en", session=session)
    assert [ledger.state_of(CODE, at=at) for at in (0, early, ledger.latest)] == [S.ACTIVE, S.WATCHED, S.SUSPENDED]
    assert [ledger.states_at(at).of(CODE) for at in (0, early, ledger.latest)] == [S.ACTIVE, S.WATCHED, S.SUSPENDED]
    assert [ledger.states_at(at).not_scored for at in (early, ledger.latest)] == [frozenset(), {CODE}]
    french = item_record.state_ledger(release.id, "fr", session=session)
    assert french.state_of(CODE, at=french.latest) is S.WATCHED


def test_what_a_rolled_back_transaction_saw_is_forgotten(database, clock, entropy):
    with database.transaction() as session:
        desk = Desk(session, clock, entropy)
        release = desk.release()
    with database.transaction() as session:
        desk.session = session
        desk.step(S.SUSPENDED)
        assert item_record.state_ledger(release.id, "en", session=session).state_of(CODE, at=99) is S.SUSPENDED
        session.rollback()
    with database.transaction() as session:
        desk.session = session
        desk.step(S.SUSPENDED, code="col-s01")
    with database.transaction() as session:
        ledger = item_record.state_ledger(release.id, "en", session=session)
        assert (ledger.state_of(CODE, at=99), ledger.state_of("col-s01", at=99)) == (S.ACTIVE, S.SUSPENDED)


@on_sqlite_alone
def test_the_commands_show_and_change_states(runtime):
    with runtime.transaction() as session:
        desk = Desk(session, runtime.clock, runtime.entropy)
        desk.release()
    run = lambda *given: CliRunner().invoke(item_commands, given, obj=runtime)  # noqa: E731
    assert run("author", "collaboration", CODE, "writer@example.org").exit_code == 0
    told = run("state", "collaboration", CODE, "suspended", "--reason", "leaked", "--language", "fr").output
    assert told == f"{CODE} is suspended (fr).\n"
    again = run("state", "collaboration", CODE, "suspended", "--reason", "leaked", "--language", "fr").output
    assert again == f"{CODE} was suspended already.\n"
    lines = run("list", "collaboration").output.splitlines()
    assert next(line for line in lines if line.startswith(CODE)).endswith("en active, fr suspended")
    assert len(lines) == 36
    assert '"fr": "suspended"' in run("list", "collaboration", "--json").output
