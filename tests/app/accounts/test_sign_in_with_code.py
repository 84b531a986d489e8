from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.accounts import guesses
from app.accounts.browser_sessions import Browser
from app.accounts.mail_shares import Asker
from app.accounts.models import BrowserSession, GuessCount
from app.accounts.outcomes import WrongCode
from app.accounts.policy import AccountPolicy
from app.accounts.request_sign_in import request_sign_in
from app.accounts.rules import code_limit, second_factor_limit
from app.accounts.sign_in_secrets import KEYS_ACCEPTED, code_of
from app.accounts.sign_in_with_code import sign_in_with_code
from app.foundation.links import Links
from tests.app.accounts.visitor import deliver, mails, newest_mail

ADA = "ada@example.org"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def ask(runtime, address=ADA):
    with runtime.transaction() as session:
        return request_sign_in(
            address, "en", asker=Asker.from_network("198.51.100.7"), session=session, clock=runtime.clock,
            entropy=runtime.entropy, jobs=runtime.jobs, links=runtime.links,
        )  # fmt: skip


def enter(runtime, request_id, code):
    with runtime.transaction() as session:
        return sign_in_with_code(
            request_id, code, browser=Browser(), session=session, clock=runtime.clock, entropy=runtime.entropy,
            links=runtime.links, jobs=runtime.jobs,
        )  # fmt: skip


def session_count(runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(BrowserSession)) or 0


def test_the_code_signs_in_however_it_is_typed(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    code = newest_mail(runtime, ADA).code
    assert visitor.enter_code(f" {code[:3]} {code[3:]} ").location == "/"
    assert visitor.name_shown() == ADA


def test_the_code_works_only_in_a_browser_that_asked(visit, runtime):
    asker, other = visit(), visit()
    asker.ask(ADA)
    code = newest_mail(runtime, ADA).code
    token = other.token()
    answer = other.client.post("/sign-in/code", data={"csrf_token": token, "code": code})
    assert answer.location == "/sign-in"
    assert other.name_shown() is None


def test_after_five_wrong_codes_the_right_one_is_refused_and_the_link_still_works(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    mail = newest_mail(runtime, ADA)
    answers = [visitor.enter_code(wrong(mail.code)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert "tries left: 4" in answers[0].text
    assert "Open the link" in answers[4].text
    assert visitor.enter_code(mail.code).status_code == 422
    assert visitor.name_shown() is None
    visitor.open_link(mail.link)
    assert visitor.press().location == "/"


def test_wrong_codes_in_parallel_are_all_counted(visit, at_once, runtime):
    visitor = visit()
    visitor.ask(ADA)
    code = newest_mail(runtime, ADA).code
    twins = [visitor.twin() for _ in range(8)]
    tokens = [twin.token("/sign-in/code") for twin in twins]
    answers = at_once(
        [
            lambda twin=twin, token=token: twin.client.post(
                "/sign-in/code", data={"csrf_token": token, "code": wrong(code)}
            )
            for twin, token in zip(twins, tokens, strict=True)
        ]
    )
    assert {answer.status_code for answer in answers} == {422}
    with runtime.reading() as session:
        assert session.scalars(select(GuessCount.guesses)).all() == [5]
    assert visitor.enter_code(code).status_code == 422


def test_parallel_guesses_at_different_requests_share_one_limit(at_once, runtime, clock):
    requests = []
    for _ in range(8):
        requests.append(ask(runtime))
        clock.advance(timedelta(seconds=61))
    for request_id in requests[:2]:
        for _ in range(4):
            enter(runtime, request_id, wrong(code_of(request_id, links=runtime.links)))
    acts = [
        lambda request_id=request_id: enter(runtime, request_id, wrong(code_of(request_id, links=runtime.links)))
        for request_id in requests[2:]
    ]
    at_once(acts)
    with runtime.reading() as session:
        assert session.scalars(select(GuessCount.guesses)).all() == [10]


def test_case_059_eight_posts_of_one_code_at_once_sign_in_once(visit, at_once, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    code, before = newest_mail(runtime, ADA).code, session_count(runtime)
    twins = [visitor.twin() for _ in range(8)]
    tokens = [twin.token("/sign-in/code") for twin in twins]
    answers = at_once(
        [
            lambda twin=twin, token=token: twin.client.post("/sign-in/code", data={"csrf_token": token, "code": code})
            for twin, token in zip(twins, tokens, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    assert session_count(runtime) == before + 1


def test_case_064_a_mailed_code_is_accepted_once(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    code, twin = newest_mail(runtime, ADA).code, visitor.twin()
    token = twin.token("/sign-in/code")
    assert visitor.enter_code(code).status_code == 303
    assert twin.client.post("/sign-in/code", data={"csrf_token": token, "code": code}).status_code == 409
    assert twin.name_shown() is None


def chance_of_success(guess_count: int, codes_accepted: int) -> float:
    """That at least one of `guess_count` guesses at fresh six-digit codes is right."""
    return 1.0 - (1.0 - codes_accepted / 10**6) ** guess_count


def test_case_065_ninety_days_of_guessing_at_the_limit_succeed_less_than_once_in_ten_thousand():
    policy = AccountPolicy()
    accepted = 2 * policy.second_factor_drift_steps + 1
    for limit, codes in ((code_limit(policy), KEYS_ACCEPTED), (second_factor_limit(policy), accepted)):
        days: list[int] = []
        for day in range(365):
            in_window = sum(days[max(0, day - limit.window_days + 1) :])
            days.append(limit.left(0, in_window))
        worst = max(sum(days[start : start + 90]) for start in range(365 - 89))
        assert worst > 0
        assert chance_of_success(worst, codes) < 1e-4


def counted_guesses(runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.sum(GuessCount.guesses))) or 0


def test_case_065_a_patient_guesser_is_locked_out_for_ninety_days_and_the_owner_is_told(visit, runtime, clock):
    visit().sign_in(ADA)
    for day in range(89):
        tries_today = 3 if day < 6 else int(day % 7 == 0)
        for _ in range(tries_today):
            clock.advance(timedelta(minutes=1))
            request_id = ask(runtime)
            for _ in range(5 if day < 6 else 1):
                enter(runtime, request_id, wrong(code_of(request_id, links=runtime.links)))
        if day < 6:
            deliver(runtime)  # a notice finds the person while its request is kept, as the worker does within seconds
        clock.advance(timedelta(days=1))
    assert counted_guesses(runtime) == 40
    notices = [mail for mail in mails(runtime) if "wrong codes" in mail.subject]
    assert len(notices) == 4  # one on each day whose guesses were used up, none afterwards
    assert {mail.to for mail in notices} == {ADA}
    locked = visit()
    locked.ask(ADA)
    mail = newest_mail(runtime, ADA)
    assert locked.enter_code(mail.code).status_code == 422
    locked.open_link(mail.link)
    assert locked.press().location == "/"
    clock.advance(timedelta(days=91))
    request_id = ask(runtime)
    assert not isinstance(enter(runtime, request_id, code_of(request_id, links=runtime.links)), WrongCode)


def test_nobody_is_told_of_guesses_at_an_address_that_never_joined(runtime, clock):
    for _ in range(2):
        request_id = ask(runtime, "eve@example.org")
        for _ in range(5):
            enter(runtime, request_id, wrong(code_of(request_id, links=runtime.links)))
        clock.advance(timedelta(seconds=61))
    assert "send_guessing_notice" in runtime.jobs.names()
    assert all("wrong codes" not in mail.subject for mail in mails(runtime))


def test_guesses_are_counted_under_a_keyed_hash_and_survive_a_rotation_of_keys(session, clock):
    subject = guesses.subjects_of_email(ADA, Links(["a" * 40]))
    limit, now = code_limit(AccountPolicy()), clock.now()
    for _ in range(3):
        guesses.counted(subject, guesses.CODE, limit=limit, session=session, at=now).add()
    session.flush()
    rotated = guesses.subjects_of_email(ADA, Links(["b" * 40, "a" * 40]))
    found = guesses.counted(rotated, guesses.CODE, limit=limit, session=session, at=now + timedelta(days=1))
    assert found.left == 10
    window = guesses.counted(rotated, guesses.CODE, limit=code_limit(AccountPolicy(code_guesses_per_window=5)),
                             session=session, at=now + timedelta(days=1))  # fmt: skip
    assert window.left == 2
    assert all(ADA not in row.subject for row in session.scalars(select(GuessCount)))


def test_a_code_mailed_under_the_former_key_still_works_while_keys_are_rotated(runtime):
    request_id = ask(runtime)
    former = code_of(request_id, links=Links(["f" * 40]))
    newest = Links(["n" * 40, "f" * 40])
    with runtime.transaction() as session:
        outcome = sign_in_with_code(
            request_id, former, browser=Browser(), session=session, clock=runtime.clock, entropy=runtime.entropy,
            links=newest, jobs=runtime.jobs,
        )  # fmt: skip
    assert not isinstance(outcome, WrongCode)
