"""The machine's clock passes a year's end, a leap day and changes of daylight saving time, and is set, under load.

Real processes in four time zones; what they show and store is in UTC, whatever the zone. In every scenario somebody
sits right across the event.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from app.assessment.models import Presentation, Response
from app.credentials.models import Credential, ExpiryReminder
from app.credentials.validity import same_date_next_year
from app.transparency.models import LogCheckpoint, LogEntry
from tests.journeys import collaboration
from tests.journeys.collaboration import Collaboration
from tests.journeys.insisting import CSRF, InsistingPerson, Ledger
from tests.journeys.installation import Installation
from tests.journeys.machine_clock import MachineClock
from tests.journeys.processes import PROCESSES, start
from tests.journeys.test_kill_minus_nine import await_jobs, settle

ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
BEFORE = timedelta(seconds=3)  # the event, when the sitting begins
ACROSS = 3  # the position at which the event comes
YEAR = 2028  # a leap year
SIGNED_WITHIN_SECONDS = 90.0  # of a credential's entry in the log; the job runs three times a minute
MOST_RUNS = 100  # of a job of every minute: until a jump is noticed it runs for minutes that never were
KINDS = (60, 30, 7, 1, 0)
LOOK_MINUTE = 23  # of every hour; see worker.PERIODIC
TO_NOTICE = timedelta(seconds=20)  # that its clock was set
AFTERWARDS = timedelta(seconds=15)


class AcrossTheEvent(InsistingPerson):
    """Sits, and something happens to the clock in the middle."""

    happen: Callable[[], None]

    def _answer(self, sitting_id, page):
        if page["position"] == ACROSS:
            self.happen()
            if "state" not in self.stands(sitting_id):  # a day has passed, and with it the time one stays signed in
                self.browser.cookies.clear()
                self.fill_in(self.get(self.world.sign_in_link(self.address)), "/sign-in/confirm", meant="yes")
                self.csrf = CSRF.search(self.get(f"/sittings/{sitting_id}").text).group(1)
        super()._answer(sitting_id, page)


@contextmanager
def world_by(clock: MachineClock, place: Path, zone: str) -> Iterator[Collaboration]:
    """A running installation that goes by this clock, and so does our own way into its database."""
    installation = Installation(place / "data", policy=collaboration.POLICY)
    world = collaboration.prepare(installation)
    world.runtime = replace(world.runtime, clock=clock)
    installation.environment |= clock.environment | {"TZ": zone}
    world.sign_in_link = lambda address: link_made_by(installation, address)  # a token tells the time it was made at
    with installation:
        start(installation, *PROCESSES)
        yield world
    world.dispose()


def link_made_by(installation: Installation, address: str) -> str:
    """The path of a link, from the operator's own command."""
    return urlsplit(installation.cli("person", "link", address).split()[-1])._replace(scheme="", netloc="").geturl()


def changes_of_offset(zone: str) -> list[datetime]:
    """When the clocks of this zone change in the year, to the minute."""
    place, found = ZoneInfo(zone), []
    instant = datetime(YEAR, 1, 2, tzinfo=UTC)
    while instant.year == YEAR:
        later = instant + timedelta(minutes=30)
        if instant.astimezone(place).utcoffset() != later.astimezone(place).utcoffset():
            found.append(later)
        instant = later
    return found


def passings(zone: str) -> list[datetime]:
    """Instants that the clock passes: the year's end, both ends of the leap day, two changes of the offset."""
    midnight = ZoneInfo(zone)
    days = [datetime(YEAR, 1, 1, tzinfo=midnight), datetime(YEAR, 2, 29, tzinfo=midnight)]
    return sorted([*(day.astimezone(UTC) for day in days), *changes_of_offset(zone)[:2]])


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_case_046_people_sit_across_whatever_the_clock_does(zone, tmp_path, record_property):
    clock, ledger, numbers, waits = MachineClock(tmp_path), Ledger(), count(), []
    clock.set_to(passings(zone)[0] - timedelta(hours=1))
    with world_by(clock, tmp_path, zone) as world:

        def sit(happen: Callable[[], None]) -> None:
            person = AcrossTheEvent(world, next(numbers), ledger)
            person.happen = happen
            person.sign_in_with_link()
            person.sit()
            began = time.monotonic()
            await_jobs(world)
            waits.append(time.monotonic() - began)

        for event in passings(zone):
            clock.set_to(event - BEFORE - timedelta(seconds=5))
            sit(lambda event=event: sleep_past(event, clock))
        sit(lambda: clock.jump(timedelta(days=1)))
        sit(lambda: clock.jump(-timedelta(hours=1)))
        require_logged(world)
        settle(world, ledger)
        credentials = require_terms(world)
        backwards = times_that_run_backwards(world)
        ran = how_often(world, "publish_due_norms")
    line = f"{zone}: {len(waits)} sittings, {credentials} credentials, jobs done after at most {max(waits):.1f} s"
    line += f"; {backwards} answers earlier than their question"
    line += f"; the job of every minute ran {ran} times in {len(waits)} scenarios"
    print(line)
    record_property("clock", line)
    assert ran <= MOST_RUNS


def how_often(world: Collaboration, name: str) -> int:
    """How many jobs of this name there were, done or not."""
    with world.runtime.reading() as session:
        return session.execute(text("SELECT count(*) FROM workflow_status WHERE name = :name"), {"name": name}).scalar()


def sleep_past(event: datetime, clock: MachineClock) -> None:
    time.sleep(max(0.0, (event - clock.now()).total_seconds()) + 0.5)


def require_logged(world: Collaboration) -> None:
    """Whatever was issued stands under a signed checkpoint soon, also after the clock was set back."""
    deadline = time.monotonic() + SIGNED_WITHIN_SECONDS
    while True:
        with world.runtime.reading() as session:
            entries = session.scalar(select(func.count()).select_from(LogEntry))
            signed = session.scalar(select(func.max(LogCheckpoint.size))) or 0
        if signed >= entries:
            return
        assert time.monotonic() < deadline, f"{entries} entries, {signed} signed"
        time.sleep(0.5)


def require_terms(world: Collaboration) -> int:
    """I6: the same clock time of the same date next year, in UTC; how many credentials there are."""
    with world.runtime.reading() as session:
        found = list(session.scalars(select(Credential)))
    for row in found:
        assert row.valid_until == same_date_next_year(row.valid_from)
        assert row.valid_until.replace(year=row.valid_from.year, day=row.valid_from.day) == row.valid_from
    return len(found)


def times_that_run_backwards(world: Collaboration) -> int:
    """Answers whose instant lies before their question's: one may, where the clock was set back between the two."""
    query = select(func.count()).where(
        Response.sitting_id == Presentation.sitting_id,
        Response.position == Presentation.position,
        Response.received_at < Presentation.presented_at,
    )
    with world.runtime.reading() as session:
        found = session.scalar(query)
    assert found <= 1
    return found


@pytest.mark.long
def test_case_046_reminders_go_out_once_whatever_is_done_to_the_clock(tmp_path):
    """To each of the five days, then an hour back and past the look again; the worker runs all the while."""
    clock, ledger = MachineClock(tmp_path), Ledger()
    with world_by(clock, tmp_path, "Europe/Paris") as world:
        person = InsistingPerson(world, 0, ledger)
        person.theta = 3.0
        person.sign_in_with_link()
        person.sit()
        await_jobs(world)
        with world.runtime.reading() as session:
            (end,) = session.scalars(select(Credential.valid_until))
        for sent, days in enumerate(KINDS, start=1):
            look = next_look(end - timedelta(days=days))
            clock.set_to(look - TO_NOTICE)
            await_looks(world, clock, look, reminders=sent)
            clock.set_to(look - TO_NOTICE)  # back, by so much as the wait took
            await_looks(world, clock, look, reminders=sent)
            clock.jump(-timedelta(hours=1))
        with world.runtime.reading() as session:
            kinds = Counter(session.scalars(select(ExpiryReminder.days).where(ExpiryReminder.sent_at.is_not(None))))
    assert kinds == dict.fromkeys(KINDS, 1)
    assert len([name for name in world.installation.mails_so_far(person.address) if "reminder" in name]) == len(KINDS)


def next_look(instant: datetime) -> datetime:
    """When the hourly job looks first from then on."""
    look = instant.replace(minute=LOOK_MINUTE, second=0, microsecond=0)
    return look if look >= instant else look + timedelta(hours=1)


def await_looks(world: Collaboration, clock: MachineClock, look: datetime, *, reminders: int) -> None:
    """Until the clock is well past the look; by then so many have gone out, and no more."""
    while clock.now() < look + AFTERWARDS:
        time.sleep(0.2)
    await_jobs(world)
    with world.runtime.reading() as session:
        query = select(func.count()).select_from(ExpiryReminder).where(ExpiryReminder.sent_at.is_not(None))
        assert session.scalar(query) == reminders, look
