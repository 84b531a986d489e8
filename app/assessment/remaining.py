"""What is still to come of a sitting, as an honest range that says nothing about the side of the cut.

The number of questions comes from the stopping rule (`scoring.remaining`), the minutes from the person's own pace.
Both are read from what stood before the current item, so that a choice on the screen moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from app.assessment import adaptation, rules
from app.assessment.adaptation import Role
from app.assessment.course import Course, Row
from app.assessment.founding_form import SCENARIO
from app.assessment.policy import SittingPolicy
from scoring.remaining import LONGEST_WALK, units_to_come

USUAL_PACE = (1.0, 1.0, 1.0)  # imagined answers at the guide's pace, so that one slow start does not double the minutes


@dataclass(frozen=True, slots=True)
class Remaining:
    """Questions after the current one, and minutes with it; no minutes where the person's pace is not looked at."""

    fewest: int
    most: int
    fewest_minutes: int | None
    most_minutes: int | None


def remaining_of(course: Course) -> Remaining:
    """The range for the open sitting's current item."""
    fewest, most = _questions(course)
    if course.sitting.adjustments:
        return Remaining(fewest, most, None, None)
    shortest, longest = _scenarios_among(fewest, most, course)
    current, pace, policy = _guide(course.rows[-1], course), pace_of(course), course.policy
    return Remaining(
        fewest,
        most,
        rules.whole_minutes(pace * (current + _seconds(fewest, shortest, policy)), up=False),
        rules.whole_minutes(pace * (current + _seconds(most, longest, policy)), up=True),
    )


def pace_of(course: Course) -> float:
    """Seconds that the person takes for each that the guide allows: the median, so that a pause counts for nothing."""
    taken = (
        (row.received_at - row.presented_at).total_seconds() / _guide(row, course)
        for row in course.rows[:-1]
        if row.received_at is not None and row.presented_at is not None
    )
    return median((*USUAL_PACE, *(ratio for ratio in taken if ratio > 0)))


def _questions(course: Course) -> tuple[int, int]:
    """Fewest and most questions after the current one: four of five sittings or more keep within them."""
    if course.form is not None:
        return (len(course.form) - len(course.rows),) * 2
    before = course.standing_after(len(course.rows) - 1) if course.rows[-1].is_whole else course.standing
    content, policy, sitting = before.content, course.policy, course.sitting
    is_scored = course.role_of(course.rows[-1]) is Role.SCORED
    left = len(course.unseen) + is_scored  # the current item among them
    if sitting.cut is None or before.probability_above is None:
        whole = policy.founding_statements + policy.founding_scenarios - content.units
        return (max(0, min(whole, left) - is_scored),) * 2
    longest = min(policy.most_units_undecided - content.units, left, LONGEST_WALK)
    most_undecided = max(1, longest)
    low, high = units_to_come(
        before.probability_above,
        adaptation.expected_variances(course.bank, sitting, policy)[content.units :],
        fewest=min(_owed(content, policy), most_undecided),
        most=min(max(0, policy.most_units - content.units), most_undecided),
        most_undecided=most_undecided,
        certain_above=policy.certain_above,
        certain_below=policy.certain_below,
        undecided_from=policy.undecided_above,
        undecided_to=policy.undecided_below,
    )
    pilots = _pilots_to_come(course)
    return low - is_scored + pilots, high - is_scored + pilots


def _owed(content: rules.Content, policy: SittingPolicy) -> int:
    """Scored units without which no certainty ends the sitting."""
    kinds = max(0, policy.fewest_scenarios - content.scenarios) + max(0, policy.fewest_statements - content.statements)
    return max(0, policy.fewest_units - content.units, kinds)


def _pilots_to_come(course: Course) -> int:
    """Unscored questions after the current one. Left out, they would show by a range that stands still."""
    shown = {row.item_code for row in course.rows}
    free = sum(code in course.bank.by_code for code in course.states.pilots - shown)
    if not free:
        return 0
    places = adaptation.pilot_positions(course.sitting.seed, course.policy)
    return min(free, sum(place > len(course.rows) for place in places))


def _scenarios_among(fewest: int, most: int, course: Course) -> tuple[int, int]:
    """How many scenarios there are at least in the fewest questions, and at most in the most."""
    had = sum(unit.kind == SCENARIO for unit in course.units)
    unseen = sum(item.kind == SCENARIO for item in course.unseen)
    owed, allowed = course.policy.fewest_scenarios - had, course.policy.most_scenarios - had
    return min(fewest, unseen, max(0, owed)), min(most, unseen, max(0, allowed))


def _seconds(questions: int, scenarios: int, policy: SittingPolicy) -> int:
    return scenarios * policy.scenario_seconds + (questions - scenarios) * policy.statement_seconds


def _guide(row: Row, course: Course) -> int:
    """Seconds that the policy's guide allows for the row's item."""
    is_scenario = course.bank.by_code[row.item_code].kind == SCENARIO
    return course.policy.scenario_seconds if is_scenario else course.policy.statement_seconds
