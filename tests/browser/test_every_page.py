"""Every page in every state, in English light at 1280 px and dark at 320 px, in French dark at 320 px.

What differs between the languages is the text and the room it takes; colours and structure do not. So axe, which takes
most of the time, sees the English pages in every run and the French ones in a campaign; the scales see all of them.

Screenshots of all of them go to the directory that DECILE_TEST_SCREENSHOTS names, if it names one.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from tests.browser.audit import Findings, look, space, walk, weigh
from tests.browser.chromium import Watched, open_context
from tests.browser.exhibition import Exhibit, Exhibition, serve
from tests.browser.exhibits import exhibits
from tests.browser.french import english_left

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
LOOKS: dict[str, tuple[tuple[Literal["light", "dark"], ViewportSize], ...]] = {
    "en": (("light", WIDE), ("dark", NARROW)),
    "fr": (("dark", NARROW),),
}
FOR_PROGRAMS = re.compile(r"^/(api|static|status|log|\.well-known|healthz|readyz)\b|\.(json|jwt|<any\(.*:suffix>)$")
ROWS_OF_A_MENU, AROUND_A_MENU = 2, 32  # pixels of the bar above and below them
STAFF_LINKS = 9  # of who edits items and norms
FEWEST_PAGES = 60  # so that an emptied list cannot pass for a clean one


@pytest.fixture(scope="module")
def house(language: str, tmp_path_factory: pytest.TempPathFactory):
    """The exhibition, open."""
    house = Exhibition(tmp_path_factory.mktemp("exhibition"), language)
    with serve(house.app, house.port):
        yield house
    house.runtime.database.dispose()


@pytest.mark.parametrize(
    ("language", "by_axe"),
    [("en", True), ("fr", False), pytest.param("fr", True, marks=pytest.mark.long)],
    ids=["en", "fr", "fr-axe"],
    scope="module",
)
def test_every_page_is_accessible_narrow_light_quiet_and_in_its_language(engine, house, by_axe) -> None:
    findings, devices = Findings(asks_axe=by_axe), {}
    routes = house.app.url_map.bind("localhost")
    for number, exhibit in enumerate(exhibits(house)):
        if exhibit.visitor not in devices:
            devices[exhibit.visitor] = Watched(_device_of(exhibit.visitor, engine, house).new_page())
        walks = number % 2 == (house.language == "fr")  # the way of the keyboard is the same in both languages
        _look_at(exhibit, devices[exhibit.visitor], house, findings, walks=walks)
        findings.endpoints |= _endpoints(routes, exhibit.path, devices[exhibit.visitor].page.url)
    assert findings.faults == [], "\n".join(findings.faults)
    assert _pages_of(house) - findings.endpoints == set(), "pages that nobody looked at: add them to exhibits.py"
    assert findings.pages >= FEWEST_PAGES


@pytest.mark.parametrize("language", ["en", "fr"], scope="module")
def test_the_menu_of_staff_takes_two_rows_of_a_phone_names_the_page_and_opens_by_keyboard(engine, house) -> None:
    page = _device_of("editor", engine, house).new_page()
    for width in (390, 320):
        page.set_viewport_size(ViewportSize(width=width, height=844))
        page.goto("/desk/founding")
        menu = page.get_by_role("navigation").first
        line = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.top summary')).lineHeight)")
        assert page.locator(".top").bounding_box()["height"] <= ROWS_OF_A_MENU * line + AROUND_A_MENU
        assert page.locator("h1").inner_text() in menu.locator("summary").inner_text()
        assert menu.get_by_role("link").count() == 0, "a reader of the screen hears no link twice"
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        links = [link.bounding_box() for link in menu.get_by_role("link").all()]
        assert len(links) == STAFF_LINKS
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in links)
    page.set_viewport_size(WIDE)
    assert menu.get_by_role("link").count() == STAFF_LINKS


def _device_of(visitor: str, engine: Browser, house: Exhibition) -> BrowserContext:
    context = open_context(engine, house.base_url, language=house.language)
    if visitor:
        context.add_cookies([{"name": "decile", "value": house.cookie_of(visitor), "url": house.base_url}])
    return context


def _look_at(exhibit: Exhibit, device: Watched, house: Exhibition, findings: Findings, *, walks: bool) -> None:
    page, where = device.page, f"{exhibit.name} {house.language}"
    _appear(page, *LOOKS[house.language][0])
    page.goto(exhibit.path)
    findings.pages += 1
    if exhibit.act is not None:
        exhibit.act(page)
    weigh(page, where, findings)
    if page.evaluate("document.documentElement.lang") != house.language:
        findings.add(where, ["html lang is not the page's language"])
    if house.language == "fr":
        findings.add(where, english_left(page))
    for turn, (appearance, size) in enumerate(LOOKS[house.language]):
        if turn > 0:
            _appear(page, appearance, size)
        look(page, f"{where} {appearance} {size['width']}px", findings, again=turn > 0)
        _photograph(page, f"{exhibit.name}-{house.language}-{appearance}")
    space(page, where, findings)
    if walks:
        walk(page, where, findings)
    findings.add(where, device.faults())


def _pages_of(house: Exhibition) -> set[str]:
    """Every route that answers a GET with a page."""
    return {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not FOR_PROGRAMS.search(rule.rule)
    }


def _endpoints(routes: MapAdapter, *urls: str) -> set[str]:
    """The routes behind addresses; what a form is sent to answers no GET and is left out."""
    found = set()
    for url in urls:
        with suppress(HTTPException):
            found.add(routes.match(urlsplit(url).path)[0])
    return found


def _appear(page: Page, appearance: Literal["light", "dark"], size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=appearance)


def _photograph(page: Page, name: str) -> None:
    if directory := os.environ.get("DECILE_TEST_SCREENSHOTS"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
