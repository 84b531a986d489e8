"""The style sheet's colours can be told apart, in light and in dark."""

from __future__ import annotations

import pytest

from app.home import contrast


@pytest.mark.parametrize("pair", contrast.measured(), ids=lambda pair: f"{pair.on_top} on {pair.ground}")
def test_every_pair_reaches_its_least_contrast_in_light_and_dark(pair) -> None:
    assert pair.is_enough, f"light {pair.light:.2f}, dark {pair.dark:.2f}, wanted {pair.least}"


def test_the_ratio_is_that_of_the_guideline() -> None:
    assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the guideline's well-known near miss
    assert contrast.ratio("#123456", "#123456") == 1


def test_both_appearances_set_every_colour() -> None:
    light, dark = contrast.palettes()
    assert set(light) == set(dark)
    assert sum(light[name] != dark[name] for name in light) == len(light)
