"""People who send again what was not acknowledged, and a ledger of everything that was.

As a browser does: a request without an answer, or told to come back later, is repeated unchanged; an answer seen is
believed. So whatever stands in the ledger was promised to somebody.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import numpy as np
import requests
from sqlalchemy.exc import OperationalError

from tests.app.assessment.builders import SKILL
from tests.journeys.collaboration import PEOPLE_MEAN, PEOPLE_SPREAD, Collaboration, address_of
from tests.journeys.people import Person

PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.03
NO_ANSWER = (502, 503, 504)  # told to come back, or a proxy that reached nobody
SHARE_WITH_DRAFT = 0.3  # of the positions: the script saves a first choice before the button is pressed
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Ledger:
    """What people saw acknowledged: for every position the newest value, and the sittings they saw completed."""

    acknowledged: int = 0
    kept: dict[tuple[UUID, int], tuple[int, Any]] = field(default_factory=dict)
    completed: set[UUID] = field(default_factory=set)
    repeats: int = 0
    in_flight: int = 0
    seconds: list[float] = field(default_factory=list)  # until each answer began
    abandoned: threading.Event = field(default_factory=threading.Event)  # the test has failed: nobody insists any more
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, sitting_id: UUID, position: int, sequence: int, value: Any) -> None:
        with self._lock:
            self.acknowledged += 1
            self.kept[sitting_id, position] = (sequence, value)

    def complete(self, sitting_id: UUID) -> None:
        with self._lock:
            self.completed.add(sitting_id)

    def repeat(self) -> None:
        with self._lock:
            self.repeats += 1

    @contextmanager
    def request(self) -> Iterator[None]:
        """While a request that changes something is under way."""
        with self._lock:
            self.in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1

    def copy(self) -> Ledger:
        """As it stands now."""
        with self._lock:
            return Ledger(self.acknowledged, dict(self.kept), set(self.completed), self.repeats, self.in_flight)


class InsistingPerson(Person):
    """Takes a sitting to its end, whatever happens to the server meanwhile."""

    def __init__(self, world: Collaboration, number: int, ledger: Ledger) -> None:
        super().__init__(world.installation, address_of(number))
        self.world, self.ledger = world, ledger
        self.chance = np.random.default_rng([20261123, number])
        self.theta = float(self.chance.normal(PEOPLE_MEAN, PEOPLE_SPREAD))
        self.csrf = ""

    def sign_in_with_link(self) -> None:
        """By an operator's link; one that was cut off is tried again, and followed by another where it was used up."""
        deadline, link = time.monotonic() + PATIENCE_SECONDS, ""
        while not self.csrf:
            try:
                link = link or self.world.sign_in_link(self.address)
                page = self.fill_in(self.get(link), "/sign-in/confirm", meant="yes")
                if page.url.endswith("/join"):
                    page = self.fill_in(page, "/join", adult="yes", language=self.language)
                self.csrf = CSRF.search(self.insist("GET", f"/skills/{SKILL}/start").text).group(1)
            except (requests.RequestException, OperationalError, AssertionError) as cut:
                if time.monotonic() > deadline or self.ledger.abandoned.is_set():
                    raise
                if not isinstance(cut, requests.ConnectionError):  # nobody was there who could have used it
                    link = ""
                time.sleep(PAUSE_SECONDS)

    def insist(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send it until it is answered. A fault of the server's is no answer, and never allowed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.browser.request(
                    method,
                    self.installation.base_url + path,
                    timeout=PATIENCE_SECONDS,
                    allow_redirects=False,
                    **options,
                )
                assert answer.status_code != 500, answer.text[-2000:]
                if answer.status_code not in NO_ANSWER:
                    self.ledger.seconds.append(answer.elapsed.total_seconds())
                    return answer
            except requests.RequestException:
                if time.monotonic() > deadline or self.ledger.abandoned.is_set():
                    raise
            self.ledger.repeat()
            time.sleep(PAUSE_SECONDS)

    def begin(self) -> UUID:
        """Start a sitting; its id."""
        form = {"csrf_token": self.csrf, "consent_assessment": "1", "honesty": "1"}
        with self.ledger.request():
            answer = self.insist("POST", f"/skills/{SKILL}/start", data=form)
        assert answer.status_code == 303, answer.text[-2000:]
        return UUID(urlsplit(answer.headers["Location"]).path.rsplit("/", 1)[-1])

    def stands(self, sitting_id: UUID) -> dict[str, Any]:
        """The current item, as programs see it."""
        return self.insist("GET", f"/sittings/{sitting_id}", headers={"Accept": "application/json"}).json()

    def sit(self) -> UUID:
        """From the start to the end. A position once acknowledged is never asked again."""
        sitting_id, position = self.begin(), 0
        while (page := self.stands(sitting_id))["state"] == "open":
            position += 1
            assert page["position"] == position, f"asked for {page['position']}, {position - 1} were acknowledged"
            self._answer(sitting_id, page)
        assert page["state"] == "completed", page
        assert position > 0
        self.ledger.complete(sitting_id)
        return sitting_id

    def _answer(self, sitting_id: UUID, page: dict[str, Any]) -> None:
        position, sequence, code = page["position"], page["client_sequence"], page["item"]["code"]
        if self.chance.random() < SHARE_WITH_DRAFT:
            sequence += 1
            self.draft(sitting_id, position, sequence, self.world.answer(code, self.theta, self.chance))
            kept = self.stands(sitting_id)
            assert (kept["position"], kept["client_sequence"]) == (position, sequence)
        self.confirm(sitting_id, position, sequence + 1, self.world.answer(code, self.theta, self.chance))

    def draft(self, sitting_id: UUID, position: int, sequence: int, value: Any) -> None:
        """What the page's script sends at every change."""
        with self.ledger.request():
            answer = self.insist(
                "POST",
                f"/sittings/{sitting_id}/responses/{position}/draft",
                json={"client_sequence": sequence, "value": value},
                headers={"X-CSRFToken": self.csrf, "Accept": "application/json"},
            )
        assert answer.status_code == 200, answer.text
        assert (answer.json()["client_sequence"], answer.json()["value"]) == (sequence, value)
        self.ledger.keep(sitting_id, position, sequence, value)

    def confirm(self, sitting_id: UUID, position: int, sequence: int, value: Any) -> None:
        """What the button sends."""
        with self.ledger.request():
            answer = self.insist("POST", f"/sittings/{sitting_id}/responses", data=self.form(position, sequence, value))
        assert answer.status_code == 303, answer.text[-2000:]
        self.ledger.keep(sitting_id, position, sequence, value)

    def form(self, position: int, sequence: int, value: Any) -> dict[str, Any]:
        """The fields of the item's page."""
        fields = {"csrf_token": self.csrf, "position": position, "client_sequence": sequence, "action": "next"}
        if isinstance(value, list):
            ratings = {f"rating-{option}": rating for option, rating in enumerate(value)}
            return {**fields, **ratings, "options": len(value)}
        return {**fields, "answer": value}
