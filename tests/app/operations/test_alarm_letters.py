"""`decile doctor --alarm` writes by real mail when something begins to fail, and no more often than helps."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from click.testing import CliRunner

from app import composition
from app.cli import main
from app.foundation.mail import MailUnavailable
from app.foundation.settings import read_settings
from app.operations.alarm_letters import NOTEBOOK, write_if_changed
from app.operations.checks import Check, State
from tests.app.operations.test_doctor import INSTRUMENTS, beat, examine
from tests.fakes import FrozenClock
from tests.journeys.mail_server import MailServer, Manner

OPERATOR = "operator@example.org"
EVERY = timedelta(minutes=2)  # deploy/systemd/decile-health.timer
WELL = Check("worker", State.OK, "heard of 3 s ago")
DEAD = Check("worker", State.FAIL, "last heard of 70 s ago", "Start `decile worker`.")
FULL = Check("disk", State.FAIL, "3 MiB free", "Make room.")


@pytest.fixture
def post():
    with MailServer() as server:
        yield server


@pytest.fixture
def look(post, tmp_path):
    """One look of the doctor at an instant; what it wrote."""
    environment = {"DECILE_DATA": str(tmp_path), "DECILE_MAIL_URL": f"smtp://127.0.0.1:{post.port}"}
    settings, clock = read_settings(environment), FrozenClock()

    def look(*found: Check, after: timedelta = EVERY) -> str:
        clock.advance(after)
        mailer = composition.mailer_for(settings, clock)
        where = {"base_url": settings.base_url, "notebook": tmp_path / NOTEBOOK}
        return write_if_changed(found, OPERATOR, mailer=mailer, clock=clock, **where)

    return look


def test_a_letter_comes_at_the_beginning_once_a_day_and_at_the_end(look, post) -> None:
    told = [look(WELL), look(DEAD), *(look(DEAD) for _ in range(719)), look(DEAD), look(WELL), look(WELL)]

    letters = [(number, subject.partition(": ")[2]) for number, subject in enumerate(told) if subject]
    assert letters == [(1, "worker failing"), (721, "worker failing"), (722, "all is well again")]
    assert [to for to, _ in post.taken] == [OPERATOR] * 3
    assert len(post.times_taken()) == 3  # each a message of its own: no mail program takes one for another


def test_what_fails_besides_is_told_at_once_and_what_comes_and_goes_is_not_told_again(look) -> None:
    told = [look(*found) for found in ((DEAD,), (DEAD, FULL), (FULL,), (DEAD, FULL), ())]
    assert [subject.partition(": ")[2] for subject in told] == [
        "worker failing",
        "worker, disk failing",
        "",
        "",
        "all is well again",
    ]


def test_a_letter_that_no_server_took_is_written_at_the_next_look(look, post) -> None:
    post.behave(Manner.AWAY)
    with pytest.raises(MailUnavailable):
        look(DEAD)
    post.behave(Manner.GOOD)
    assert look(DEAD)
    assert len(post.taken) == 1


def test_a_notebook_that_is_spoilt_is_one_letter_too_many_and_no_fault(look, tmp_path) -> None:
    assert look(DEAD)
    for spoilt in (
        "",
        "[]",
        '{"failing": 3}',
        '{"failing": [], "at": "yesterday"}',
        '{"failing": [], "at": "2026-01-01"}',
    ):
        (tmp_path / NOTEBOOK).write_text(spoilt, encoding="utf-8")
        assert look(DEAD)
        assert not look(DEAD)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_case_084_a_worker_that_died_is_told_by_letter_within_five_minutes(installation, post, tmp_path) -> None:
    environment = {
        "DECILE_DATA": str(installation.settings.data),
        "DECILE_MAIL_URL": f"smtp://127.0.0.1:{post.port}",
    }
    settings, clock = read_settings(environment), FrozenClock(installation.clock.now())
    beat(installation, timedelta(0))
    installation.database.dispose()
    told = {}
    for _ in range(5):
        found = [one for one in examine(environment, clock=clock, instruments=INSTRUMENTS) if one.name == "worker"]
        told[clock.now()] = write_if_changed(
            found,
            OPERATOR,
            base_url=settings.base_url,
            notebook=tmp_path / NOTEBOOK,
            mailer=composition.mailer_for(settings, clock),
            clock=clock,
        )
        clock.advance(EVERY)

    written = [at - installation.clock.now() for at, subject in told.items() if subject]
    assert len(written) == 1
    assert written[0] <= timedelta(minutes=5)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_the_command_writes_and_still_exits_with_one(installation, post) -> None:
    shutil.rmtree(installation.settings.key_directory)
    installation.database.dispose()
    environment = {
        "DECILE_DATA": str(installation.settings.data),
        "DECILE_MAIL_URL": f"smtp://127.0.0.1:{post.port}",
    }
    done = CliRunner().invoke(main, ["doctor", "--alarm", OPERATOR], env=environment)
    assert done.exit_code == 1, done.output
    assert f"Wrote to {OPERATOR}: Decile at http://localhost:8000: " in done.output
    assert len(post.taken) == 1

    refused = CliRunner().invoke(main, ["doctor", "--alarm", OPERATOR, "--only", "worker"], env=environment)
    assert refused.exit_code == 2
    assert "leave --only out" in refused.output


def test_an_address_that_could_be_no_head_of_a_letter_is_wrong_usage() -> None:
    for address in ("a@b.example\nBcc: c@d.example", "operator"):
        refused = CliRunner().invoke(main, ["doctor", "--alarm", address], env={"DECILE_DATA": "nowhere"})
        assert refused.exit_code == 2, refused.output
        assert "--alarm" in refused.output
        assert "must be one line with an address" in refused.output
