"""A candidate goes the whole way, from the front page to a certificate that a stranger checks."""

from __future__ import annotations

import pytest

from tests.browser.candidate import Candidate
from tests.browser.chromium import Watched, open_context
from tests.browser.hands import Pointing, Typing

FEWEST_ITEMS = 12


@pytest.mark.parametrize("by", ["pointing without scripts", "keyboard alone"])
def test_the_whole_way_of_a_candidate(browser, installation, by) -> None:
    without_scripts = by == "pointing without scripts"
    context = open_context(browser, installation.base_url, java_script_enabled=not without_scripts)
    watched = Watched(context.new_page())
    hands = Pointing(watched.page) if without_scripts else Typing(watched.page)
    ada = Candidate(hands, installation, f"{by.split()[0]}@example.org")

    ada.find_the_skill()
    ada.sign_in("/sign-in?next=/skills/collaboration/start")
    ada.join()
    ada.begin()
    assert ada.answer_everything() >= FEWEST_ITEMS
    ada.see_the_result(with_scripts=not without_scripts)
    ada.check(ada.open_the_link())

    assert watched.faults() == []
    context.close()
