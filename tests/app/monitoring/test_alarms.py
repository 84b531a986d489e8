"""An alarm is raised once, mailed once to the norm desk, and stays on its page until a person says what they found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.foundation.access import Actor, Forbidden, operator
from app.foundation.audit import AuditEntry
from app.monitoring import queries
from app.monitoring.close_alarm import close_alarm
from app.monitoring.errors import AlarmClosed, AlarmNotFound, AlarmReasonMissing
from app.monitoring.look_at_norm import look_at_norm
from app.monitoring.models import NormAlarm, NormWatch
from app.monitoring.raise_alarms import raise_alarms
from app.monitoring.send_alarm_mail import send_alarm_mail
from app.norming import queries as norming
from app.norming.kinds_together import LARGEST_ERROR
from app.norming.models import CalibrationRun, NormVersion
from app.worker import JOBS, PERIODIC
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.app.monitoring.seen import a_look, a_row
from tests.app.norming.builders import APPROVER_ID, EDITOR_ID
from tests.browser.normed_bank import adopt_a_norm
from tests.journeys.pages import form_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
LEAKED = a_look(a_row("col-j01", leak=True, height=7.5, shift=0.4), a_row("col-j02"))


@pytest.fixture
def norm_id(norms, runtime):
    with runtime.reading() as session:
        return session.scalars(select(NormVersion.id).where(NormVersion.state == "published")).one()


def look(runtime, norm_id, seen=LEAKED):
    with runtime.transaction() as session:
        return raise_alarms(
            norm_id, seen, session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs
        )


def close(runtime, alarm_id, reason, actor=None):
    with runtime.transaction() as session:
        close_alarm(alarm_id, reason, session=session, clock=runtime.clock, actor=actor or editor())


def invited(runtime, email, role):
    with runtime.transaction() as session:
        person_id = invite_person(email, session=session, clock=runtime.clock, entropy=runtime.entropy)
        grant_role(person_id, role, session=session, clock=runtime.clock, actor=operator())
    return person_id


def editor():
    return Actor(EDITOR_ID, "editor", frozenset({"norm_editor"}))


def count(runtime):
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(NormAlarm))


def test_a_cause_is_raised_once_and_mailed_once_to_each_of_the_norm_desk(runtime, norm_id):
    other = invited(runtime, "items@example.org", "item_editor")
    runtime.jobs.enqueued.clear()
    (alarm_id,) = look(runtime, norm_id)
    for _ in range(3):
        runtime.clock.advance(timedelta(days=1))
        assert look(runtime, norm_id) == ()
    mails = [arguments for name, arguments in runtime.jobs.enqueued.values() if name == "send_alarm_mail"]
    assert {mail["person_id"] for mail in mails} == {str(EDITOR_ID), str(APPROVER_ID)}
    assert all(mail["alarm_ids"] == [str(alarm_id)] for mail in mails)
    assert len(mails) == 2
    assert str(other) not in {mail["person_id"] for mail in mails}
    assert count(runtime) == 1


def test_an_open_alarm_is_not_repeated_and_a_closed_one_comes_back_with_the_next_month(runtime, norm_id):
    (alarm_id,) = look(runtime, norm_id)
    runtime.clock.advance(timedelta(days=35))
    assert look(runtime, norm_id) == ()
    close(runtime, alarm_id, "Looked at every answer: no sign of a leak.")
    assert len(look(runtime, norm_id)) == 1
    assert look(runtime, norm_id) == ()


def test_what_was_closed_stays_closed_within_its_month(runtime, norm_id):
    (alarm_id,) = look(runtime, norm_id)
    close(runtime, alarm_id, "Suspended on the item desk.")
    assert look(runtime, norm_id) == ()


def test_an_alarm_is_closed_once_with_a_reason_by_the_norm_desk_alone(runtime, norm_id):
    (alarm_id,) = look(runtime, norm_id)
    with pytest.raises(AlarmReasonMissing):
        close(runtime, alarm_id, "  ")
    with pytest.raises(Forbidden):
        close(runtime, alarm_id, "A reason.", Actor(EDITOR_ID, "editor", frozenset({"item_editor"})))
    with pytest.raises(AlarmNotFound):
        close(runtime, norm_id, "A reason.")
    close(runtime, alarm_id, " Two options say the same. ")
    with pytest.raises(AlarmClosed):
        close(runtime, alarm_id, "Again.")
    with runtime.reading() as session:
        (closed,) = queries.closed_alarms(session=session)
        assert queries.open_alarms(session=session) == ()
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.kind == "norm.alarm_closed"))
    assert closed.reason == "Two options say the same."
    assert (entry.subject, entry.actor_id, entry.detail) == (str(norm_id), EDITOR_ID, {"alarm": str(alarm_id)})


def test_the_mail_names_norm_item_and_page(runtime, norm_id):
    (alarm_id,) = look(runtime, norm_id)
    for _ in range(2):
        with runtime.reading() as session:
            send_alarm_mail(EDITOR_ID, [alarm_id], base_url="http://localhost", session=session, mailer=runtime.mailer)
    (mail,) = (runtime.settings.data / "mail").glob("*.eml")
    text = mail.read_text()
    assert "New alarms at the norm desk: 1" in text
    assert "col-j01 answered better than it was" in text
    assert "http://localhost/desk/alarms" in text


def test_the_page_shows_an_alarm_until_it_is_closed_with_a_reason(runtime, norm_id, browser_of):
    browser = browser_of(EDITOR_ID)
    assert "Not looked at yet" in browser.get("/desk/alarms").text
    look(runtime, norm_id)
    page = browser.get("/desk/alarms").text
    for shown in ("Leaked item?: col-j01", "+0.40 standard deviations", "2026-W46", "30.0\N{NO-BREAK SPACE}%", "7.5"):
        assert shown in page
    form = form_to(page, "/close")
    refused = browser.post(form.action, data={**form.fields, "reason": " "})
    assert refused.status_code == 422
    after = browser.post(form.action, data={**form.fields, "reason": "No leak found."}, follow_redirects=True).text
    assert "No alarm is open." in after
    assert "No leak found." in after


def test_a_look_reads_real_sittings_and_the_nightly_job_keeps_it(runtime):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    norm_id = adopt_a_norm(place)
    for seed in range(2):
        take(place, a_person(place), SimulatedPerson(place, 0.5 * seed, 0.5 * seed, seed).answer)
    with runtime.reading() as session:
        seen = look_at_norm(norm_id, session=session, at=runtime.clock.now())
    shown = [one.item_code for sitting in place.sittings() for one in place.shown(sitting.id)]
    assert seen["sittings"] == 2
    assert sum(row["shown"] for row in seen["items"]) == len(shown)
    assert {row["code"] for row in seen["items"]} == set(shown)
    assert seen["share"]["together"]["sittings"] == 2
    assert sum(row["uses"] for row in seen["items"]) == len(shown)
    assert {row["months"] for row in seen["items"]} == {0}
    assert seen["items"][0]["exposure"] == 1.0
    JOBS["watch_norms"](runtime)
    with runtime.reading() as session:
        assert session.get_one(NormWatch, norm_id).seen == seen
    assert "watch_norms" in {job.name for job in PERIODIC}


def test_the_error_of_the_kinds_correlation_is_that_of_the_run_that_told_it_or_large(runtime):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    norm_id = adopt_a_norm(place)

    def error(correlation):
        with runtime.reading() as session:
            norm = norming.norm(norm_id, session=session)
            read_by = replace(norm, composite=dict(norm.composite) | {"correlation": correlation})
            return norming.kinds_correlation_error(read_by, session=session)

    assert error(0.44) == LARGEST_ERROR
    with runtime.transaction() as session:
        stored = {"correlation": 0.44, "standard_error": 0.03, "n": 900, "converged": True}
        session.execute(update(CalibrationRun).values(kinds_correlation=stored))
    assert error(0.44) == 0.03
    assert error(0.5) == error(None) == LARGEST_ERROR  # the policy gave it


def test_an_annulled_sitting_counts_for_nothing(runtime):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    norm_id = adopt_a_norm(place)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, 0.0, 0.0, 1).answer)
    place.do(lambda session: session.get_one(type(place.sitting(sitting_id)), sitting_id).annul())
    with runtime.reading() as session:
        assert look_at_norm(norm_id, session=session, at=runtime.clock.now())["sittings"] == 0
