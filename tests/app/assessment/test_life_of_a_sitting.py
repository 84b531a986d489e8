"""A sitting's life against a model of it: every event in every state, and no step on which the two disagree.

The model knows nothing of tables: a few fields say what must be kept, what must be refused and with which error. After
each step the database is read and compared. Events that were tried least in the present state come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import bindparam, select

from app.accounts.record_consent import record_consent
from app.accounts.withdraw_consent import withdraw_consent
from app.assessment import models as assessment
from app.assessment.close_expired_sittings import close_expired_sittings
from app.assessment.complete_sitting import complete_sitting
from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.end_withdrawn_sittings import end_withdrawn_sittings
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import Presentation, Response
from app.assessment.pages import DonePage, current_page
from app.assessment.present_next_item import present_next_item
from app.assessment.report_item import report_item
from app.assessment.void_sitting import void_sitting
from app.foundation.access import Actor, operator
from app.foundation.db import table_of
from app.foundation.errors import DecileError
from app.item_bank.release_trial_bank import TrialItem
from tests.app.assessment.builders import Place, a_person, a_policy, a_trial_skill

RUNS, RUNS_OF_A_CAMPAIGN, STEPS = 8, 20_000, 50
FORM, ENOUGH, MOST_REPORTS, RESUME = 4, 3, 2, timedelta(days=7)
GRACE = timedelta(minutes=10)
POLICY = {
    "founding_statements": FORM,
    "founding_scenarios": 0,
    "fewest_units_for_result": ENOUGH,
    "most_reports": MOST_REPORTS,
    "most_statement_overlap": 1.0,
    "first_wait_days": 0,
    "later_wait_days": 0,
    "most_sittings": 1_000_000,
}
SITTING, SHOWN, KEPT = (table_of(model).c for model in (assessment.Sitting, Presentation, Response))
STANDS = (  # what the database holds of a sitting, looked at after every step
    select(SITTING.state).where(SITTING.id == bindparam("of")),
    select(SHOWN.position).where(SHOWN.sitting_id == bindparam("of")).order_by(SHOWN.position),
    select(KEPT.position, KEPT.client_sequence, KEPT.value).where(KEPT.sitting_id == bindparam("of")),
)
OPEN_STATES = ("fresh", "empty", "drafted", "expired")
STATES = ("none", *OPEN_STATES, "completed", "abandoned", "void")


@dataclass
class Row:
    kept: tuple[int, Any] | None = None
    is_reported: bool = False

    @property
    def counts(self) -> bool:
        return not self.is_reported and self.kept is not None and self.kept[1] is not None


@dataclass
class Sitting:
    id: UUID
    until: datetime
    state: str = "open"
    rows: list[Row] = field(default_factory=lambda: [Row()])

    @property
    def current(self) -> Row:
        return self.rows[-1]

    def close(self) -> None:
        self.state = "completed" if sum(row.counts for row in self.rows) >= ENOUGH else "abandoned"

    def go_on(self) -> None:
        """The next item of the form, or the end."""
        if len(self.rows) == FORM:
            self.close()
        else:
            self.rows.append(Row())


class Life:
    """One person, the model beside the place. Each event returns the error it expects, or None, and its act."""

    def __init__(self, place: Place, rng: np.random.Generator) -> None:
        self.place, self.rng = place, rng
        self.person, self.stranger = a_person(place), a_person(place)
        self.sitting: Sitting | None = None
        self.has_consent, self.withdrawn_at = True, place.clock.now()

    @property
    def state(self) -> str:
        if self.sitting is None or self.sitting.state != "open":
            return "none" if self.sitting is None else self.sitting.state
        if self.place.clock.now() > self.sitting.until:
            return "expired"
        kept = self.sitting.current.kept
        return "fresh" if kept is None else "drafted" if kept[1] is not None else "empty"

    def step(self, event: str) -> None:
        expected, act = getattr(self, f"on_{event}")()
        try:
            act()
        except DecileError as refusal:
            found: str | None = type(refusal).__name__
        else:
            found = None
        assert found == expected, f"{event} in {self.state}: {found}, expected {expected}"
        self.compare(event)

    def compare(self, event: str) -> None:
        if self.sitting is None:
            return
        with self.place.database.looking() as connection:
            state, shown, kept = (connection.execute(query, {"of": self.sitting.id}).all() for query in STANDS)
        wanted = {number: row.kept for number, row in enumerate(self.sitting.rows, start=1) if row.kept is not None}
        assert state == [(self.sitting.state,)], event
        assert [position for (position,) in shown] == list(range(1, len(self.sitting.rows) + 1)), event
        assert {position: (sequence, value) for position, sequence, value in kept} == wanted, event

    def _do(self, use_case: Callable[..., Any], *arguments: Any, **options: Any) -> Callable[[], Any]:
        return lambda: self.place.do(lambda session: use_case(*arguments, session=session, **options))

    @property
    def _tools(self) -> dict[str, Any]:
        return {"clock": self.place.clock, "jobs": self.place.jobs}

    @property
    def _id(self) -> UUID:
        return self.sitting.id if self.sitting else UUID(int=1)

    def on_start(self) -> tuple[str | None, Callable[[], Any]]:
        if not self.has_consent:
            return "ConsentNeeded", lambda: self.place.start(self.person, skill="trial")
        is_resumed = self.state in OPEN_STATES and self.state != "expired"

        def act() -> None:
            started = self.place.start(self.person, skill="trial")
            assert started.is_new != is_resumed
            if is_resumed:
                assert started.sitting_id == self._id
                return
            if self.sitting is not None and self.sitting.state == "open":
                self.sitting.close()
                self.compare("expiry at a start")
            self.sitting = Sitting(started.sitting_id, self.place.clock.now() + RESUME)

        return None, act

    def _respond(
        self, position: int, sequence: int, value: Any, *, confirm: bool, person: UUID | None = None
    ) -> Callable[[], Any]:
        who = person or self.person
        return lambda: self.place.respond(who, self._id, position, value, sequence=sequence, confirm=confirm)

    def _write(self, value: Any, *, confirm: bool) -> tuple[str | None, Callable[[], Any]]:
        """A newer value for the current position."""
        if self.sitting is None:
            return "SittingNotFound", self._respond(1, 1, value, confirm=confirm)
        if not self.sitting.rows:
            return "ResponseInvalid", self._respond(1, 1, value, confirm=confirm)
        row = self.sitting.current
        sequence = (row.kept[0] if row.kept else 0) + int(self.rng.integers(1, 4))
        act = self._respond(len(self.sitting.rows), sequence, value, confirm=confirm)
        refusal = self._refusal()
        if refusal is None:
            row.kept = (sequence, value)
            if confirm and value is not None:
                self.sitting.go_on()
        return refusal, act

    def _refusal(self) -> str | None:
        """Why nothing may be added now."""
        if self.state not in OPEN_STATES:
            return "SittingClosed"
        if self.state == "expired":
            return "SittingExpired"
        return None if self.has_consent else "ConsentNeeded"

    def _value(self) -> int:
        return int(self.rng.integers(5))

    def on_confirm(self):
        return self._write(self._value(), confirm=True)

    def on_confirm_nothing(self):
        return self._write(None, confirm=True)

    def on_draft(self):
        return self._write(self._value(), confirm=False)

    def on_older(self):
        """From a window that did not follow: an older number for the current position."""
        if self.sitting is None or not self.sitting.rows or not self.sitting.current.kept:
            return self._write(self._value(), confirm=False)
        sequence, value = self.sitting.current.kept
        if sequence == 1:
            return self._write(self._value(), confirm=False)
        other = 1 if value != 1 else 2
        return self._refusal(), self._respond(len(self.sitting.rows), sequence - 1, other, confirm=True)

    def on_repeat(self):
        """The very write that closed the former position, again."""
        if self.sitting is None or len(self.sitting.rows) < 2:
            return self._write(self._value(), confirm=False)
        row, position = self.sitting.rows[-2], len(self.sitting.rows) - 1
        if row.kept is None:
            refusal = "PositionClosed" if self.sitting.state == "open" else "SittingClosed"
            return refusal, self._respond(position, 1, 1, confirm=True)
        return None, self._respond(position, *row.kept, confirm=True)

    def on_late(self):
        """Another value for a closed position."""
        if self.sitting is None or len(self.sitting.rows) < 2:
            return self._write(self._value(), confirm=True)
        row, position = self.sitting.rows[-2], len(self.sitting.rows) - 1
        refusal = "PositionClosed" if self.sitting.state == "open" else "SittingClosed"
        return refusal, self._respond(position, (row.kept[0] if row.kept else 0) + 9, self._value(), confirm=True)

    def on_beyond(self):
        position = len(self.sitting.rows) + 1 if self.sitting else 1
        refusal = "ResponseInvalid" if self.sitting else "SittingNotFound"
        return refusal, self._respond(position, 1, self._value(), confirm=True)

    def on_stranger(self):
        return "SittingNotFound", self._respond(1, 99, self._value(), confirm=True, person=self.stranger)

    def on_report(self):
        given = {**self._tools, "entropy": self.place.entropy, "person_id": self.person}
        position = len(self.sitting.rows) if self.sitting else 1
        act = self._do(report_item, self._id, max(1, position), "unclear", "", **given)
        if self.sitting is None:
            return "SittingNotFound", act
        if self.sitting.rows and self.sitting.current.is_reported:
            return None, act
        refusal = self._refusal()
        if refusal is None and sum(row.is_reported for row in self.sitting.rows) >= MOST_REPORTS:
            refusal = "TooManyReports"
        if refusal is None:
            self.sitting.current.is_reported = True
            self.sitting.go_on()
        return refusal, act

    def on_adjust(self):
        act = self._do(declare_adjustments, self._id, {"screen-reader"}, person_id=self.person, clock=self.place.clock)
        if self.sitting is None:
            return "SittingNotFound", act
        return (None if self.sitting.state == "open" else "SittingClosed"), act

    def on_leave(self):
        act = self._do(leave_sitting, self._id, person_id=self.person, **self._tools)
        if self.sitting is None:
            return "SittingNotFound", act
        if self.sitting.state == "open":
            self.sitting.close()
        return None, act

    def on_void(self):
        act = self._do(void_sitting, self._id, cause="a test", clock=self.place.clock, actor=operator())
        if self.sitting is None:
            return "SittingNotFound", act
        if self.sitting.state not in ("open", "void"):
            return "SittingClosed", act
        self.sitting.state = "void"
        return None, act

    def on_complete(self):
        act = self._do(complete_sitting, self._id, **self._tools)
        if self.sitting is None:
            return "SittingNotFound", act
        if self.sitting.state != "open":
            return None, act
        if self.sitting.current.counts and len(self.sitting.rows) == FORM:
            self.sitting.close()
            return None, act
        return "NotYetComplete", act

    def on_present_again(self):
        after = len(self.sitting.rows) - 1 if self.sitting and self.sitting.rows else 0
        act = self._do(present_next_item, self._id, after=after, clock=self.place.clock)
        if self.sitting is None:
            return "SittingNotFound", act
        return (None if self.sitting.state == "open" else "SittingClosed"), act

    def on_look(self):
        place, sitting, state = self.place, self.sitting, self.state

        def act() -> None:
            page = current_page(self._id, self.person, database=place.database, clock=place.clock, jobs=place.jobs)
            assert sitting is not None
            if isinstance(page, DonePage):
                assert sitting.state != "open"
            else:
                assert page.position == len(sitting.rows)
                assert page.value == (sitting.current.kept or (0, None))[1]

        return {"none": "SittingNotFound", "expired": "SittingExpired"}.get(state), act

    def on_sweep(self):
        act = self._do(close_expired_sittings, **self._tools)
        if self.state == "expired" and self.sitting is not None:
            self.sitting.close()
        return None, act

    def on_a_day_passes(self):
        return None, lambda: self.place.clock.advance(timedelta(days=1))

    def on_a_week_passes(self):
        return None, lambda: self.place.clock.advance(RESUME + GRACE + timedelta(seconds=1))

    def on_withdraw(self):
        actor = Actor(self.person, "person")
        act = self._do(withdraw_consent, self.person, "assessment", actor=actor, **self._tools)
        if self.has_consent:
            self.has_consent, self.withdrawn_at = False, self.place.clock.now()
        return None, act

    def on_consent(self):
        given = {"clock": self.place.clock, "entropy": self.place.entropy, "actor": Actor(self.person, "person")}
        self.has_consent = True
        return None, self._do(record_consent, self.person, "assessment", 1, **given)

    def on_erase_withdrawn(self):
        """The job of the newest withdrawal; one that comes late leaves later sittings alone."""
        act = self._do(end_withdrawn_sittings, self.person, withdrawn_at=self.withdrawn_at)
        if not self.has_consent and self.sitting is not None and self.sitting.state == "open":
            self.sitting.state, self.sitting.rows = "abandoned", []
        elif self.has_consent:
            return None, lambda: None
        return None, act


FORWARD, TOWARDS_AN_END = ("confirm", "confirm", "start", "consent"), 0.6  # or few would ever be completed
EVENTS = tuple(name.removeprefix("on_") for name in vars(Life) if name.startswith("on_"))


def walk(place: Place, runs: int, seed: int) -> Counter[tuple[str, str]]:
    """How often each event was tried in each state."""
    a_policy(place, **POLICY)
    a_trial_skill(place, [TrialItem(f"t{number}", {"en": f"Text {number}"}, 5) for number in range(6)])
    rng, tried = np.random.default_rng(seed), Counter[tuple[str, str]]()
    for _ in range(runs):
        life = Life(place, rng)
        for _ in range(STEPS):
            state = life.state
            fewest = min(tried[state, event] for event in EVENTS)
            due = [event for event in EVENTS if tried[state, event] <= fewest]
            event = str(rng.choice(FORWARD if rng.random() < TOWARDS_AN_END else due))
            tried[state, event] += 1
            life.step(event)
    return tried


on_sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@on_sqlite_alone
def test_a_sitting_never_differs_from_its_model_whatever_happens_in_whatever_state(place: Place) -> None:
    tried = walk(place, RUNS, seed=1)
    assert tried.total() == RUNS * STEPS
    assert {state for state, _ in tried} == set(STATES)


@pytest.mark.long
@on_sqlite_alone
def test_every_event_in_every_state_and_no_divergence_in_a_million_steps(place: Place, tmp_path: Path) -> None:
    tried = walk(place, RUNS_OF_A_CAMPAIGN, seed=2)
    assert set(tried) == {(state, event) for state in STATES for event in EVENTS}
