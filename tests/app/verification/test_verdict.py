"""From findings to a verdict: one rule, at one instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.verification.verdict import Checks, Judgement, Reason, Verdict, judge

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
END = datetime(2027, 11, 22, 10, 15, tzinfo=UTC)
MIDDLE = START + timedelta(days=100)
GOOD = Checks(
    signature_holds=True, is_revoked=False, is_suspended=False, is_specimen=False, valid_from=START, valid_until=END
)


def judged(checks: Checks, at: datetime = MIDDLE) -> Judgement:
    return judge(checks, at=at, start_skew_seconds=300, renewal_window_days=60)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, Verdict.VALID),
        ({"signature_holds": False}, Verdict.ALTERED),
        ({"signature_holds": None}, Verdict.UNKNOWN),
        ({"is_revoked": True}, Verdict.REVOKED),
        ({"is_revoked": None}, Verdict.UNKNOWN),
        ({"is_suspended": True}, Verdict.SUSPENDED),
        ({"is_specimen": True}, Verdict.SPECIMEN),
        ({"is_revoked": True, "signature_holds": None}, Verdict.REVOKED),
        ({"is_revoked": True, "signature_holds": False}, Verdict.ALTERED),
        ({"is_specimen": True, "is_revoked": True}, Verdict.REVOKED),
        ({"is_specimen": True, "is_revoked": None}, Verdict.UNKNOWN),
    ],
)
def test_edge_051_each_finding_has_its_verdict(found: dict[str, bool | None], verdict: Verdict) -> None:
    assert judged(replace(GOOD, **found)).verdict is verdict  # type: ignore[arg-type]


def test_case_049_nothing_that_could_not_be_checked_is_called_valid() -> None:
    states = product((True, False, None), (True, False, None), (False, True), (False, True))
    for holds, revoked, suspended, specimen in states:
        checks = replace(GOOD, signature_holds=holds, is_revoked=revoked, is_suspended=suspended, is_specimen=specimen)
        good = (holds, revoked, suspended, specimen) == (True, False, False, False)
        assert (judged(checks).verdict is Verdict.VALID) == good


def test_of_what_was_altered_and_under_an_unknown_key_nothing_is_said_that_a_signature_of_ours_would_tell() -> None:
    odd = replace(GOOD, is_revoked=None, is_specimen=True, is_as_issued=False)
    assert judged(replace(odd, signature_holds=False)).reasons == (Reason.SIGNATURE_BROKEN,)
    assert judged(replace(odd, signature_holds=None)).reasons == (Reason.KEY_UNKNOWN, Reason.SPECIMEN)
    stolen = replace(odd, signature_holds=None, is_key_compromised=True)
    assert judged(stolen).reasons == (Reason.KEY_COMPROMISED, Reason.SPECIMEN)


def test_a_specimen_never_reads_valid_nor_expired() -> None:
    specimen = replace(GOOD, is_specimen=True)
    for at in (START - timedelta(days=9), START, MIDDLE, END - timedelta(days=1), END, END + timedelta(days=900)):
        assert judged(specimen, at).verdict is Verdict.SPECIMEN


def test_case_044_valid_until_the_last_second_and_expired_at_the_end() -> None:
    assert judged(GOOD, END - timedelta(seconds=1)).verdict is Verdict.VALID
    assert judged(GOOD, END) == Judgement(Verdict.EXPIRED, (Reason.ENDED,))


@pytest.mark.parametrize(("seconds", "verdict"), [(-60, Verdict.VALID), (-300, Verdict.VALID), (-600, Verdict.UNKNOWN)])
def test_case_045_a_clock_behind_is_allowed_for_at_the_start(seconds: int, verdict: Verdict) -> None:
    assert judged(GOOD, START + timedelta(seconds=seconds)).verdict is verdict


def test_a_credential_that_ends_soon_is_valid_and_says_so() -> None:
    assert judged(GOOD, END - timedelta(days=60)) == Judgement(Verdict.VALID, (Reason.ENDS_SOON,))
    assert judged(GOOD, END - timedelta(days=61)) == Judgement(Verdict.VALID, (Reason.ALL_CHECKS_PASSED,))


@pytest.mark.parametrize("found", ["is_revoked", "is_suspended", "is_specimen", "is_superseded"])
def test_what_nobody_can_renew_is_not_said_to_end_soon(found: str) -> None:
    checks = replace(GOOD, **{found: True})  # type: ignore[arg-type]
    assert judged(checks, END - timedelta(days=30)) == judged(checks)


def test_case_042_a_check_on_the_leap_day_does_not_fail() -> None:
    leap = replace(GOOD, valid_from=datetime(2027, 3, 1, tzinfo=UTC), valid_until=datetime(2028, 3, 1, tzinfo=UTC))
    assert judged(leap, datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)).verdict is Verdict.VALID
