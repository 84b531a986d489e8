"""A clock that is set is noticed, once; one that goes, or is corrected a little, is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.foundation.clock_jumps import Jumps
from tests.fakes import FrozenClock


@pytest.mark.parametrize(
    ("step", "noticed"),
    [(timedelta(days=1), True), (-timedelta(hours=1), True), (timedelta(seconds=2), False), (timedelta(0), False)],
)
def test_a_clock_that_was_set_is_noticed_once(step, noticed) -> None:
    clock, passed = FrozenClock(), [100.0]
    jumps = Jumps(clock, lambda: passed[0])
    clock.advance(timedelta(seconds=5) + step)
    passed[0] += 5
    assert jumps.came() is noticed
    clock.advance(timedelta(seconds=5))
    passed[0] += 5
    assert jumps.came() is False
