"""What sittings under a norm say against it: pure, from arrays to figures and to what is worth an alarm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import NormalDist
from typing import Any

import numpy as np

from app.assessment.use_counts import NEVER, Uses
from app.assessment.watched_sittings import WatchedSitting, WatchedSittings
from app.item_bank.calibrated_items import CalibratedItems
from app.monitoring.models import AlarmKind
from scoring.drift import ABOVE, WITHIN, PeriodShare, share_drift
from scoring.leak_watch import BASELINE, LIMIT, UpwardDrift, answer_residuals, upward_drift

SHAPE_ERROR = 0.005  # of the share apart: its figures have a standard deviation of 1.01 to 1.04 (decision 66)
FEWEST_SITTINGS = 50  # in a period, below which exposure and formats say nothing
RECENT_TIMES = 200  # answers
FASTER_THAN = 0.6  # of its former median, beside the change of all items together
WEEKS_SHOWN = 26
MOST_OLD_NAMED = 10  # items
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause for an alarm; `period` keeps it once."""

    kind: AlarmKind
    subject: str
    period: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NormPromise:
    """What a norm and its policies promise."""

    share: float  # above the line
    share_standard_error: float
    cap: float | None  # of exposure; None where no item rests
    usual_kind_difference: float  # by how unusual it is in the norm group
    kinds_correlation: float
    kinds_correlation_error: float
    oldest_item_months: int
    most_item_uses: int


def week_of(at: datetime) -> str:
    """The ISO week of an instant, such as 2026-W48."""
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02d}"


def share_above(sittings: Sequence[WatchedSitting], promise: NormPromise, now: datetime) -> dict[str, Any]:
    """The share above the line, week by week, of people who sat for the first time.

    People are counted by their probability of standing above, and the sum is rounded: a count of estimates above the
    line would fall short, because estimates are drawn towards the mean.
    """
    found = [one for one in sittings if one.is_first and one.probability_above is not None]
    weeks = sorted({week_of(one.completed_at) for one in found})
    by_week: dict[str, list[float]] = {week: [] for week in weeks}
    for one in found:
        by_week[week_of(one.completed_at)].append(one.probability_above or 0.0)
    if not weeks:
        return {"expected": promise.share, "weeks": [], "together": None}
    above = [round(sum(by_week[week])) for week in weeks]
    drift = share_drift(
        above,
        [len(by_week[week]) for week in weeks],
        promise.share,
        expected_standard_error=promise.share_standard_error,
    )
    rows = [
        {"week": week, **_laid(period), "is_over": week < week_of(now)}
        for week, period in zip(weeks, drift.periods, strict=True)
    ]
    return {"expected": promise.share, "weeks": rows[-WEEKS_SHOWN:], "together": _laid(drift.together)}


def _laid(period: PeriodShare) -> dict[str, Any]:
    return {
        "above": period.above,
        "sittings": period.sittings,
        "share": period.share,
        "lower": period.lower / period.sittings if period.sittings else 0.0,
        "upper": period.upper / period.sittings if period.sittings else 0.0,
        "state": period.state,
    }


def kinds_apart(sittings: Sequence[WatchedSitting], promise: NormPromise) -> dict[str, Any] | None:
    """How many sittings show judgement and self-report apart, against what the model expects by chance."""
    given = [one.kind_unusualness for one in sittings if one.kind_unusualness is not None]
    if len(given) < FEWEST_SITTINGS:
        return None
    apart = sum(abs(unusual) > promise.usual_kind_difference for unusual in given)
    expected = 2 * NormalDist().cdf(-promise.usual_kind_difference)
    drift = share_drift([apart], [len(given)], expected, expected_standard_error=_apart_error(expected, promise))
    return {"expected": expected, "limit": promise.usual_kind_difference, **_laid(drift.together)}


def _apart_error(expected: float, promise: NormPromise) -> float:
    """Standard error of the share apart, by what the norm's correlation of the kinds has.

    Under a true correlation of s, differences in sittings that tell everything vary by sqrt((1 - s) / (1 - r)) times
    what is expected under r; at s = r the share beyond the limit k falls with s by k phi(k) / (1 - r). In shorter
    sittings it falls less, so this errs towards silence.
    """
    k = promise.usual_kind_difference
    of_correlation = k * NormalDist().pdf(k) / (1 - promise.kinds_correlation) * promise.kinds_correlation_error
    return min(math.hypot(of_correlation, SHAPE_ERROR), expected * (1 - expected))  # more is no promise at all


def leaks(found: WatchedSittings, calibrated: CalibratedItems) -> dict[str, UpwardDrift]:
    """The watch of each calibrated item's answers, by code."""
    kinds = (
        (calibrated.judgement_codes, calibrated.judgement),
        (calibrated.self_report_codes, calibrated.self_report),
    )
    watched = {}
    for codes, items in kinds:
        for number, code in enumerate(codes):
            answers = found.answers.get(code)
            if items is None or answers is None:
                continue
            which = np.full(len(answers.categories), number)
            given = np.minimum(answers.categories, items.categories[number] - 1)  # nobody chose those above
            residuals = answer_residuals(items, which, given, answers.thetas)
            watched[code] = upward_drift(residuals)
    return watched


def paces(seconds: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float | None]]:
    """Median seconds of each item's latest answers, and by how much they fell against its first ones.

    The second number is the ratio of the medians, divided by the median of that ratio over all items: everybody may
    become faster, one item alone should not. None while there are too few answers.
    """
    medians, ratios = {}, {}
    for code, times in seconds.items():
        medians[code] = float(np.median(times[-RECENT_TIMES:]))
        if len(times) >= BASELINE + RECENT_TIMES:
            ratios[code] = medians[code] / max(float(np.median(times[:BASELINE])), 1e-3)
    usual = float(np.median(list(ratios.values()))) if ratios else 1.0
    return {code: (medians[code], ratios[code] / usual if code in ratios else None) for code in medians}


def age_of(uses: Uses, promise: NormPromise, now: datetime) -> dict[str, Any]:
    """How long an item has been in use, in whole months, how often it was shown in all, and whether that is too much.

    Its first use may be of an earlier release: the same words are the same item to whoever passes them on.
    """
    first = uses.first_at
    months = None
    if first is not None:
        is_short = (now.day, now.time()) < (first.day, first.time())
        months = MONTHS_A_YEAR * (now.year - first.year) + now.month - first.month - is_short
    is_old = (months or 0) >= promise.oldest_item_months or uses.count >= promise.most_item_uses
    return {"months": months, "uses": uses.count, "is_old": is_old}


def item_rows(
    found: WatchedSittings,
    calibrated: CalibratedItems,
    *,
    seconds: Mapping[str, Sequence[float]],
    uses: Mapping[str, Uses],
    promise: NormPromise,
    now: datetime,
) -> list[dict[str, Any]]:
    """One row for each item that was shown, the most shown first."""
    watched, pace = leaks(found, calibrated), paces(seconds)
    rows = []
    for code, shown in sorted(found.shown.items(), key=lambda entry: (-entry[1], entry[0])):
        leak, times = watched.get(code), pace.get(code)
        rows.append(
            age_of(uses.get(code, NEVER), promise, now)
            | {
                "code": code,
                "shown": shown,
                "exposure": shown / found.with_answers,
                "over_cap": _is_over_cap(shown, found.with_answers, promise.cap),
                "answers": leak.answers if leak else 0,
                "shift": leak.shift if leak and leak.since is not None else None,
                "height": leak.height if leak else 0.0,
                "leak": bool(leak and leak.is_alarm),
                "seconds": times[0] if times else None,
                "pace": times[1] if times else None,
            }
        )
    return rows


def _is_over_cap(shown: int, sittings: int, cap: float | None) -> bool:
    """Whether an item is shown in more sittings than the cap and chance together explain."""
    if cap is None or cap >= 1 or sittings < FEWEST_SITTINGS:
        return False
    return share_drift([shown], [sittings], cap).together.state == ABOVE


def overlap(found: WatchedSittings) -> float | None:
    """The share of a sitting's items that another sitting of the norm showed too, on average."""
    counts = np.array(list(found.shown.values()), dtype=float)
    if found.with_answers < 2 or counts.sum() == 0:
        return None
    common = (counts * (counts - 1)).sum() / (found.with_answers * (found.with_answers - 1))
    return float(common / (counts.sum() / found.with_answers))


def seen_of(
    found: WatchedSittings,
    calibrated: CalibratedItems,
    *,
    seconds: Mapping[str, Sequence[float]],
    uses: Mapping[str, Uses],
    promise: NormPromise,
    now: datetime,
) -> dict[str, Any]:
    """Everything that the desk shows of one norm."""
    return {
        "sittings": len(found.sittings),
        "share": share_above(found.sittings, promise, now),
        "formats": kinds_apart(found.sittings, promise),
        "cap": promise.cap,
        "overlap": overlap(found),
        "leak_limit": LIMIT,
        "oldest_months": promise.oldest_item_months,
        "most_uses": promise.most_item_uses,
        "items": item_rows(found, calibrated, seconds=seconds, uses=uses, promise=promise, now=now),
    }


def findings(seen: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    """What of it is worth an alarm. A week is judged when it is over; anything else once a month at most."""
    month = f"{now:%Y-%m}"
    share = seen["share"]
    for week in share["weeks"]:
        if week["is_over"] and week["state"] != WITHIN:
            yield Finding(AlarmKind.SHARE, "", week["week"], week | {"expected": share["expected"]})
    if share["together"] and share["together"]["state"] != WITHIN:
        yield Finding(AlarmKind.SHARE, "", month, share["together"] | {"expected": share["expected"]})
    formats = seen["formats"]
    if formats and formats["state"] == ABOVE:
        yield Finding(AlarmKind.FORMATS, "", month, formats)
    if old := [row for row in seen["items"] if row["is_old"]]:
        yield Finding(
            AlarmKind.AGE, "", month, _old(old) | {name: seen[name] for name in ("oldest_months", "most_uses")}
        )
    for row in seen["items"]:
        if row["leak"]:
            yield Finding(AlarmKind.LEAK, row["code"], month, row)
        if row["over_cap"]:
            yield Finding(AlarmKind.EXPOSURE, row["code"], month, row | {"cap": seen["cap"]})
        if row["pace"] is not None and row["pace"] < FASTER_THAN:
            yield Finding(AlarmKind.PACE, row["code"], month, row)


def _old(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The old items of a bank together, named from the most shown: they come of age by the dozen."""
    ordered = sorted(rows, key=lambda row: (-row["uses"], row["code"]))
    return {"count": len(rows), "items": [row["code"] for row in islice(ordered, MOST_OLD_NAMED)]}
