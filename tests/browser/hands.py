"""Two ways to use a page: pointing at things, or by keyboard alone. The same journey is made with each."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_STOPS = 120
FOCUS = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  return e === document.body || e.id === "main" ? "" : `${style.outlineStyle} ${parseFloat(style.outlineWidth)}`;
}"""


class Hands(Protocol):
    """What a person does with a page."""

    page: Page

    def press(self, target: Locator) -> None:
        """Follow a link or press a button, and wait for what comes."""

    def fill(self, target: Locator, text: str) -> None:
        """Type into a field."""

    def tick(self, target: Locator) -> None:
        """Tick a box."""

    def choose(self, target: Locator) -> None:
        """Choose one of a group of radio buttons."""


class Pointing:
    """By mouse or finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        with self.page.expect_navigation():
            target.click()

    def fill(self, target: Locator, text: str) -> None:
        target.fill(text)

    def tick(self, target: Locator) -> None:
        target.check()

    def choose(self, target: Locator) -> None:
        target.check()


class Typing:
    """By Tab, arrows, Space and Enter alone; every stop on the way must show where one is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def press(self, target: Locator) -> None:
        self._reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Space")
        assert target.is_checked()

    def choose(self, target: Locator) -> None:
        """Tab to the group, then by arrows to the choice; on a group without a choice Space takes the first."""
        name = target.get_attribute("name")
        self._reach(self.page.locator(f"input[type=radio][name='{name}']"))
        if not self._chosen(str(name)):
            self.page.keyboard.press("Space")
        for _ in range(MOST_STOPS):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {target}")

    def _chosen(self, name: str) -> bool:
        return self.page.locator(f"input[name='{name}']:checked").count() > 0

    def _reach(self, target: Locator) -> None:
        """Tab until the focus is on the target, or on one of its group."""
        for _ in range(MOST_STOPS):
            if target.evaluate_all("(all) => all.includes(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
            self.stops += 1
            outline = self.page.evaluate(FOCUS)
            assert not outline or (not outline.startswith("none") and not outline.endswith(" 0")), "focus not visible"
        raise AssertionError(f"Tab does not lead to {target}")
