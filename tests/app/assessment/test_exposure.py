"""A sitting rests what its seed draws from its edition's chances, keeps it, and never shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import update

from app.assessment import adaptation, exposure
from app.assessment.adopt_edition import adopt_edition
from app.assessment.models import Edition, Sitting
from app.assessment.policy import SittingPolicy
from app.assessment.queries import latest_edition
from app.assessment.replay_sitting import replay_sitting
from app.foundation.policies import PolicyInvalid
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, take

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _adopt(place: Place, chances: Mapping[str, float] | float | None) -> Edition:
    """The skill's edition once more, with these chances of being eligible."""

    def adopt(session: Any) -> Edition:
        former = latest_edition(SKILL, "en", session=session)
        names = ("norm_id", "cut", "cut_standard_error", "may_certify", "demo", "composite")
        same = {name: getattr(former, name) for name in names}
        codes = adaptation.bank_of(former, session=session).by_code
        stated = None
        if chances is not None:
            each = chances if isinstance(chances, Mapping) else dict.fromkeys(codes, chances)
            stated = {"early_among": 30, "stay_eligible": 2, "probabilities": dict(each)}
        pins = (SKILL, "en", former.release_id, former.calibration_id)
        return adopt_edition(*pins, **same, exposure=stated, session=session, at=place.clock.now())

    a_normed_skill(place, scenario_slope=1.5)
    return place.do(adopt)


def _bank(place: Place, edition: Edition) -> adaptation.Bank:
    return place.do(lambda session: adaptation.bank_of(edition, session=session))


def _sat(place: Place, theta: float = 1.0) -> UUID:
    return take(place, a_person(place), SimulatedPerson(place, theta, theta).answer)


def test_no_rested_item_is_shown_and_the_sitting_comes_out_again(place: Place) -> None:
    _adopt(place, 0.6)
    for theta in (-1.0, 1.2):
        sitting_id = _sat(place, theta)
        kept = place.sitting(sitting_id).exposure
        assert len(kept["rested"]) >= 5
        assert not {one.item_code for one in place.shown(sitting_id)} & set(kept["rested"])
        replay = place.do(lambda session, which=sitting_id: replay_sitting(which, session=session))
        assert replay.matches, replay.differences


def test_every_facet_and_kind_keeps_items_however_small_the_chances(place: Place) -> None:
    edition = _adopt(place, 0.0)
    bank = _bank(place, edition)
    rested = set(exposure.drawn(edition, bank, avoided=(), seed=5)["rested"])
    left = [item for item in bank.items if item.code not in rested]
    cells = {(item.kind, item.facet) for item in bank.items}
    assert {cell: sum((item.kind, item.facet) == cell for item in left) for cell in cells} == dict.fromkeys(cells, 2)


def test_what_may_not_come_again_takes_no_place_of_what_stays(place: Place) -> None:
    edition = _adopt(place, 0.0)
    bank = _bank(place, edition)
    facet = bank.facets[0]
    avoided = [item.code for item in bank.items if item.facet == facet and item.kind == "scenario"][:1]
    rested = set(exposure.drawn(edition, bank, avoided=avoided, seed=5)["rested"])
    left = [i for i in bank.items if i.facet == facet and i.kind == "scenario" and i.code not in {*rested, *avoided}]
    assert len(left) == 2


def test_the_draw_follows_the_chances_and_the_seed(place: Place) -> None:
    edition = _adopt(place, 0.6)
    bank = _bank(place, edition)
    draws = [exposure.drawn(edition, bank, avoided=(), seed=seed) for seed in range(400)]
    assert draws[3] == exposure.drawn(edition, bank, avoided=(), seed=3)
    assert draws[3] != draws[4]
    rested = np.mean([len(draw["rested"]) / len(bank.items) for draw in draws])
    assert 0.3 < rested < 0.41  # a little under .4: two of each facet and kind stay


def test_an_edition_without_exposure_control_rests_nothing_as_before(place: Place) -> None:
    _adopt(place, None)
    sitting_id = _sat(place)
    assert place.sitting(sitting_id).exposure is None
    assert place.do(lambda session: replay_sitting(sitting_id, session=session)).matches


def test_a_draw_that_was_altered_is_named(place: Place) -> None:
    _adopt(place, 0.6)
    sitting_id = _sat(place)
    other = {"early_among": 30, "rested": []}
    place.do(lambda session: session.execute(update(Sitting).where(Sitting.id == sitting_id).values(exposure=other)))
    replay = place.do(lambda session: replay_sitting(sitting_id, session=session))
    assert any("exposure" in difference for difference in replay.differences)


def test_the_early_units_are_drawn_among_more(place: Place) -> None:
    """Over many sittings the first twelve units use more of the bank when they are drawn among thirty."""

    def used() -> int:
        edition = place.do(lambda session: latest_edition(SKILL, "en", session=session))
        first = [place.shown(place.start(a_person(place)).sitting_id)[0].item_code for _ in range(60)]
        assert edition is not None
        return len(set(first))

    _adopt(place, None)
    few = used()
    _adopt(place, 1.0)
    assert used() > few


def test_a_policy_that_aims_beyond_its_cap_is_refused(place: Place) -> None:
    with pytest.raises(PolicyInvalid, match="exposure_aim"):
        SittingPolicy(exposure_aim=0.4)
