from __future__ import annotations

from typing import Any

import pytest

from app.assessment.adopt_edition import adopt_edition
from app.assessment.errors import EditionInvalid
from app.assessment.open_pilot import open_pilot
from app.assessment.queries import latest_edition, open_skills
from app.item_bank import queries as item_bank
from tests.app.assessment.builders import SKILL, Place, a_normed_skill


def _release(place: Place) -> item_bank.BankReleaseView:
    return place.do(lambda session: item_bank.latest_release(SKILL, session=session))


def _pilot(place: Place) -> tuple[Any, ...]:
    release = _release(place)
    return place.do(lambda session: open_pilot(release.id, session=session, clock=place.clock))


def test_a_pilot_opens_each_language_once_with_the_authors_expectation_and_no_norm(place: Place) -> None:
    assert {edition.language for edition in _pilot(place)} == {"en", "fr"}
    assert _pilot(place) == ()
    edition = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    assert edition is not None
    assert (edition.norm_id, edition.cut, edition.may_certify) == (None, None, False)
    assert edition.provisional_key
    assert edition.calibration_id is not None
    assert SKILL in place.do(lambda session: open_skills("fr", session=session))


def test_a_pilot_never_replaces_a_norm(place: Place) -> None:
    a_normed_skill(place)
    assert _pilot(place) == ()


def test_the_latest_edition_of_a_language_is_the_one_that_counts(place: Place) -> None:
    a_normed_skill(place, cut=1.2)
    a_normed_skill(place, cut=1.3)
    edition = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    assert edition is not None
    assert edition.cut == 1.3


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"skill": "empathy"}, "not of the skill"),
        ({"language": "de"}, "no items in the language"),
        ({"cut": None}, "come together"),
        ({"calibration_id": None}, "needs the calibration"),
        ({"may_certify": True}, "authors' expectation"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(place: Place, changed: dict[str, Any], named: str) -> None:
    release = _release(place)
    prior = place.do(lambda session: item_bank.prior_calibration(release.id, session=session))
    assert prior is not None
    norm = {"norm_id": place.entropy.uuid(), "cut": 1.28}
    parts = {"skill": SKILL, "language": "en", "release_id": release.id, "calibration_id": prior.id, **norm, **changed}
    with pytest.raises(EditionInvalid, match=named):
        place.do(lambda session: adopt_edition(**parts, session=session, at=place.clock.now()))
