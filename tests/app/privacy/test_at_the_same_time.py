"""A legal hold, a merge and letters that meet an erasure at the same moment, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from app.accounts.errors import AccountClosed, PersonNotFound
from app.accounts.models import Person
from app.accounts.restrictions import Cause
from app.assessment import forget_old_responses
from app.assessment.models import Response
from app.factory import create_app
from app.foundation.access import operator
from app.foundation.db import Database
from app.foundation.mail import Message
from app.operations.apply_retention import apply_retention
from app.privacy import erase_person, merge_accounts
from app.privacy.errors import MergeNotPossible, OnLegalHold
from app.privacy.models import Certificates, ErasureRequest
from app.privacy.restrict_person import restrict_person
from app.worker import JOBS
from tests.app.api.world import OTHER, OWNER, Facts, World, a_runtime, make_world
from tests.app.privacy.merging import HEARING, ask_merge, carry_out, reviewers
from tests.app.privacy.test_erase_person import ask, erase
from tests.fakes import CountingEntropy
from tests.meanwhile import PATIENCE_SECONDS, meanwhile
from tests.postgres_server import fresh_postgres_database

BEYOND_EVERY_ID = 10_000_000


@pytest.fixture(scope="module")
def made_on_postgresql(
    postgres_database_with_tables: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Facts]]:
    """The name of a database with the world in it."""
    directory = tmp_path_factory.mktemp("world")
    with fresh_postgres_database(postgres_database_with_tables) as url:
        database = Database(url)
        facts = make_world(a_runtime(directory, CountingEntropy(), database), directory)
        database.dispose()
        yield str(make_url(url).database), facts


@pytest.fixture
def world(made_on_postgresql: tuple[str, Facts], tmp_path: Path) -> Iterator[World]:
    name, facts = made_on_postgresql
    with fresh_postgres_database(name) as url:
        database = Database(url)
        runtime = a_runtime(tmp_path, CountingEntropy(BEYOND_EVERY_ID), database)
        yield World(tmp_path, facts, runtime, tmp_path, create_app(runtime))
        database.dispose()


def put_on_hold(world: World, role: str = OWNER) -> bool:
    here = world.runtime
    with here.transaction() as session:
        return restrict_person(
            world.facts.people[role], Cause.LEGAL_HOLD, "The court of Lyon asked for it.", session=session,
            clock=here.clock, entropy=here.entropy, actor=operator(),
        )  # fmt: skip


def is_there(world: World, role: str = OWNER) -> bool:
    with world.runtime.reading() as session:
        return session.get(Person, world.facts.people[role]) is not None


def while_held(world: World, act, role: str = OWNER) -> Future:
    """`act` meets a legal hold that is placed, and not committed before it waits."""
    here = world.runtime
    with here.transaction() as session:
        restrict_person(
            world.facts.people[role], Cause.LEGAL_HOLD, "The court of Lyon asked for it.", session=session,
            clock=here.clock, entropy=here.entropy, actor=operator(),
        )  # fmt: skip
        return meanwhile(act, here.database)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, module, name: str, act) -> list:
    """Do `act` before the step of this name; what it returned."""
    step, done = getattr(module, name), []

    def after_it(*arguments, **named):
        done.append(act())
        return step(*arguments, **named)

    monkeypatch.setattr(module, name, after_it)
    return done


def test_whoever_is_put_on_a_legal_hold_while_they_are_erased_is_not_erased(world: World):
    with pytest.raises(OnLegalHold):
        while_held(world, lambda: erase(world, Certificates.KEEP)).result(PATIENCE_SECONDS)
    assert is_there(world)


def test_an_erasure_that_meets_a_legal_hold_waits_for_its_end(world: World):
    request_id = ask(world, "keep")
    while_held(world, lambda: JOBS["erase_person"](world.runtime, request_id=str(request_id))).result(PATIENCE_SECONDS)
    assert is_there(world)
    with world.runtime.reading() as session:
        assert session.get(ErasureRequest, request_id) is not None


def test_a_legal_hold_that_comes_too_late_for_an_erasure_is_not_acknowledged(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    met = in_the_middle(monkeypatch, erase_person, "erase_cases",
                        lambda: meanwhile(lambda: put_on_hold(world), world.runtime.database))  # fmt: skip
    erase(world, Certificates.KEEP)
    with pytest.raises(PersonNotFound):
        met[0].result(PATIENCE_SECONDS)


def test_accounts_of_which_one_is_put_on_a_legal_hold_meanwhile_are_not_merged(world: World):
    first, second = reviewers(world)
    merge_id = ask_merge(world, by=first, staying=OTHER, leaving=OWNER)
    world.runtime.clock.advance(HEARING)
    second = reviewers(world)[1]
    merging = while_held(world, lambda: carry_out(world, merge_id, by=second))
    with pytest.raises(MergeNotPossible):
        merging.result(PATIENCE_SECONDS)


def test_a_legal_hold_that_comes_too_late_for_a_merge_names_the_account_that_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    first, _ = reviewers(world)
    merge_id = ask_merge(world, by=first, staying=OTHER, leaving=OWNER)
    world.runtime.clock.advance(HEARING)
    second = reviewers(world)[1]
    met = in_the_middle(monkeypatch, merge_accounts, "_move_everything",
                        lambda: meanwhile(lambda: put_on_hold(world), world.runtime.database))  # fmt: skip
    carry_out(world, merge_id, by=second)
    with pytest.raises(AccountClosed):
        met[0].result(PATIENCE_SECONDS)


def test_nothing_is_forgotten_of_whoever_is_put_on_a_legal_hold_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    here = world.runtime
    here.clock.advance(timedelta(days=3650))
    in_the_middle(monkeypatch, forget_old_responses, "hold_accounts", lambda: put_on_hold(world))
    with here.transaction() as session:
        apply_retention(session=session, clock=here.clock, actor=operator())
    with here.reading() as session:
        kept = session.scalars(select(Response.position).where(Response.sitting_id == world.facts.ended_sitting))
        assert kept.all() != []


def test_a_letter_that_was_on_its_way_while_its_reader_was_erased_goes_too(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    here, owner = world.runtime, world.facts.people[OWNER]
    with here.reading() as session:
        address = session.get_one(Person, owner).email
    letter = Message(address, "Your certificate", "Words about you.", key="letter:on-its-way")
    request_id = ask(world, "keep")
    in_the_middle(monkeypatch, erase_person, "erase_cases", lambda: here.mailer.send(letter))
    JOBS["erase_person"](here, request_id=str(request_id))
    assert not is_there(world)
    assert [file.name for file in (world.directory / "mail").iterdir() if address in file.read_text()] == []
