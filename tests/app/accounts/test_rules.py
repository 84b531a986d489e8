from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.errors import EmailInvalid, NameInvalid
from app.accounts.policy import AccountPolicy
from app.accounts.rules import (
    GuessLimit,
    device_of,
    is_fresh,
    is_same_mailbox,
    mask_email,
    normalise_email,
    session_idle,
    session_lifetime,
    tidy_name,
    typed_code,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "spelling",
    ["ada@example.org", "  Ada@Example.ORG\n", "ａｄａ@example.org", "ADA@EXAMPLE。org"],
)
def test_case_069_every_spelling_of_an_address_is_one_address(spelling):
    assert normalise_email(spelling) == "ada@example.org"


def test_an_international_domain_becomes_the_name_that_mail_servers_use():
    assert normalise_email("ada@bücher.example") == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text",
    [
        "", "ada", "@example.org", "ada@", "ada@localhost", "ada@exa mple.org", "ada@@example.org", "a da@example.org",
        "ada@example..org", ".ada@example.org", "ada.@example.org", "ada@-example.org", "ada@example.org\nBcc: e@x.org",
        "ada@example.org,eve@x.org", "<ada@example.org>", "ad\x00a@example.org", "a" * 65 + "@example.org",
        "ada@" + "a." * 130 + "org", "ädä@example.org", "ada@\ud800.org",
        "=?utf-8?q?=61da?=@example.org", "=?utf-8?b?YWRh?=@example.org", "=?utf-8?q?a=0ada?=@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(EmailInvalid):
        normalise_email(text)


def test_an_address_kept_before_such_spellings_were_refused_can_still_be_compared():
    kept = "=?utf-8?q?=61da?=@example.org"
    assert is_same_mailbox(kept, kept)
    assert not is_same_mailbox(kept, "ada@example.org")


def test_a_masked_address_shows_one_letter_and_the_domain():
    assert mask_email("ada@example.org") == "a•••@example.org"
    assert mask_email("a@example.org") == "a•••@example.org"


def test_codes_are_read_however_they_are_typed():
    assert typed_code(" 123 456 ") == typed_code("123-456") == typed_code("１２３４５６") == "123456"


def test_a_name_is_kept_as_written_and_refused_where_it_cannot_be_shown():
    assert tidy_name("  Zoë   de la Cruz ") == "Zoë de la Cruz"
    assert tidy_name("   ") is None
    for name in ("علی\u200cرضا محمدی", "ශ්\u200dරී ලංකා", "山田\u3000太郎"):
        assert tidy_name(f"\u200f{name}\u200e") == name
    for name in ("a" * 101, "Ada\nLovelace", "Ada\u202eecalevoL"):
        with pytest.raises(NameInvalid):
            tidy_name(name)


def test_a_browser_is_recognised_in_coarse_words_only():
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"
    assert (device_of(firefox), device_of(edge), device_of("curl/8")) == ("Firefox, Linux", "Edge, Windows", "")


def test_guesses_end_with_the_day_or_with_the_window_whichever_comes_first():
    limit = GuessLimit(per_day=10, per_window=40, window_days=90)
    assert [limit.left(0, 0), limit.left(9, 9), limit.left(3, 38), limit.left(10, 12), limit.left(0, 41)] == [
        10,
        1,
        2,
        0,
        0,
    ]


def test_staff_stay_signed_in_for_a_shorter_time_than_candidates():
    policy, staff = AccountPolicy(), frozenset({"norm_editor"})
    assert session_lifetime(staff, policy) < session_lifetime(frozenset(), policy)
    assert session_idle(staff, policy) < session_idle(frozenset(), policy)


def test_a_proof_is_fresh_for_ten_minutes():
    policy = AccountPolicy()
    assert is_fresh(NOW - timedelta(minutes=10), at=NOW, policy=policy)
    assert not is_fresh(NOW - timedelta(minutes=10, seconds=1), at=NOW, policy=policy)
    assert not is_fresh(None, at=NOW, policy=policy)
