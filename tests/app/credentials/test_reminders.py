"""Reminders of an expiry: each once, whatever happens to clocks, schedulers and workers; none after a plain no."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import policy as mail_policy
from email.parser import BytesParser
from uuid import UUID

import pytest
from sqlalchemy import select

from app import worker
from app.credentials import queries
from app.credentials.models import Credential, ExpiryReminder
from app.credentials.standing import State, standing
from app.credentials.stop_reminders import holder_of_link
from app.foundation import written
from app.foundation.errors import DecileError
from app.foundation.runtime import Runtime
from tests.app.credentials.awards import an_award
from tests.app.credentials.worker_house import issue, stored
from tests.fakes import FrozenClock
from tests.journeys.at_a_standstill import run_jobs

KINDS = (60, 30, 7, 1, 0)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def look(house: Runtime) -> None:
    """What the hourly schedule does, and the jobs that follow."""
    worker.JOBS["remind_of_expiry"](house)
    run_jobs(house)


def mails(house: Runtime):
    found = sorted((house.settings.data / "mail").glob("reminder-*.eml"))
    return [BytesParser(policy=mail_policy.default).parsebytes(file.read_bytes()) for file in found]


def sent(house: Runtime) -> Counter[int]:
    with house.reading() as session:
        return Counter(session.scalars(select(ExpiryReminder.days).where(ExpiryReminder.sent_at.is_not(None))))


def set_end(house: Runtime, code: str, instant: datetime) -> None:
    with house.transaction() as session:
        stored(session, code).valid_until = instant


def test_over_a_year_of_hours_each_of_the_five_goes_out_once(house: Runtime, clock: FrozenClock) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        end = stored(session, code).valid_until
    clock.instant = end - timedelta(days=62)
    while clock.now() < end + timedelta(days=3):
        look(house)
        look(house)  # a second scheduler
        clock.advance(timedelta(hours=23))
    assert sent(house) == dict.fromkeys(KINDS, 1)
    assert len(mails(house)) == len(KINDS)


def test_case_046_a_clock_that_jumps_sends_nothing_twice(house: Runtime, clock: FrozenClock) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        end = stored(session, code).valid_until
    for days in (31, 29, 31, 61, 29, 45, 6.9, 29, 6.9):
        clock.instant = end - timedelta(days=days)
        look(house)
    assert sent(house) == {60: 1, 30: 1, 7: 1}


def the_plug_is_pulled(credential_id: UUID, days: int) -> None:
    raise SystemExit


def test_a_crash_after_the_mail_repeats_the_same_message_and_no_other(
    house: Runtime, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = issue(house)
    set_end(house, code, clock.now() + timedelta(days=1))
    worker.JOBS["remind_of_expiry"](house)
    (key,) = [key for key in house.jobs.enqueued if key.startswith("reminder:")]
    name, arguments = house.jobs.enqueued[key]
    with monkeypatch.context() as patch:
        patch.setattr(worker, "note_sent", the_plug_is_pulled)
        with pytest.raises(SystemExit):
            worker.JOBS[name](house, **arguments)
    (first,) = mails(house)
    worker.JOBS[name](house, **arguments)
    worker.JOBS[name](house, **arguments)
    (again,) = mails(house)
    assert first["Message-ID"] == again["Message-ID"]
    assert sent(house) == {1: 1}


@pytest.mark.parametrize(("language", "word"), [("en", "expires on"), ("fr", "expire le")])
def test_the_mail_names_the_day_and_the_way_to_a_new_one(
    house: Runtime, clock: FrozenClock, language: str, word: str
) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        row = stored(session, code)
        row.valid_until = datetime(2026, 11, 30, 12, tzinfo=UTC)
        session.execute(Credential.metadata.tables["person"].update().values(language=language))
    look(house)
    (mail,) = mails(house)
    text = mail.get_content()
    assert word in mail["Subject"]
    assert written.day("2026-11-30", language) in mail["Subject"]
    assert "http://localhost/skills/collaboration/start" in text
    assert f"http://localhost/credentials/{code}" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip("<>") in text


def stop_link(house: Runtime) -> str:
    return re.sub(r"^<http://localhost|>$", "", mails(house)[0]["List-Unsubscribe"])


def test_one_click_without_cookie_or_token_stops_all_others(house: Runtime, clock: FrozenClock, client) -> None:
    (code,) = issue(house)
    set_end(house, code, clock.now() + timedelta(days=30))
    look(house)
    link = stop_link(house)
    assert client.get(link).status_code == 200  # a scanner's look stops nothing
    clock.advance(timedelta(days=23))
    look(house)
    assert sent(house) == {30: 1, 7: 1}
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, client.post(link).status_code) == (200, 200)
    clock.advance(timedelta(days=6))
    look(house)
    assert sent(house) == {30: 1, 7: 1}
    client.post(link, data={"again": "1"})
    look(house)
    assert sent(house) == {30: 1, 7: 1, 1: 1}


def test_a_torn_link_stops_nothing(house: Runtime, client) -> None:
    assert client.post("/reminders/torn", data={"List-Unsubscribe": "One-Click"}).status_code == 422


def test_nobody_is_reminded_of_what_was_revoked_or_renewed(house: Runtime, clock: FrozenClock) -> None:
    revoked, renewed = issue(house, 2)
    for code in (revoked, renewed):
        set_end(house, code, clock.now() + timedelta(days=7))
    with house.transaction() as session:
        stored(session, revoked).revoked_at = clock.now()
    renew(house, renewed)
    look(house)
    assert sent(house) == {}


def renew(house: Runtime, code: str) -> str:
    """Code of the credential that the same holder earned next."""
    with house.transaction() as session:
        award_id = an_award(session)
        table = Credential.metadata.tables["award"]
        holder = stored(session, code).person_id
        session.execute(table.update().where(table.c.id == award_id).values(person_id=holder))
    house.jobs.enqueued.clear()
    worker.JOBS["reserve_credential"](house, award_id=str(award_id))
    run_jobs(house)
    with house.transaction() as session:
        row = session.scalars(select(Credential).where(Credential.award_id == award_id)).one()
        row.visibility = "unlisted"
        return row.code


def test_edge_043_a_renewal_is_a_credential_of_its_own_linked_to_the_former(
    house: Runtime, clock: FrozenClock, client
) -> None:
    (old,) = issue(house)
    clock.advance(timedelta(days=310))
    new = renew(house, old)
    with house.reading() as session:
        first, second = stored(session, old), stored(session, new)
        assert second.renews_id == first.id
        assert second.valid_until == second.valid_from.replace(year=second.valid_from.year + 1)
        assert first.valid_until < second.valid_until
    html = {"Accept": "text/html"}
    page = client.get(f"/c/{old}", headers=html).get_data(as_text=True)
    assert f"/c/{new}" in page
    assert "A newer certificate" in page
    assert "it now" not in page  # no invitation to renew what is renewed
    assert "VALID until" in page
    said = client.post("/verify", json={"code": old}, headers={"Accept": "application/json"}).get_json()
    assert (said["verdict"], said["reasons"], said["superseded_by"]) == (
        "valid",
        ["superseded"],
        f"http://localhost/c/{new}",
    )
    program = client.get(f"/api/v1/verify/{old}").get_json()
    assert (program["reasons"], program["superseded_by"]) == (["superseded"], f"http://localhost/c/{new}")
    with house.transaction() as session:
        stored(session, new).visibility = "private"
    assert new not in client.get(f"/c/{old}", headers=html).get_data(as_text=True)
    with house.transaction() as session:
        stored(session, new).revoked_at = clock.now()
    said = client.post("/verify", json={"code": old}, headers={"Accept": "application/json"}).get_json()
    assert said["reasons"] == ["ends-soon"]


def test_what_is_renewed_is_not_offered_for_renewal_on_its_holders_pages(house: Runtime, clock: FrozenClock) -> None:
    (old,) = issue(house)
    clock.advance(timedelta(days=310))
    assert own_standing(house, old) == (State.ENDS_SOON, True)
    new = renew(house, old)
    assert own_standing(house, old) == (State.ENDS_SOON, False)
    with house.transaction() as session:
        stored(session, new).revoked_at = clock.now()
    assert own_standing(house, old) == (State.ENDS_SOON, True)
    clock.advance(timedelta(days=60))
    assert own_standing(house, old) == (State.EXPIRED, True)


def own_standing(house: Runtime, code: str) -> tuple[State, bool]:
    with house.reading() as session:
        held = queries.credential_of_code(code, session=session)
        assert held is not None
        found = standing(held, "en", session=session, at=house.clock.now())
    return found.state, found.may_renew


def test_edge_044_a_renewal_that_fails_leaves_the_former_page_as_it_is_to_its_own_end(
    house: Runtime, clock: FrozenClock, client
) -> None:
    (old,) = issue(house)
    clock.advance(timedelta(days=310))
    html = {"Accept": "text/html"}
    before = client.get(f"/c/{old}", headers=html).get_data(as_text=True)
    with house.transaction() as session:  # earned, and withdrawn before it was prepared
        holder = stored(session, old).person_id
        withdrawn, stuck = (an_award(session, withdrawn_at=at) for at in (clock.now(), None))
        table = Credential.metadata.tables["award"]
        session.execute(table.update().where(table.c.id.in_([withdrawn, stuck])).values(person_id=holder))
    with pytest.raises(DecileError, match="was withdrawn"):
        worker.JOBS["reserve_credential"](house, award_id=str(withdrawn))
    assert client.get(f"/c/{old}", headers=html).get_data(as_text=True) == before
    worker.JOBS["reserve_credential"](house, award_id=str(stuck))  # prepared, and never signed
    with house.transaction() as session:
        row = session.scalars(select(Credential).where(Credential.award_id == stuck)).one()
        row.visibility, new = "unlisted", row.code
        assert (row.renews_id, row.issued_at) == (stored(session, old).id, None)
        assert queries.successor(row.renews_id, session=session) is None
    page = client.get(f"/c/{old}", headers=html).get_data(as_text=True)
    assert page == before
    assert new not in page
    assert client.get(f"/c/{new}", headers=html).status_code == 404
    said = client.post("/verify", json={"code": old}, headers={"Accept": "application/json"}).get_json()
    assert (said["verdict"], said["superseded_by"]) == ("valid", None)
    house.jobs.enqueued.clear()
    look(house)
    assert sum(sent(house).values()) == 1  # and its holder is reminded, for nothing has renewed it
    with house.reading() as session:
        clock.instant = stored(session, old).valid_until
    said = client.post("/verify", json={"code": old}, headers={"Accept": "application/json"}).get_json()
    assert said["verdict"] == "expired"


def test_a_specimen_renews_no_real_credential(house: Runtime) -> None:
    (old,) = issue(house)
    with house.transaction() as session:
        stored(session, old).is_specimen = True
    with house.reading() as session:
        new = renew(house, old)
        assert stored(session, new).renews_id is None


def test_a_link_about_nobody_is_not_ours(house: Runtime) -> None:
    token = house.links.sign("stop-reminders", "nobody")
    with house.reading() as session, pytest.raises(DecileError, match="not ours"):
        holder_of_link(token, links=house.links, session=session)
