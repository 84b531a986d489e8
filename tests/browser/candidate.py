"""The whole way of a candidate through the pages, from the front page to the page a recruiter sees."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from app.foundation.db import Database
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson
from tests.browser.hands import Hands
from tests.journeys.installation import Installation

MOST_ITEMS = 61
MOST_LOOKS = 100
THETA = 3.0  # somebody far above the line


class Candidate:
    """One person, one browser, one pair of hands."""

    def __init__(self, hands: Hands, installation: Installation, address: str) -> None:
        self.hands, self.installation, self.address = hands, installation, address
        self.page: Page = hands.page

    def sign_in(self, path: str = "/sign-in") -> None:
        """Ask for a code, read it in the mail, type it."""
        if self.page.url != self.installation.base_url + path:
            self.page.goto(path)
        former = self.installation.mails_so_far(self.address)
        self.hands.fill(self.page.locator("[name=email]"), self.address)
        self.hands.press(self._button("/sign-in"))
        _, mail = self.installation.mail_to(self.address, not_in=former)
        code = re.search(r"\b(\d{3}) ?(\d{3})\b", mail.get_content())
        assert code, mail.get_content()
        self.hands.fill(self.page.locator("[name=code]"), "".join(code.groups()))
        self.hands.press(self._button("/sign-in/code"))

    def join(self) -> None:
        """Say that one is an adult, and in which language one is written to."""
        self.hands.choose(self.page.locator("[name=adult][value=yes]"))
        self.hands.choose(self.page.locator("[name=language][value=en]"))
        self.hands.press(self._button("/join"))

    def find_the_skill(self) -> None:
        """From the front page to the button that starts."""
        self.page.goto("/")
        self.hands.press(self.page.locator("main a[href='/skills']"))
        self.hands.press(self.page.locator(f"main a[href='/skills/{SKILL}']"))
        self.hands.press(self.page.locator(f"main a[href='/skills/{SKILL}/start']"))

    def begin(self) -> None:
        """Consent, give one's word, start."""
        if not self.page.url.endswith("/start"):
            self.page.goto(f"/skills/{SKILL}/start")
        self.hands.tick(self.page.locator("#consent-assessment"))
        self.hands.tick(self.page.locator("#honesty"))
        self.hands.press(self._button("/start"))
        assert re.search(r"/sittings/[0-9a-f-]{36}$", self.page.url), self.page.url

    def answer_everything(self) -> int:
        """One item after the other, until the sitting says that it is complete; how many there were."""
        database = Database(f"sqlite:///{self.installation.data / 'decile.sqlite3'}")
        try:
            place = Place(database)
            person = SimulatedPerson(place, THETA, THETA, seed=1)
            for number in range(MOST_ITEMS):
                if self.page.url.endswith("/done") or "/results/" in self.page.url:
                    return number
                code = place.shown(UUID(self.page.url.rsplit("/", 1)[-1]))[-1].item_code
                self.give(person.answer(code))
                self.hands.press(self.page.locator("button[value=next]"))
        finally:
            database.dispose()
        raise AssertionError(f"no end after {MOST_ITEMS} items")

    def give(self, value: Any) -> None:
        """Choose the answer, or every rating of a scenario."""
        if isinstance(value, list):
            for option, rating in enumerate(value):
                self.hands.choose(self.page.locator(f"[name=rating-{option}][value='{rating}']"))
        else:
            self.hands.choose(self.page.locator(f"[name=answer][value='{value}']"))

    def see_the_result(self, *, with_scripts: bool) -> None:
        """With scripts the page goes there by itself; without them one looks again."""
        decision = self.page.get_by_text("This result earns the certificate.")
        if with_scripts:
            decision.wait_for()
            return
        for _ in range(MOST_LOOKS):
            if decision.count():
                return
            self.page.wait_for_timeout(100)
            self.hands.press(self.page.locator("main a.button[href^='/results/']"))
        raise AssertionError(self.page.locator("main").inner_text())

    def open_the_link(self) -> str:
        """From the result to my place; the code of the certificate once everybody may see it."""
        self.hands.press(self.page.locator("main a.button[href='/me']"))
        link = self.page.locator("main dd a[href^='/c/']")
        for _ in range(MOST_LOOKS):
            if link.count():
                break
            self.page.wait_for_timeout(100)
            self.page.reload()
        code = str(link.get_attribute("href")).removeprefix("/c/")
        self.hands.press(self._button("/visibility"))
        return code

    def check(self, code: str) -> None:
        """As a recruiter does: type the code on the page that verifies."""
        self.hands.press(self.page.locator("header a[href='/verify']"))
        self.hands.fill(self.page.locator("[name=code]"), code.lower())
        self.hands.press(self._button("/verify"))
        expect(self.page.locator(".verdict")).to_contain_text("SPECIMEN")
        expect(self.page.locator("h1")).to_contain_text("Collaboration")

    def _button(self, action: str) -> Any:
        return self.page.locator(f"main form[action$='{action}'] button").first
