"""A part is called a strength or a next step only where bands do not touch."""

from __future__ import annotations

from dataclasses import dataclass

from app.results.facets import Profile, profile


@dataclass(frozen=True)
class Band:
    facet: str
    low: float
    high: float


def test_overlapping_bands_are_never_told_apart():
    found = profile([Band("a", -1.0, 0.5), Band("b", 0.4, 1.2), Band("c", -0.2, 0.45)])
    assert found == Profile((), ())
    assert not found.tells_apart


def test_bands_that_touch_still_overlap():
    assert not profile([Band("a", -1.0, 0.5), Band("b", 0.5, 1.2)]).tells_apart


def test_a_band_wholly_above_another_is_a_strength_and_the_other_a_next_step():
    found = profile([Band("a", -1.0, -0.5), Band("b", -0.4, 0.2), Band("c", -0.7, 0.0)])
    assert found == Profile(strengths=("b",), next_steps=("a",))


def test_what_stands_in_between_is_neither():
    found = profile([Band("a", -2.0, -1.0), Band("b", -0.5, 0.5), Band("c", 1.0, 2.0)])
    assert found == Profile(strengths=("c",), next_steps=("a",))


def test_one_band_or_none_has_nothing_to_stand_apart_from():
    assert not profile([Band("a", 0.0, 1.0)]).tells_apart
    assert not profile([]).tells_apart
