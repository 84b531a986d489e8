"""Both keys of a certificate were in other hands: it waits once, is decided once, and stands or is revoked for both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from app.credentials import review_queue
from app.credentials.commands import credential as credential_group
from app.credentials.errors import RevokedAlready
from app.credentials.key_history import key_histories
from app.credentials.models import Credential, CredentialReview, WithdrawnSignature
from app.foundation.audit import AuditEntry
from app.foundation.entropy import SystemEntropy
from app.foundation.runtime import Runtime
from app.reviews.decide_certificates import Decided
from app.verification.verdict import Verdict
from app.worker import JOBS
from tests.app.api.world import World
from tests.app.reviews.compromised import WHY, decide_it, letters, verdict
from tests.app.reviews.desk import a_reviewer, credential_row
from tests.app.reviews.test_certificate_pages import DESK
from tests.app.reviews.test_certificates import kinds, log_kinds
from tests.app.reviews.test_views import at_the_desk
from tests.journeys.at_a_standstill import run_jobs

Here = tuple[World, Runtime]


@pytest.fixture
def both(here: Here) -> Here:
    """The key of the JWTs is declared too, and the worker has acted on it."""
    world, house = here
    row = credential_row(world)
    named = {"key_id": row.jwt_key_id, "since": (row.issued_at - timedelta(hours=1)).isoformat()}
    by_chance = replace(house, entropy=SystemEntropy())  # the tests' own begins at the first review's number again
    JOBS["compromise_key"](by_chance, **named, request=f"compromise:{row.jwt_key_id}")
    assert len(reviews(world)) == 2
    return here


def reviews(world: World) -> list[CredentialReview]:
    with world.runtime.reading() as session:
        return list(session.scalars(select(CredentialReview).order_by(CredentialReview.key_id)))


def command(house: Runtime, *words: str) -> str:
    done = CliRunner().invoke(credential_group, list(words), obj=house)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def open_the_other(world: World) -> None:
    """As a release left it that decided key by key: one is decided and carried out, the other waits."""
    other = reviews(world)[1].id
    nothing = {"decided_at": None, "decision": None, "reason": None, "carried_out_at": None}
    with world.runtime.transaction() as session:
        session.execute(update(CredentialReview).where(CredentialReview.id == other).values(**nothing))


def test_the_queue_lists_and_counts_the_certificate_once_and_names_both_keys(both: Here):
    world, house = both
    said = command(house, "reviews")
    assert said.count(world.facts.code[:4]) == 1
    assert said.endswith("\n1 credentials wait for a decision\n")
    (row,) = json.loads(command(house, "reviews", "--json"))
    assert row["key_ids"] == [review.key_id for review in reviews(world)]
    assert row["key_id"] in row["key_ids"]
    with world.runtime.reading() as session:
        assert review_queue.count_waiting(None, session=session) == 1
    browser = at_the_desk(world)
    page = browser.get(DESK).text
    assert page.count('type="checkbox"') == 1
    assert "Another key that signed it was in other hands too:" in page
    card = browser.get(f"{DESK}/{_listed(world)}").text
    assert all(f"<code>{review.key_id}</code>" in card for review in reviews(world))


def _listed(world: World):
    with world.runtime.reading() as session:
        (view,) = review_queue.waiting(None, session=session, at=world.runtime.clock.now())
    return view.id


def test_its_holder_has_one_letter_that_a_person_will_look(both: Here):
    _, house = both
    assert letters(house) == 1


def test_one_decision_issues_it_anew_once_and_it_stands(both: Here):
    world, house = both
    assert letters(house) == 1
    former = credential_row(world)
    said = command(house, "review", world.facts.code, "--reissue")
    assert said == "Decided: 1. What is issued anew stands once the worker has signed it.\n"
    assert letters(house) == 2
    after = credential_row(world)
    assert (verdict(world), after.suspended_at) == (Verdict.SPECIMEN, None)
    assert after.key_id != former.key_id
    assert after.jwt_key_id != former.jwt_key_id
    assert [review.decision for review in reviews(world)] == ["reissue"] * 2
    assert None not in [review.carried_out_at for review in reviews(world)]
    assert log_kinds(world) == ["reinstate", "suspend"]
    with world.runtime.reading() as session:
        assert len(session.scalars(select(WithdrawnSignature)).all()) == 1
        detail = session.scalars(select(AuditEntry.detail).where(AuditEntry.kind == "credential.review_decided")).all()
        incidents = [key.incident for key in key_histories(session=session) if key.incident]
        assert review_queue.count_waiting(None, session=session) == 0
        assert len(review_queue.closed_lately(None, session=session, at=world.runtime.clock.now())) == 1
    assert sorted(one["key_id"] for one in detail) == [review.key_id for review in reviews(world)]
    assert [(one.signed_anew, one.waiting, one.withdrawn) for one in incidents] == [(1, 0, 0)] * 2


def test_one_decision_leaves_it_withdrawn_for_both_and_the_sentence_fits(both: Here):
    world, house = both
    assert letters(house) == 1
    said = command(house, "review", world.facts.code, "--revoke", "--reason", WHY)
    assert said == "Decided: 1. What is left withdrawn is revoked for good; a letter gives its holder the reason.\n"
    assert [(review.decision, review.reason) for review in reviews(world)] == [("revoke", WHY)] * 2
    assert None not in [review.carried_out_at for review in reviews(world)]
    assert letters(house) == 2
    assert command(house, "reviews") == "0 credentials wait for a decision\n"
    assert kinds(world, "credential.revoked") == ["credential.revoked"]


def test_the_desk_decides_for_both_alike(both: Here):
    world, house = both
    assert decide_it(world, "reissue", by=a_reviewer(world), ids=[reviews(world)[1].id]) == Decided(done=1)
    run_jobs(house)
    assert verdict(world) is Verdict.SPECIMEN


def test_where_the_evidence_stops_holding_both_are_open_again(both: Here):
    world, house = both
    command(house, "review", world.facts.code, "--reissue")
    with world.runtime.transaction() as session:
        session.execute(update(Credential).values(is_specimen=False))
    run_jobs(house)
    assert [review.decided_at for review in reviews(world)] == [None, None]
    assert verdict(world) is Verdict.SUSPENDED


def test_what_is_revoked_is_not_issued_anew_and_closes_by_revoking(both: Here):
    world, house = both
    command(house, "review", world.facts.code, "--revoke", "--reason", WHY)
    open_the_other(world)
    told = letters(house)
    revoked_at = credential_row(world).revoked_at
    world.runtime.clock.advance(timedelta(hours=1))
    with pytest.raises(RevokedAlready, match="is revoked, and that is for good: it is not issued anew"):
        command(house, "review", world.facts.code, "--reissue")
    waiting = reviews(world)[1].id
    assert decide_it(world, "reissue", by=a_reviewer(world), ids=[waiting]) == Decided(revoked=1)
    browser = at_the_desk(world)
    page = browser.get(f"{DESK}/{waiting}").text
    assert "It is revoked already, so it is not issued anew." in page
    assert 'value="reissue"' not in page
    command(house, "review", world.facts.code, "--revoke", "--reason", WHY)
    assert command(house, "reviews") == "0 credentials wait for a decision\n"
    assert credential_row(world).revoked_at == revoked_at
    assert letters(house) == told


def test_one_that_an_operator_revoked_while_it_waited_closes_by_revoking(both: Here):
    world, house = both
    command(house, "revoke", world.facts.code, "--reason", "misconduct")
    with pytest.raises(RevokedAlready):
        command(house, "review", world.facts.code, "--reissue")
    command(house, "review", world.facts.code, "--revoke", "--reason", WHY)
    assert credential_row(world).revocation_reason == "misconduct"
    assert command(house, "reviews") == "0 credentials wait for a decision\n"
