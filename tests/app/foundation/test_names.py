"""Which names are kept as they are written, and which characters are none."""

from __future__ import annotations

import pytest

from app.foundation.names import can_be_shown, without_marks

REAL = ("علی\u200cرضا محمدی", "ශ්\u200dරී ලංකා", "👩\u200d👩\u200d👧 Ada", "Nguyễn Thị", "山田\u3000太郎", "O’Neil")


@pytest.mark.parametrize("name", REAL)
def test_names_of_every_script_can_be_shown_as_they_are(name: str) -> None:
    assert can_be_shown(name)
    assert without_marks(name) == name


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "a\u202eb", "a\u2066b", "a\u2028b", "a\u061cb", "a\u00adb"])
def test_what_turns_a_line_around_or_breaks_it_cannot(name: str) -> None:
    assert not can_be_shown(name)


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\ufeff"])
def test_marks_that_come_along_when_a_name_is_copied_go(mark: str) -> None:
    assert without_marks(f"{mark}Zoë{mark} Li{mark}") == "Zoë Li"


@pytest.mark.parametrize("nothing", ["", "\u200d", " \u200c\u200e "])
def test_a_name_of_which_nothing_prints_is_none(nothing: str) -> None:
    assert without_marks(nothing) == ""
