"""With scripts every choice is saved as it is made, and "saved" is never said before the server has said so."""

from __future__ import annotations

import re
from time import monotonic

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.candidate import Candidate
from tests.browser.chromium import open_context
from tests.browser.hands import Pointing

DRAFTS = "**/draft"
SAVED, UNSAVED = re.compile("^✓ Saved at .* UTC$"), re.compile("^Not saved yet")
ANNOUNCED_WITHIN_MILLISECONDS = 5_000  # case 002
RESENT_WITHIN_MILLISECONDS = 10_000  # case 001
REMEMBER_WHAT_IS_SAID = """() => {
  window.said = [];
  const live = document.getElementById("saved");
  new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true });
}"""


@pytest.fixture(scope="module")
def candidate(browser, installation):
    """Somebody in front of the first item; the tests follow one another in the same sitting."""
    context = open_context(browser, installation.base_url)
    ada = Candidate(Pointing(context.new_page()), installation, "ada@example.org")
    ada.sign_in()
    ada.join()
    ada.begin()
    yield ada
    context.close()


@pytest.fixture
def page(candidate: Candidate) -> Page:
    """The item, open anew."""
    candidate.page.reload()
    candidate.page.evaluate(REMEMBER_WHAT_IS_SAID)
    return candidate.page


def _choices(page: Page) -> list[str]:
    """The ids of two choices of the first group."""
    name = page.locator(".item input[type=radio]").first.get_attribute("name")
    return page.locator(f"[name='{name}']").evaluate_all("(all) => all.slice(0, 4).map((e) => e.id)")


def _cut_the_line(context: BrowserContext) -> list[str]:
    """Let no draft through; what was tried."""
    tried: list[str] = []

    def refuse(route: Route) -> None:
        tried.append(route.request.post_data or "")
        route.abort("internetdisconnected")

    context.route(DRAFTS, refuse)
    return tried


def _has_never_said_saved(page: Page) -> bool:
    return not any("✓" in text for text in page.evaluate("window.said"))


def test_a_choice_is_saved_without_a_button_and_seen_on_another_device(browser, installation, page) -> None:
    choice = _choices(page)[1]
    page.locator(f"#{choice}").check()
    expect(page.locator("#saved")).to_have_text(SAVED)
    address = page.url
    page.goto("about:blank")  # the item is left without its button

    with_phone = open_context(browser, installation.base_url)
    other = Candidate(Pointing(with_phone.new_page()), installation, "ada@example.org")
    other.sign_in()
    other.page.goto("/me")
    other.hands.press(other.page.locator("main a", has_text="Continue"))
    assert other.page.locator(f"#{choice}").is_checked()
    with_phone.close()
    page.goto(address)


def test_case_002_a_lost_connection_is_announced_and_nothing_is_called_saved(page) -> None:
    live = page.locator("#saved")
    assert live.get_attribute("role") == "status"
    tried, began = _cut_the_line(page.context), monotonic()
    page.locator(f"#{_choices(page)[2]}").check()
    expect(live).to_have_text(UNSAVED, timeout=ANNOUNCED_WITHIN_MILLISECONDS)
    assert (monotonic() - began) * 1000 < ANNOUNCED_WITHIN_MILLISECONDS
    assert tried
    assert _has_never_said_saved(page)

    page.context.unroute(DRAFTS)
    expect(live).to_have_text(SAVED)
    page.reload()
    assert page.locator(f"#{_choices(page)[2]}").is_checked()


def test_case_002_a_line_that_hangs_counts_as_lost(page) -> None:
    page.context.route(DRAFTS, lambda _route: None)  # neither answered nor refused
    page.locator(f"#{_choices(page)[3]}").check()
    expect(page.locator("#saved")).to_have_text(UNSAVED, timeout=ANNOUNCED_WITHIN_MILLISECONDS)
    assert _has_never_said_saved(page)
    page.context.unroute(DRAFTS)
    expect(page.locator("#saved")).to_have_text(SAVED)


def test_case_001_a_choice_shown_again_after_a_reload_is_sent_again(page) -> None:
    _cut_the_line(page.context)
    choice = _choices(page)[0]
    page.locator(f"#{choice}").check()
    expect(page.locator("#saved")).to_have_text(UNSAVED)
    page.once("dialog", lambda dialog: dialog.accept())  # "leave without saving?" is asked first
    page.reload()
    assert page.locator(f"#{choice}").is_checked()
    expect(page.locator("#saved")).to_have_text(UNSAVED)

    page.context.unroute(DRAFTS)
    expect(page.locator("#saved")).to_have_text(SAVED, timeout=RESENT_WITHIN_MILLISECONDS)
    page.reload()
    assert page.locator(f"#{choice}").is_checked()
