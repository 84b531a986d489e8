"""The term of a credential, on every day of nine years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from app.credentials import validity
from app.credentials.claims import claims_of
from app.verification.verdict import Checks, Reason, Verdict, judge, next_turn
from tests.app.credentials.documents import a_document, an_identity

ZONES = (  # every kind of shift: by an hour, by half of one, with the year's turn in summer time, none at all
    *("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"),
    *("Pacific/Kiritimati", "Africa/Casablanca", "Pacific/Apia", "Antarctica/Troll", "UTC"),
)
FAR_ZONES = ("Pacific/Kiritimati", "America/Los_Angeles")
WINDOW, SKEW = {"renewal_window_days": 60}, {"start_skew_seconds": 300}
FIRST_DAY = datetime(2024, 1, 1, 13, 45, 59, tzinfo=UTC)
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(9 * 365 + 3)]


def test_case_041_leap_day() -> None:
    assert validity.same_date_next_year(datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC)) == datetime(
        2029, 2, 28, 23, 59, 58, tzinfo=UTC
    )


def test_edge_041_both_days_before_march_end_on_the_same_day() -> None:
    ends = {validity.same_date_next_year(datetime(2028, 2, day, 8, tzinfo=UTC)) for day in (28, 29)}
    assert ends == {datetime(2029, 2, 28, 8, tzinfo=UTC)}


def test_case_042_checks_on_a_leap_day_do_not_fail() -> None:
    leap_day = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert validity.has_ended(datetime(2028, 2, 28, 12, tzinfo=UTC), at=leap_day)
    assert validity.is_renewable(datetime(2028, 4, 1, tzinfo=UTC), at=leap_day, window_days=60)
    assert validity.renewal_opens_at(datetime(2028, 4, 29, tzinfo=UTC), window_days=60) == datetime(
        2028, 2, 29, tzinfo=UTC
    )


def test_case_043_the_same_date_next_year_for_every_day_from_2024_to_2032() -> None:
    assert DAYS[-1].date().isoformat() == "2032-12-31"
    for day in DAYS:
        end = validity.same_date_next_year(day)
        expected = (2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day)
        assert (end.year, (end.month, end.day), end.time()) == (day.year + 1, expected, day.time())


@pytest.mark.parametrize("hours", [-12, 0, 5.75, 14])
def test_case_044_the_zone_of_the_reader_does_not_move_the_instant(hours: float) -> None:
    zone = timezone(timedelta(hours=hours))
    for day in DAYS[::30]:
        assert validity.same_date_next_year(day.astimezone(zone)) == validity.same_date_next_year(day)
        assert validity.to_text(day.astimezone(zone)) == validity.to_text(day)


def test_case_044_valid_one_second_before_the_end_and_expired_at_the_end() -> None:
    for day in DAYS[::30]:
        end = validity.same_date_next_year(day)
        assert not validity.has_ended(end, at=end - timedelta(seconds=1))
        assert validity.has_ended(end, at=end)


@pytest.mark.parametrize(("seconds", "expected"), [(-60, True), (-300, True), (-301, False), (-600, False), (60, True)])
def test_case_045_a_slow_clock_is_allowed_for_at_the_start_alone(seconds: int, expected: bool) -> None:
    start = DAYS[0]
    at = start + timedelta(seconds=seconds)
    assert validity.has_started(start, at=at, skew_seconds=300) is expected


@pytest.mark.usefixtures("machine_zone")
@pytest.mark.parametrize("machine_zone", ["UTC", *FAR_ZONES], indirect=True)
def test_case_044_edge_042_instants_are_written_in_utc_with_whole_seconds_wherever_the_machine_stands() -> None:
    paris_summer = datetime(2026, 7, 1, 1, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert validity.to_text(paris_summer) == "2026-06-30T23:30:15Z"
    read = validity.from_text("2026-06-30T23:30:15Z")
    assert read == validity.whole_second(paris_summer)
    assert read.utcoffset() == timedelta(0)
    assert validity.to_text(read) == "2026-06-30T23:30:15Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_another_spelling_of_an_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|out of range|must be in"):
        validity.from_text(text)


def test_edge_043_renewal_opens_sixty_days_before_the_end_and_closes_with_it() -> None:
    end = datetime(2027, 11, 22, 10, 15, tzinfo=UTC)
    opens = end - timedelta(days=60)
    states = [validity.is_renewable(end, at=at, window_days=60) for at in (opens - timedelta(seconds=1), opens, end)]
    assert states == [False, True, False]


@pytest.mark.parametrize("number", range(len(ZONES)), ids=ZONES)
def test_edge_041_every_day_ends_at_the_second_in_verdict_document_and_token_whatever_the_zone(number: int) -> None:
    try:
        zone = ZoneInfo(ZONES[number])
    except ZoneInfoNotFoundError:
        pytest.skip("needs the zones of tzdata, which are not on this machine")
    for day in DAYS[number :: len(ZONES)]:
        midnight = day.astimezone(zone).replace(hour=2, minute=30, second=0)  # skipped or met twice where clocks turn
        start = validity.whole_second(midnight)
        end = validity.same_date_next_year(midnight)
        told = a_document(identity=an_identity(valid_from=midnight))
        claims = claims_of(told)
        assert (claims["nbf"], claims["exp"]) == (start.timestamp(), end.timestamp())
        assert (told["validFrom"], told["validUntil"]) == (validity.to_text(start), validity.to_text(end))
        assert (end - start).days in {365, 366}
        checks = Checks(True, False, False, False, valid_from=start, valid_until=end)
        second = timedelta(seconds=1)
        for at, expected in (
            (start - 301 * second, Reason.NOT_STARTED),
            (start - 300 * second, Reason.ALL_CHECKS_PASSED),
            (end - timedelta(days=60) - second, Reason.ALL_CHECKS_PASSED),
            (end - timedelta(days=60), Reason.ENDS_SOON),
            (end - second, Reason.ENDS_SOON),
            (end, Reason.ENDED),
        ):
            assert judge(checks, at=at.astimezone(zone), **SKEW, **WINDOW).reasons[0] is expected, (start, at)


def test_edge_043_time_alone_changes_a_verdict_at_the_next_turn_and_never_before() -> None:
    for day in DAYS[::7]:
        end = validity.same_date_next_year(day)
        checks = Checks(True, False, False, False, valid_from=day, valid_until=end)
        at, verdicts = day - timedelta(days=1), []
        while True:
            verdicts.append(judge(checks, at=at, **SKEW, **WINDOW))
            turn = next_turn(day, end, at=at, **SKEW, **WINDOW)
            if turn is None:
                break
            assert judge(checks, at=turn - timedelta(seconds=1), **SKEW, **WINDOW) == verdicts[-1]
            at = turn
        assert [one.verdict for one in verdicts] == [Verdict.UNKNOWN, Verdict.VALID, Verdict.VALID, Verdict.EXPIRED]
        assert len(set(verdicts)) == len(verdicts)
