"""A recruiter's question to the holder: confirmed by the holder alone, once, in time, telling nothing more."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, func, select

from app.credentials import codes
from app.credentials.errors import CredentialNotFound
from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import ANONYMOUS, Actor, operator
from app.foundation.rates import RatePolicy
from app.verification import queries, signed_ids
from app.verification.ask_holder import ask_holder
from app.verification.confirm_control import confirm_control
from app.verification.errors import ChallengeNotFound, ChallengeOver
from app.verification.models import ControlChallenge
from tests.app.credentials.awards import an_id
from tests.app.verification.register import FRENCH, HTML
from tests.app.verification.test_grant_share import Holder

CSRF = re.compile(r'name="csrf_token" value="[^"]+"')


@pytest.fixture
def holder(runtime, register) -> Holder:
    holder = Holder(runtime, register, shown_name="Zoë O’Neil")
    register.change(holder.code, visibility=Visibility.UNLISTED)
    return holder


def asks(holder) -> str:
    here = holder.runtime
    with here.transaction() as session:
        challenge_id = ask_holder(holder.code, session=session, clock=here.clock, entropy=here.entropy)
    return signed_ids.signed_id(signed_ids.CHALLENGE, challenge_id, links=here.links)


def confirms(holder, token: str, actor=None) -> None:
    here = holder.runtime
    with here.transaction() as session:
        confirm_control(token, session=session, clock=here.clock, links=here.links, actor=actor or holder.actor)


def answer(holder, token: str):
    here = holder.runtime
    with here.reading() as session:
        return queries.challenge(token, session=session, links=here.links, at=here.clock.now())


def test_the_holder_confirms_once_and_in_time(holder, clock) -> None:
    token = asks(holder)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    confirms(holder, token)
    assert answer(holder, token).confirmed_at == clock.now()
    with pytest.raises(ChallengeOver):
        confirms(holder, token)


def test_after_its_time_nobody_confirms(holder, clock) -> None:
    token = asks(holder)
    clock.advance(timedelta(hours=24))
    with pytest.raises(ChallengeOver):
        confirms(holder, token)
    assert answer(holder, token).is_over


def test_anyone_else_learns_nothing_not_even_that_there_is_a_question(holder) -> None:
    token = asks(holder)
    share = signed_ids.signed_id(signed_ids.SHARE, an_id(), links=holder.runtime.links)
    for stranger in (Actor(an_id(), "other"), ANONYMOUS):
        for tried in (token, token[:-1], share, "torn"):
            with pytest.raises(ChallengeNotFound):
                confirms(holder, tried, stranger)
    assert answer(holder, token).confirmed_at is None


def test_eight_confirmations_at_once_are_one(holder) -> None:
    token, start, found = asks(holder), Barrier(8), []

    def confirm() -> None:
        start.wait()
        try:
            confirms(holder, token)
            found.append("confirmed")
        except ChallengeOver:
            found.append("over")

    threads = [Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["confirmed", *["over"] * 7]


def test_nothing_is_asked_of_the_holder_of_a_private_or_unknown_code(holder, register, runtime) -> None:
    register.change(holder.code, visibility=Visibility.PRIVATE)
    for code in (holder.code, codes.code_from_bits(12345)):
        with runtime.transaction() as session, pytest.raises(CredentialNotFound):
            ask_holder(code, session=session, clock=runtime.clock, entropy=runtime.entropy)


def test_private_and_unknown_codes_answer_alike_when_asked(client, holder, register) -> None:
    token = form_token(client.get(f"/c/{holder.code}/ask", headers=HTML).text)
    register.change(holder.code, visibility=Visibility.PRIVATE)
    pair = (holder.code, codes.code_from_bits(12345))
    shown = [client.get(f"/c/{code}/ask", headers=HTML) for code in pair]
    sent = [client.post(f"/c/{code}/ask", data={"csrf_token": token}, headers=HTML) for code in pair]
    for first, second in (shown, sent):
        assert (first.status_code, first.data) == (second.status_code, second.data)
        assert first.status_code == 404


def form_token(page: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def test_from_the_certificate_to_the_confirmation_by_the_pages(app, holder) -> None:
    recruiter, candidate = app.test_client(), app.test_client()
    holder.signs_in(candidate)
    certificate = recruiter.get(f"/c/{holder.code}", headers=HTML)
    assert f'href="/c/{holder.code}/ask"' in certificate.text
    page = recruiter.get(f"/c/{holder.code}/ask", headers=HTML)
    asked = recruiter.post(f"/c/{holder.code}/ask", data={"csrf_token": form_token(page.text)}, headers=HTML)
    assert asked.status_code == 303
    waiting = recruiter.get(asked.location, headers=HTML)
    assert "NOT CONFIRMED YET" in waiting.text
    link = re.search(r"<code>http://localhost(/asked/[^<]+/confirm)</code>", waiting.text)[1]
    number = re.search(r"<strong>(\d{3} \d{3})</strong>", waiting.text)[1]
    assert recruiter.get(link, headers=HTML).location.startswith("/sign-in?next=")
    offered = candidate.get(link, headers=HTML)
    assert number in offered.text
    done = candidate.post(link, data={"csrf_token": form_token(offered.text)}, headers=HTML, follow_redirects=True)
    assert "You confirmed it on" in done.text
    assert '<form method="post" action="/asked' not in done.text
    told = recruiter.get(asked.location, headers=HTML)
    assert "CONFIRMED by the holder on" in told.text
    assert "Zoë" not in told.text
    assert "@" not in told.text
    assert (told.headers["Cache-Control"], told.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "CONFIRMÉ par le titulaire" in recruiter.get(asked.location, headers=FRENCH).text


def test_another_person_who_opens_the_link_sees_what_a_torn_link_shows(app, holder, register, runtime) -> None:
    stranger = app.test_client()
    Holder(runtime, register).signs_in(stranger)
    pages = [stranger.get(f"/asked/{token}/confirm", headers=HTML) for token in (asks(holder), "torn")]
    assert pages[0].status_code == pages[1].status_code == 404
    first, second = (CSRF.sub("", page.text) for page in pages)  # a token tells the second in which it was made
    assert first == second


def test_questions_are_limited_per_network(holder, runtime) -> None:
    with runtime.transaction() as session:
        policies.set_policy(
            RatePolicy, {"questions_per_hour": 2}, session=session, at=runtime.clock.now(), actor=operator()
        )
    client = create_app(runtime).test_client()
    token = form_token(client.get(f"/c/{holder.code}/ask", headers=HTML).text)
    sent = [client.post(f"/c/{holder.code}/ask", data={"csrf_token": token}, headers=HTML) for _ in range(3)]
    assert [one.status_code for one in sent] == [303, 303, 429]


def test_questions_long_over_are_forgotten_and_all_go_with_the_certificate(holder, clock, runtime) -> None:
    old = asks(holder)
    clock.advance(timedelta(days=31, seconds=1))
    fresh = asks(holder)
    with pytest.raises(ChallengeNotFound):
        answer(holder, old)
    assert answer(holder, fresh).confirmed_at is None
    with runtime.transaction() as session:
        session.execute(delete(Credential).where(Credential.id == holder.credential_id))
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(ControlChallenge)) == 0
