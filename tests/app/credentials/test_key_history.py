"""The page of our keys: nothing to hide before, and everything that followed once others had one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.credentials.did import RS256
from app.credentials.key_history import key_histories
from app.credentials.models import CredentialReview
from app.credentials.states import ReviewDecision
from app.factory import create_app
from app.foundation.runtime import Runtime
from tests.app.credentials.worker_house import ask, issue, key_in_use, since
from tests.fakes import FrozenClock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def page(house: Runtime, language: str = "en") -> str:
    return create_app(house).test_client().get(f"/keys?language={language}").text


def test_without_an_incident_the_page_says_so_and_names_every_key(house: Runtime, clock: FrozenClock) -> None:
    issue(house)
    former = key_in_use(house)
    clock.advance(timedelta(days=30))
    ask(house, "rotate")
    text = page(house)
    assert "No key of ours was ever known to be in other hands." in text
    for key_id in (former, key_in_use(house), key_in_use(house, RS256)):
        assert f"<code>{key_id.partition('#')[2]}</code>" in text
    assert text.count("retired; what it signed still holds") == 2  # that of embedded proofs, that of JWTs
    assert "Nous ne savons d’aucune de nos clés" in page(house, "fr")


def test_edge_056_a_key_in_other_hands_has_its_day_and_what_became_of_what_it_signed(
    house: Runtime, clock: FrozenClock
) -> None:
    issue(house, 3)
    stolen_at = clock.advance(timedelta(days=1))
    clock.advance(timedelta(hours=1))
    doubtful, stolen = issue(house, 2), key_in_use(house)
    declared_at = clock.advance(timedelta(days=1))
    ask(house, "compromise", stolen, "--since", since(stolen_at))
    ask(house, "review", doubtful[0], "--revoke", "--reason", "no sitting stands behind it")

    with house.reading() as session:
        (found,) = [key for key in key_histories(session=session) if key.incident]
    assert found.incident is not None
    assert (found.incident.since, found.incident.declared_at) == (stolen_at, declared_at)
    assert (found.incident.signed_anew, found.incident.waiting, found.incident.withdrawn) == (3, 1, 1)
    text = page(house)
    assert f"Key {found.name} was in other hands" in text
    assert re.findall(r"<dd>(\d+)</dd>", text) == ["3", "1", "1"]
    assert text.count("badge good") == 2  # the new one, and that of the JWTs
    assert not any(code in text for code in doubtful)

    with house.transaction() as session:
        waiting = session.scalars(select(CredentialReview).where(CredentialReview.decision.is_(None))).one()
        waiting.decide(ReviewDecision.REISSUE, None, by=None, at=clock.now())  # it is signed anew, and counted as such
    with house.reading() as session:
        (found,) = [key for key in key_histories(session=session) if key.incident]
    assert found.incident is not None
    assert (found.incident.signed_anew, found.incident.waiting, found.incident.withdrawn) == (3, 0, 1)
