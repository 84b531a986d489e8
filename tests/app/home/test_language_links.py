"""The links to the other language lead to the page one is on, and stand where there is such a page."""

from __future__ import annotations

import re
from html import unescape

from tests.app.api.world import EDITOR, OWNER, World

LINK = re.compile(r'<a href="([^"]+)" hreflang="fr"')


def link_on(page) -> str:
    return unescape(LINK.search(page.text)[1])


def test_what_else_the_address_says_is_kept(world: World):
    browser = world.browser(OWNER)
    asked = "/skills/collaboration/development?level=below&x=a+%26+b&x=2&language=en"
    assert link_on(browser.get(asked)) == "?level=below&x=a+%26+b&x=2&language=fr"
    assert link_on(browser.get("/skills")) == "?language=fr"


def test_filters_of_the_item_desk_are_kept(world: World):
    browser = world.browser(EDITOR)
    found = link_on(browser.get("/desk/items?skill=collaboration&format=scenario"))
    page = browser.get(f"/desk/items{found}").text
    assert '<html lang="fr">' in page
    assert '<option value="scenario" selected>' in page


def test_an_answer_to_a_form_has_no_link_that_would_lose_it(world: World):
    browser = world.browser(EDITOR)
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/account").text)[1]}
    answer = browser.post(f"/desk/items/{world.facts.item}/state", data=form)
    assert answer.status_code >= 400
    assert "<footer" in answer.text
    assert not LINK.search(answer.text)
