"""What the page of an item does for people: keys, another device, a word to the idle, an answer that waits."""

from __future__ import annotations

import re
from time import monotonic, time

import pytest
import segno
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import composition
from app.accounts.models import SignInRequest
from app.accounts.sign_in_secrets import link_path
from app.foundation.settings import read_settings
from tests.browser.candidate import Candidate
from tests.browser.chromium import open_context
from tests.browser.hands import Pointing
from tests.journeys.installation import Installation

RESUMED_WITHIN_SECONDS = 15
SIGNED_WITHIN_SECONDS = 60
NEXT = "button[value=next]"


def _candidate(browser, installation, address: str, **options) -> Candidate:
    context = open_context(browser, installation.base_url, **options)
    someone = Candidate(Pointing(context.new_page()), installation, address)
    someone.sign_in()
    someone.join()
    someone.begin()
    return someone


@pytest.fixture(scope="module")
def candidate(browser, installation):
    """Somebody in front of the first item; the tests follow one another in the same sitting."""
    grace = _candidate(browser, installation, "gwen@example.org")
    yield grace
    grace.page.context.close()


@pytest.fixture
def page(candidate: Candidate) -> Page:
    candidate.page.reload()
    return candidate.page


def _position(page: Page) -> int:
    return int(page.locator("#sitting [name=position]").get_attribute("value") or 0)


def _answer_by_keys(page: Page) -> list[str | None]:
    """Press 3 once for every group, as somebody does who touches nothing else; what is chosen then."""
    groups = page.locator(".item fieldset").count()
    for _ in range(groups):
        page.keyboard.press("3")
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    return page.locator(".item fieldset input:checked").evaluate_all("(all) => all.map((one) => one.value)")


def test_digits_choose_and_enter_goes_on_through_both_kinds_of_item(page) -> None:
    seen = set()
    for _ in range(8):
        is_scenario = page.locator("[name=options]").count() > 0
        seen.add(is_scenario)
        groups, position = page.locator(".item fieldset").count(), _position(page)
        assert _answer_by_keys(page) == ["3" if is_scenario else "2"] * groups
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert _position(page) == position + 1
        if len(seen) == 2:
            return
    raise AssertionError("one kind of item alone was seen")


def test_arrows_move_the_choice_and_the_question_mark_opens_the_help(page) -> None:
    radios = page.locator(".item fieldset").first.locator("input[type=radio]")
    page.keyboard.press("ArrowRight")
    expect(radios.first).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(radios.nth(1)).to_be_checked()
    page.keyboard.press("ArrowLeft")
    expect(radios.first).to_be_checked()
    expect(page.locator("#keys")).not_to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#about summary")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).not_to_be_visible()


def test_keys_that_are_switched_off_stay_off_and_words_of_a_report_are_words(page) -> None:
    page.locator("#reporting summary").click()
    page.locator("#words").fill("")
    page.locator("#words").press_sequentially("1 or 2?")
    assert page.locator("#words").input_value() == "1 or 2?"
    former = page.locator(".item input:checked").count()
    page.locator("#about summary").click()
    page.locator("#use-keys").uncheck()
    page.reload()
    page.keyboard.press("2")
    page.keyboard.press("?")
    assert page.locator(".item input:checked").count() == former
    expect(page.locator("#about")).not_to_have_attribute("open", "")
    page.locator("#about summary").click()
    page.locator("#use-keys").check()


def test_an_answer_given_without_a_connection_waits_and_the_next_question_comes_by_itself(page) -> None:
    position, live = _position(page), page.locator("#saved")
    page.context.set_offline(True)
    _choose_everything(page)
    page.locator(NEXT).click()
    expect(live).to_contain_text("the next question comes by itself")
    assert live.get_attribute("data-state") == "unsaved"
    assert page.url.startswith("http")  # not the browser's own page of errors
    with page.expect_navigation():
        page.context.set_offline(False)
    assert _position(page) == position + 1


def _choose_everything(page: Page) -> None:
    for group in page.locator(".item fieldset").all():
        group.locator("input[type=radio]").nth(1).check()


def test_who_has_not_touched_the_page_for_a_while_is_told_that_nothing_is_lost(candidate) -> None:
    page = candidate.page
    page.clock.install()
    page.reload()
    idle = page.locator("#idle")
    assert idle.get_attribute("role") == "status"  # said politely, between two sentences of a screen reader
    page.clock.fast_forward("04:50")
    expect(idle).to_be_empty()
    page.clock.fast_forward("00:20")
    expect(idle).to_contain_text("nothing runs out")
    page.keyboard.press("Shift")
    expect(idle).to_be_empty()


def test_another_device_goes_on_by_a_photographed_address_and_the_first_says_so(
    browser, installation, page, monkeypatch
) -> None:
    position = _position(page)
    page.locator("#other-device summary").click()
    with page.expect_navigation():
        page.locator("#other-device button").click()
    address = _photographed(page, installation, monkeypatch)
    began = monotonic()
    phone = open_context(browser, installation.base_url, viewport={"width": 390, "height": 740}).new_page()
    phone.goto(address)
    assert "token" not in phone.url
    expect(phone.locator("main strong")).to_have_text(re.compile(r"^g\W*.*example\.org$"))
    with phone.expect_navigation():
        phone.locator("main form button").click()
    assert _position(phone) == position
    assert monotonic() - began < RESUMED_WITHIN_SECONDS
    expect(page.locator("h1")).to_have_text("Your assessment goes on on the other device")

    _choose_everything(phone)
    expect(phone.locator("#saved")).to_have_attribute("data-state", "saved")
    with phone.expect_navigation():
        phone.locator(NEXT).click()
    with page.expect_navigation():
        page.locator("main a.button").click()
    assert _position(page) == position + 1

    stranger = open_context(browser, installation.base_url).new_page()
    stranger.goto(address)
    expect(stranger.locator("h1")).to_have_text("This link or code has already been used")
    for other in (phone, stranger):
        other.context.close()


def _photographed(page: Page, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address in the picture. Drawn again, with each second it may have been signed in, it is the same picture."""
    runtime = composition.build_runtime(read_settings(installation.environment))
    with runtime.reading() as session:
        query = select(SignInRequest.id).where(SignInRequest.is_mailed.is_(False))
        (request_id,) = session.scalars(query).all()
    runtime.database.dispose()
    picture, now = page.locator("img.qr").get_attribute("src"), int(time())
    with monkeypatch.context() as patched:
        for second in range(now, now - SIGNED_WITHIN_SECONDS, -1):
            patched.setattr("itsdangerous.timed.time.time", lambda second=second: second)
            address = installation.base_url + link_path(request_id, links=runtime.links)
            if segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff") == picture:
                return address
    raise AssertionError("the picture holds another address")


def test_under_an_adjustment_nobody_is_reminded_of_time(candidate) -> None:
    page = candidate.page
    page.locator("#adjustments summary").click()
    with page.expect_navigation():
        page.locator("button[value=unlimited-time]").click()
    assert page.locator("#idle").count() == 0
    assert "minutes" not in page.locator("#progress").inner_text()
