"""Operating characteristics: figures that follow from the sittings, and gates that say when they fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from app.demo.answering import Answers
from app.demo.characteristics import HONEST, Share, characteristics
from app.demo.characteristics_report import write_report
from app.demo.cohorts import COHORTS, answers_of, everybody
from app.demo.population import Instrument
from app.demo.simulate import Simulated
from app.demo.simulate_command import simulate_command
from app.demo.simulated_sittings import Taken
from scoring.items import ItemParameters

TOP, LOW = 3.0, -1.0  # thetas far from the line


def sitting(number: int, cohort: str = "honest", **changes: object) -> Taken:
    values: dict[str, object] = {
        "account": 0, "turn": 0, "judgement": LOW, "self_report": LOW, "units": 14, "scenarios": 7,
        "probability": 0.01, "judgement_share": 0.6, "outcome": "not-awarded", "tier": 1, "flags": (),
        "shown": ("a", "b"),
    }  # fmt: skip
    return Taken(number=number, cohort=cohort, **{**values, **changes})


def a_population(awarded: int = 10, top: int = 10, honest: int = 100) -> Simulated:
    """A hundred honest people, the first `top` of them truly so and the first `awarded` awarded; one of each other."""
    taken = []
    for number in range(honest):
        theta = TOP if number < top else LOW
        fate = {"outcome": "awarded", "probability": 0.99} if number < awarded else {}
        taken.append(sitting(number, judgement=theta, self_report=theta, **fate))
    others = [cohort.name for cohort in COHORTS if cohort.name != "honest"]
    taken += [sitting(honest + k, name) for k, name in enumerate(others)]
    return Simulated(tuple(taken), 1.28, (0.5, 0.5), 0.5, (0.0, 0.0), None, 2)


def gates(simulated: Simulated) -> dict[str, tuple[float, float]]:
    return {gate.name: (gate.found, gate.short) for gate in characteristics(simulated).gates}


def test_perfect_decisions_meet_the_gates_of_decisions() -> None:
    found = gates(a_population())
    assert found["honest people awarded"] == (0.1, 0.0)
    assert found["PPV, honest"] == (1.0, 0.0)
    assert found["sensitivity, honest"] == (1.0, 0.0)
    assert found["faking good: people awarded"] == (0.0, 0.0)


def test_awards_to_the_wrong_people_fail_their_gates_by_as_much_as_they_miss() -> None:
    found = gates(a_population(awarded=20))
    assert found["honest people awarded"] == (0.2, pytest.approx(0.095))
    assert found["PPV, honest"] == (0.5, pytest.approx(0.35))
    few = gates(a_population(awarded=5))
    assert few["sensitivity, honest"] == (0.5, pytest.approx(0.28))


def test_fakers_who_are_awarded_and_worn_items_fail_their_gates(tmp_path) -> None:
    usual = a_population()
    taken = tuple(replace(one, outcome="awarded") if one.cohort == "faking good" else one for one in usual.taken)
    found = gates(replace(usual, taken=taken))
    assert found["faking good: people awarded"] == (1.0, pytest.approx(0.88))
    assert found["greatest exposure of an item"] == (1.0, pytest.approx(0.7))
    simulated = replace(usual, taken=taken)
    report = write_report(simulated, characteristics(simulated), command="decile simulate", directory=tmp_path / "out")
    text = report.read_text(encoding="utf-8")
    assert "**FAILS by 0.880**" in text
    assert "**DEMO." in text
    assert {one.name for one in report.parent.glob("*.svg")} == {
        "awarded.svg", "confidence.svg", "exposure.svg", "length.svg",
    }  # fmt: skip


def test_a_flag_on_honest_people_counts_and_one_on_the_careless_does_not() -> None:
    usual = a_population()
    for cohort, expected in (("honest", 1), ("slow", 1), ("careless: random", 0)):
        one = next(k for k, sat in enumerate(usual.taken) if sat.cohort == cohort)
        taken = [replace(sat, tier=2) if k == one else sat for k, sat in enumerate(usual.taken)]
        found = gates(replace(usual, taken=tuple(taken)))["honest sittings flagged (tier 2 or 3)"][0]
        honest = sum(sat.cohort in HONEST for sat in usual.taken)
        assert found == pytest.approx(expected / honest)


def test_any_account_and_any_retake_counts_for_the_person_once() -> None:
    usual = a_population()
    number = usual.taken[-1].number
    more = [
        sitting(number, "three accounts", account=k, outcome="awarded" if k == 2 else "not-awarded") for k in (1, 2)
    ]
    found = characteristics(replace(usual, taken=(*usual.taken, *more)))
    cohort = next(one for one in found.cohorts if one.name == "three accounts")
    assert (cohort.people, cohort.sittings, cohort.awarded.value, cohort.first.value) == (1, 3, 1.0, 0.0)


def test_a_share_has_an_interval_that_holds_it_and_never_leaves_its_range() -> None:
    for value, n in ((0.0, 5), (1.0, 5), (0.1, 1000)):
        low, high = Share(value, n).interval
        assert 0.0 <= low <= value + 1e-12
        assert value - 1e-12 <= high <= 1.0
    assert Share(0.1, 1000).interval == pytest.approx((0.0829, 0.1201), abs=1e-3)


def test_everybody_is_there_in_the_stated_shares_and_the_same_seed_gives_the_same_people() -> None:
    people = everybody(1000, 3)
    counts = Counter(one.cohort.name for one in people)
    assert counts == {cohort.name: round(1000 * cohort.share) for cohort in COHORTS}
    assert people == everybody(1000, 3)
    assert people != everybody(1000, 4)
    assert {one.practice == 0.0 for one in people if not one.cohort.has_practice} == {True}


def an_instrument() -> Answers:
    """Forty items of each kind, answered by their category, scenarios by two ratings."""
    places = np.linspace(-1, 1, 40)[:, None] + np.array([-1.3, -0.4, 0.4, 1.3])
    items = ItemParameters(np.full(40, 1.5), places)
    codes = tuple(f"J{k}" for k in range(40)), tuple(f"S{k}" for k in range(40))
    by_category = {code: {c: [c, c] for c in range(5)} for code in codes[0]}
    by_category |= {code: {c: c for c in range(5)} for code in codes[1]}
    both = (*codes[0], *codes[1])
    instrument = Instrument(codes[0], items, codes[1], items)
    return Answers(instrument, by_category, {code: place for place, code in enumerate(both)})


def mean_answers(cohort: str, answers: Answers, turn: int = 0) -> tuple[float, float]:
    """Mean category of judgement and of self-report over everybody of a cohort."""
    people = [one for one in everybody(2000, 5) if one.cohort.name == cohort]
    given = [answers_of(one, turn, answers, 5) for one in people]
    judged = np.mean([answer(code)[0] for answer in given for code in answers.instrument.judgement_codes])
    said = np.mean([answer(code) for answer in given for code in answers.instrument.self_report_codes])
    return float(judged), float(said)


def test_those_who_cheat_answer_as_it_is_said_of_them() -> None:
    answers = an_instrument()
    judged, said = mean_answers("honest", answers)
    faked = mean_answers("faking good", answers)
    assert faked[1] > said + 0.3
    assert abs(faked[0] - judged) < 0.25
    assert mean_answers("answered by an assistant", answers)[0] > judged + 0.8
    coached = mean_answers("coached on leaked items", answers)
    assert min(coached[0] - judged, coached[1] - said) > 0.15
    once, later = (mean_answers("retaking five times", answers, turn)[1] for turn in (0, 4))
    assert later > once + 0.2


@pytest.mark.long
def test_the_command_runs_everybody_through_the_use_cases_and_writes_its_report(tmp_path) -> None:
    arguments = ["--people", "24", "--seed", "2", "--processes", "2", "--out", str(tmp_path / "report")]
    run = CliRunner().invoke(simulate_command, arguments)
    assert run.exit_code == 0, run.output
    assert "Demo. Report:" in run.output
    assert "Operating characteristics" in (tmp_path / "report" / "README.md").read_text(encoding="utf-8")
