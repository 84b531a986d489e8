"""Injected disconnects in a real browser: nothing acknowledged is lost, and "saved" is never said before the server
has it.

A choice is cut off in one of several ways, the page is watched while the line is down, the line comes back, and the
database is asked. `window.said` holds every sentence that the page has said of its choice, in order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from playwright.sync_api import Browser, Request, Response, expect
from sqlalchemy import select

from app.assessment.models import Presentation
from app.assessment.models import Response as Kept
from app.foundation.db import Database
from tests.browser.candidate import Candidate
from tests.browser.chromium import open_context
from tests.browser.hands import Pointing
from tests.browser.normed_bank import an_installation_with_a_norm
from tests.browser.test_autosave import DRAFTS
from tests.journeys.installation import Installation

IN_EVERY_RUN, IN_A_CAMPAIGN = 50, 1_000
PER_ITEM = 5
HANDED_IN = "**/responses"
WAYS = ("unsent", "unheard", "refused", "offline", "reloaded", "handed-in-unsent", "handed-in-unheard")
CHECKED = """() => Object.fromEntries(
  [...document.querySelectorAll(".item input:checked")].map((one) => [one.name, one.value]))"""
LISTEN = """() => {
  window.said = [];
  const live = document.getElementById("saved");
  new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true });
}"""


@dataclass
class Campaign:
    """One person after another under disconnects; what was acknowledged to them, and what came of it."""

    browser: Browser
    installation: Installation
    seed: int
    kills: int
    injected: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[tuple[UUID, int], tuple[int, Any]] = field(default_factory=dict)
    replies: int = 0

    def run(self, count: int) -> None:
        self.chance = np.random.default_rng(self.seed)
        self.database = Database(f"sqlite:///{self.installation.data / 'decile.sqlite3'}")
        plan = [str(self.chance.choice(WAYS)) for _ in range(count - self.kills)] + ["killed"] * self.kills
        self.chance.shuffle(plan)
        try:
            people = 0
            while plan:
                people += 1
                self._sit(f"cut{self.seed}.{people}@example.org", plan)
        finally:
            self.database.dispose()

    def _sit(self, address: str, plan: list[str]) -> None:
        context = open_context(self.browser, self.installation.base_url)
        someone = Candidate(Pointing(context.new_page()), self.installation, address)
        someone.sign_in()
        someone.join()
        someone.begin()
        self.page, self.sitting_id = someone.page, UUID(someone.page.url.rsplit("/", 1)[-1])
        self.page.on("response", self._heard)
        self.page.on("dialog", lambda dialog: dialog.accept())  # "leave without saving?"
        while plan and not self._has_ended:
            for _ in range(PER_ITEM):
                if plan and not self._has_ended:
                    self._cut(plan.pop())
            self._go_on()
        self._nothing_acknowledged_is_lost()
        context.close()

    @property
    def _has_ended(self) -> bool:
        return "/done" in self.page.url or "/results/" in self.page.url

    def _heard(self, answer: Response) -> None:
        """Every acknowledgement that reached the browser."""
        if answer.request.method == "POST" and answer.url.endswith("/draft") and answer.status == 200:
            position, sent = int(answer.url.split("/")[-2]), answer.request.post_data_json
            self.replies += 1
            self.acknowledged[self.sitting_id, position] = (sent["client_sequence"], sent["value"])

    def _cut(self, way: str) -> None:
        self.injected[way] += 1
        self.page.evaluate(LISTEN)
        getattr(self, "_" + way.replace("-", "_"))()

    def _unsent(self) -> None:
        with self._line_cut(DRAFTS, lambda route: route.abort("internetdisconnected")):
            self._choose()
            self._is_unsaved()
        self._comes_back()

    def _unheard(self) -> None:
        """The server has it, and nobody knows."""
        with self._line_cut(DRAFTS, lambda route: (route.fetch(), route.abort("connectionreset"))):
            self._choose()
            self._is_unsaved()
        self._comes_back()

    def _refused(self) -> None:
        with self._line_cut(DRAFTS, lambda route: route.fulfill(status=503, body="busy")):
            self._choose()
            self._is_unsaved()
        self._comes_back()

    def _offline(self) -> None:
        self.page.context.set_offline(True)
        self._choose()
        self._is_unsaved()
        self.page.context.set_offline(False)
        self._comes_back()

    def _reloaded(self) -> None:
        with self._line_cut(DRAFTS, lambda route: route.abort("internetdisconnected")):
            self._choose()
            self._is_unsaved()
            chosen = self._chosen()
            self.page.reload()
            assert self._chosen() == chosen, "the choice is not shown again"
        self._comes_back()

    def _killed(self) -> None:
        self.installation.kill("web")
        self._choose()
        self._is_unsaved()
        self.installation.start("web")
        self.installation.wait_until_up()
        self._comes_back()

    def _handed_in_unsent(self) -> None:
        self._hand_in(lambda route: route.abort("internetdisconnected"))

    def _handed_in_unheard(self) -> None:
        self._hand_in(lambda route: (route.fetch(max_redirects=0), route.abort("connectionreset")))

    def _hand_in(self, fault: Any) -> None:
        """The item by its button, cut off on the way; whoever comes back finds it as it was, or the next one."""
        self._choose_everything()
        self._is_saved()
        position, chosen = self._position(), self._chosen()
        with self._line_cut(HANDED_IN, fault), self.page.expect_event("requestfailed", _is_handed_in):
            self.page.locator("button[value=next]").click(no_wait_after=True)
        self.page.goto(f"/sittings/{self.sitting_id}")
        if self._has_ended or self._position() > position:
            return
        assert self._position() == position
        assert self._chosen() == chosen, "what was acknowledged is not shown"

    @contextmanager
    def _line_cut(self, pattern: str, fault: Any) -> Iterator[None]:
        self.page.context.route(pattern, fault)
        try:
            yield
        finally:
            self.page.context.unroute(pattern, fault)

    def _choose(self) -> None:
        """Another choice in one of the groups."""
        groups = self.page.locator(".item fieldset")
        group = groups.nth(int(self.chance.integers(groups.count())))
        group.locator("input[type=radio]:not(:checked)").nth(int(self.chance.integers(4))).check()

    def _choose_everything(self) -> None:
        for group in self.page.locator(".item fieldset").all():
            if not group.locator("input:checked").count():
                group.locator("input[type=radio]").nth(1).check()

    def _is_unsaved(self) -> None:
        expect(self.page.locator("#saved")).to_have_attribute("data-state", "unsaved")
        said = self.page.evaluate("window.said ?? []")
        assert not any("✓" in text for text in said), said

    def _comes_back(self) -> None:
        self.page.evaluate("window.dispatchEvent(new Event('online'))")  # no waiting for the next try
        self._is_saved()

    def _is_saved(self) -> None:
        """Once the page says so, the database holds what is on the screen."""
        expect(self.page.locator("#saved")).to_have_attribute("data-state", "saved")
        kept, chosen = self._kept(), self._chosen()
        assert _as_choices(kept.value) == chosen, f"{kept.value} is kept, {chosen} is shown as saved"

    def _kept(self) -> Kept:
        with self.database.reading() as session:
            return session.get_one(Kept, (self.sitting_id, self._position()))

    def _position(self) -> int:
        return int(self.page.locator("#sitting [name=position]").get_attribute("value") or 0)

    def _chosen(self) -> dict[str, str]:
        return self.page.evaluate(CHECKED)

    def _go_on(self) -> None:
        if self._has_ended:
            return
        self._choose_everything()
        with self.page.expect_navigation():
            self.page.locator("button[value=next]").click()

    def _nothing_acknowledged_is_lost(self) -> None:
        with self.database.reading() as session:
            rows = session.scalars(select(Kept).where(Kept.sitting_id == self.sitting_id)).all()
            kept = {row.position: (row.client_sequence, row.value) for row in rows}
            shown = session.scalars(select(Presentation).where(Presentation.sitting_id == self.sitting_id)).all()
        for (sitting_id, position), (sequence, value) in self.acknowledged.items():
            if sitting_id == self.sitting_id:
                assert kept[position][0] >= sequence, f"position {position} of {len(shown)} is lost"
                assert kept[position][0] > sequence or kept[position][1] == value


def _is_handed_in(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/responses")


def _as_choices(value: Any) -> dict[str, str]:
    """A kept value as the fields that are checked on the screen."""
    if isinstance(value, list):
        return {f"rating-{number}": str(one) for number, one in enumerate(value) if one is not None}
    return {"answer": str(value)}


def test_after_fifty_disconnects_nothing_acknowledged_is_lost_and_saved_was_always_true(browser, installation) -> None:
    campaign = Campaign(browser, installation, seed=1, kills=1)
    campaign.run(IN_EVERY_RUN)
    assert sum(campaign.injected.values()) == IN_EVERY_RUN
    assert set(campaign.injected) == {*WAYS, "killed"}
    assert campaign.replies >= IN_EVERY_RUN / 2


@pytest.mark.long
def test_after_a_thousand_disconnects_nothing_acknowledged_is_lost_and_saved_was_always_true(
    browser, tmp_path: Path
) -> None:
    with an_installation_with_a_norm(tmp_path / "installation") as installation:
        campaign = Campaign(browser, installation, seed=2, kills=20)
        campaign.run(IN_A_CAMPAIGN)
    print(json.dumps(campaign.injected), campaign.replies)
    assert sum(campaign.injected.values()) == IN_A_CAMPAIGN
