"""Tokens in links: ours, for one purpose, for a time, across a rotation of keys."""

from __future__ import annotations

import pytest

from app.foundation.links import LinkExpired, LinkInvalid, Links

OLD, NEW = "o" * 40, "n" * 40


def test_a_token_says_what_was_put_in():
    links = Links([NEW])
    assert links.read("sign-in", links.sign("sign-in", {"id": 7}), max_age_seconds=60) == {"id": 7}


def test_a_token_for_one_purpose_is_none_for_another():
    links = Links([NEW])
    with pytest.raises(LinkInvalid):
        links.read("unsubscribe", links.sign("sign-in", 1), max_age_seconds=60)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: "A" + t[1:], lambda t: t + "A", lambda _t: "", lambda _t: "é"]
)
def test_a_spoilt_token_is_refused(spoil):
    links = Links([NEW])
    with pytest.raises(LinkInvalid):
        links.read("sign-in", spoil(links.sign("sign-in", 1)), max_age_seconds=60)


def test_an_old_token_has_expired():
    links = Links([NEW])
    with pytest.raises(LinkExpired):
        links.read("sign-in", links.sign("sign-in", 1), max_age_seconds=-1)


def test_after_a_rotation_old_tokens_are_read_and_new_ones_made_with_the_new_key():
    before, after, later = Links([OLD]), Links([NEW, OLD]), Links([NEW])
    assert after.read("p", before.sign("p", 1), max_age_seconds=60) == 1
    assert later.read("p", after.sign("p", 2), max_age_seconds=60) == 2
    assert before.mac("p", "x") in after.macs("p", "x")
    assert after.mac("p", "x") == later.mac("p", "x")
