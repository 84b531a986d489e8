from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import func, select

from app.accounts.models import BrowserSession, GuessCount, RecoveryCode, SecondFactor
from app.accounts.recovery_codes import ALPHABET, BITS, CHARACTERS, hash_of_code
from app.accounts.sealing import SealUnreadable, seal, unseal
from app.foundation.links import Links
from tests.app.accounts.visitor import mails, totp

STAFF = "staff@example.org"


def wrong(secret, runtime) -> str:
    valid = {pyotp.TOTP(secret).at(runtime.clock.now(), counter_offset=offset) for offset in range(-2, 3)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in valid)


def test_staff_are_led_to_set_up_a_second_factor_at_first_sign_in(visit, invited):
    visitor = visit()
    visitor.open_link(invited(STAFF, "norm_approver"))
    assert visitor.press(meant="yes").location == "/join"
    assert visitor.join().location == "/second-factor?next=/"
    page = visitor.open("/second-factor").text
    assert "Set up a passkey" in page
    assert "Set up an authenticator app" in page
    assert "data:image" not in page


@pytest.mark.parametrize("role", ["norm_editor", "norm_approver", "support"])
def test_each_staff_role_needs_a_second_factor(staff, runtime, role):
    visitor = staff(role=role)
    secret, _ = visitor.enrol()
    assert len(secret) == 32


@pytest.mark.parametrize("role", [None, "recruiter"])
def test_others_need_none_and_cannot_enrol_one(visit, invited, runtime, role):
    visitor = visit()
    visitor.open_link(invited(STAFF, *([role] if role else [])))
    visitor.press(meant="yes")
    assert visitor.join().location == "/"
    assert "Welcome: your account is made." in visitor.open("/").text
    assert visitor.open("/second-factor").status_code == 403
    assert visitor.send("/second-factor/enrol", page="/account").status_code == 403


def test_enrolment_shows_picture_and_secret_then_recovery_codes_once(staff, runtime):
    visitor = staff()
    visitor.send("/second-factor/enrol", page="/second-factor")
    page = visitor.open("/second-factor")
    assert 'src="data:image/svg+xml' in page.text
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]
    secret, codes = visitor.enrol()
    assert len(set(codes)) == 10
    again = visitor.open("/second-factor").text
    assert secret[:4] not in again
    assert codes[0] not in again
    with runtime.reading() as session:
        stored = str(session.execute(select(SecondFactor.sealed_secret)).all())
        stored += str(session.scalars(select(RecoveryCode.code_hash)).all())
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_a_confirmed_factor_is_never_replaced_by_enrolling_again(staff, runtime):
    visitor = staff()
    visitor.enrol()
    assert visitor.send("/second-factor/enrol", page="/account").status_code == 409


def test_case_064_an_authenticator_code_is_accepted_once(staff, runtime, clock):
    visitor = staff()
    secret, _ = visitor.enrol()
    enrolment_code = totp(secret, runtime)
    assert visitor.enter_second_factor(enrolment_code).status_code == 422
    clock.advance(timedelta(seconds=30))
    code = totp(secret, runtime)
    assert visitor.enter_second_factor(code).status_code == 303
    assert visitor.enter_second_factor(code).status_code == 422
    assert visitor.enter_second_factor(enrolment_code).status_code == 422


def test_case_064_eight_posts_of_one_authenticator_code_at_once_succeed_once(staff, at_once, runtime, clock):
    visitor = staff()
    secret, _ = visitor.enrol()
    clock.advance(timedelta(seconds=30))
    code = totp(secret, runtime)
    twins = [visitor.twin() for _ in range(8)]
    tokens = [twin.token("/second-factor") for twin in twins]
    answers = at_once(
        [
            lambda twin=twin, token=token: twin.client.post("/second-factor", data={"csrf_token": token, "code": code})
            for twin, token in zip(twins, tokens, strict=True)
        ]
    )
    statuses = [answer.status_code for answer in answers]
    signed_in = [answer for answer in answers if answer.status_code == 303 and answer.location == "/"]
    assert len(signed_in) == 1
    assert statuses.count(422) + sum("/sign-in" in (answer.location or "") for answer in answers) == 7
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(BrowserSession)) == 1


def test_a_phone_whose_clock_is_half_a_minute_off_is_borne_with_and_no_more(staff, runtime, clock):
    visitor = staff()
    secret, _ = visitor.enrol()
    clock.advance(timedelta(minutes=10))
    now = clock.now()
    app = pyotp.TOTP(secret)
    assert visitor.enter_second_factor(str(app.at(now, counter_offset=-2))).status_code == 422
    assert visitor.enter_second_factor(str(app.at(now, counter_offset=2))).status_code == 422
    assert visitor.enter_second_factor(str(app.at(now, counter_offset=-1))).status_code == 303
    assert visitor.enter_second_factor(str(app.at(now, counter_offset=1))).status_code == 303
    assert visitor.enter_second_factor(str(app.at(now, counter_offset=0))).status_code == 422  # older than the last one


def test_case_065_guesses_at_authenticator_codes_run_out_and_the_owner_is_told(staff, runtime, clock):
    visitor = staff()
    secret, codes = visitor.enrol()
    for _ in range(3):
        for _ in range(12):
            assert visitor.enter_second_factor(wrong(secret, runtime)).status_code == 422
        clock.advance(timedelta(days=1))
        visitor = staff()
    with runtime.reading() as session:
        total = select(func.sum(GuessCount.guesses)).where(GuessCount.kind == "second_factor")
        assert session.scalar(total) == 30
    answer = visitor.enter_second_factor(totp(secret, runtime))
    assert answer.status_code == 422
    assert "Use a recovery code" in answer.text
    notices = [mail for mail in mails(runtime) if "authenticator" in mail.subject]
    assert {mail.to for mail in notices} == {STAFF}
    assert visitor.enter_second_factor(codes[0]).status_code == 303


def test_case_065_recovery_codes_hold_eighty_bits_and_work_once(staff, runtime, clock):
    assert len(ALPHABET) ** CHARACTERS == 2**BITS == 2**80
    visitor = staff()
    _, codes = visitor.enrol()
    sloppy = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert visitor.enter_second_factor(sloppy).status_code == 303
    assert visitor.enter_second_factor(codes[0]).status_code == 422
    assert visitor.enter_second_factor("0000-0000-0000-0000").status_code == 422
    assert visitor.enter_second_factor(codes[1]).status_code == 303


def test_case_065_eight_posts_of_one_recovery_code_at_once_succeed_once(staff, at_once, runtime):
    visitor = staff()
    _, codes = visitor.enrol()
    twins = [visitor.twin() for _ in range(8)]
    tokens = [twin.token("/second-factor") for twin in twins]
    answers = at_once(
        [
            lambda twin=twin, token=token: twin.client.post(
                "/second-factor", data={"csrf_token": token, "code": codes[3]}
            )
            for twin, token in zip(twins, tokens, strict=True)
        ]
    )
    assert sum(answer.location == "/" for answer in answers) == 1


def test_a_recovery_code_belongs_to_one_person(staff, runtime):
    _, codes = staff("one@example.org").enrol()
    other = staff("other@example.org")
    other.enrol()
    assert other.enter_second_factor(codes[0]).status_code == 422
    with runtime.reading() as session:
        assert session.get(RecoveryCode, hash_of_code(codes[0])).used_at is None


def test_removing_the_second_factor_needs_a_fresh_code_and_ends_every_sign_in(staff, runtime, clock):
    visitor = staff()
    secret, _ = visitor.enrol()
    elsewhere = staff()
    clock.advance(timedelta(minutes=11))
    answer = visitor.send("/account/second-factor/remove", page="/account")
    assert answer.location == "/prove?next=/account"
    assert visitor.open(answer.location).location == "/second-factor?next=/account"
    visitor.enter_second_factor(totp(secret, runtime))
    assert visitor.send("/account/second-factor/remove", page="/account").location == "/sign-in"
    assert (visitor.name_shown(), elsewhere.name_shown()) == (None, None)
    assert "Set up an authenticator app" in staff().open("/second-factor").text


def test_a_secret_is_sealed_to_its_person_and_opens_under_former_keys(entropy):
    person, links = uuid4(), Links(["a" * 40])
    sealed = seal("SECRET", person_id=person, links=links, entropy=entropy)
    assert unseal(sealed, person_id=person, links=Links(["b" * 40, "a" * 40])) == "SECRET"
    with pytest.raises(SealUnreadable):
        unseal(sealed, person_id=uuid4(), links=links)
    with pytest.raises(SealUnreadable):
        unseal(sealed, person_id=person, links=Links(["b" * 40]))
