"""Raking: margins met, design weights kept, the reference's weights found again."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from scoring.errors import EmptyNormSample, ScoringError
from scoring.raking import rake
from tests.conftest import shared_file
from tests.scoring.real_responses import reference


def test_weights_agree_with_the_reference_program() -> None:
    stored = reference(shared_file, "cNORM_elfe")["weights_demo"]
    rows = list(csv.DictReader(shared_file("data/cnorm_ppvt.csv").read_text().splitlines()))
    targets: dict[str, dict[str | int, float]] = {}
    for margin in stored["margins"]:
        targets.setdefault(margin["var"], {})[margin["level"]] = margin["prop"]
    raked = rake({name: [int(row[name]) for row in rows] for name in targets}, targets)
    scaled = raked.weights / raked.weights.min()  # the reference sets its smallest weight to 1
    assert raked.converged
    assert scaled[:20] == pytest.approx(stored["first20"], abs=1e-6)
    assert (scaled.min(), scaled.max()) == pytest.approx(stored["range"], abs=1e-6)
    assert scaled.sum() == pytest.approx(stored["sum"], rel=1e-6)


def test_one_margin_is_post_stratification_by_hand() -> None:
    raked = rake({"sex": ["f", "f", "f", "m"]}, {"sex": {"f": 0.5, "m": 0.5}})
    assert raked.weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    assert raked.factors == {"sex": {"f": pytest.approx(2 / 3), "m": pytest.approx(2.0)}}
    assert raked.design_effect == pytest.approx(4 * (3 * 4 / 9 + 4) / 16)


def sample() -> tuple[dict[str, list[str | int | None]], dict[str, dict[str | int, float]], np.ndarray]:
    rng = np.random.default_rng(4)
    strata: dict[str, list[str | int | None]] = {
        "sex": rng.choice(["f", "m"], 300, p=[0.7, 0.3]).tolist(),
        "region": rng.choice([1, 2, 3], 300, p=[0.2, 0.3, 0.5]).tolist(),
    }
    targets: dict[str, dict[str | int, float]] = {"sex": {"f": 0.51, "m": 0.49}, "region": {1: 0.3, 2: 0.3, 3: 0.4}}
    return strata, targets, rng.lognormal(0, 0.7, 300)


def test_design_weights_survive_within_every_cell() -> None:
    strata, targets, design = sample()
    raked = rake(strata, targets, design)
    ratio = raked.weights / design
    for sex in "fm":
        for region in (1, 2, 3):
            cell = [k for k in range(300) if (strata["sex"][k], strata["region"][k]) == (sex, region)]
            factor = raked.factors["sex"][sex] * raked.factors["region"][region]
            assert ratio[cell] == pytest.approx(np.full(len(cell), factor), rel=1e-12)
    assert raked.weights.sum() == pytest.approx(design.sum())
    assert np.ptp(rake(strata, targets).weights / raked.weights) > 0.5  # they do matter


def test_every_margin_is_met() -> None:
    strata, targets, design = sample()
    raked = rake(strata, targets, design)
    for name, target in targets.items():
        for level, share in target.items():
            found = raked.weights[[value == level for value in strata[name]]].sum() / raked.weights.sum()
            assert found == pytest.approx(share, abs=1e-11)
    assert raked.design_effect > 1


def test_people_of_unknown_stratum_keep_their_share_and_are_counted() -> None:
    strata, targets, design = sample()
    strata["sex"][:30] = [None] * 30
    raked = rake({"sex": strata["sex"]}, {"sex": targets["sex"]}, design)
    assert raked.unknown == {"sex": 30}
    assert raked.weights[:30] == pytest.approx(design[:30])
    known = raked.weights[30:]
    assert known[[v == "f" for v in strata["sex"][30:]]].sum() / known.sum() == pytest.approx(0.51)


def test_people_unknown_in_one_of_two_margins_keep_their_share_and_the_others_meet_every_target() -> None:
    strata = {"sex": ["m"] * 40 + ["f"] * 40 + [None] * 20, "region": ["N"] * 60 + ["S"] * 40}
    targets = {"sex": {"m": 0.5, "f": 0.5}, "region": {"N": 0.7, "S": 0.3}}
    strata["sex"][0] = strata["region"][1] = strata["region"][99] = None  # such people live in both regions
    design = np.random.default_rng(6).lognormal(0, 0.5, 100)
    raked = rake(strata, targets, design)
    assert raked.converged
    assert raked.unknown == {"sex": 21, "region": 2}
    assert raked.weights.sum() == pytest.approx(design.sum())
    for name, target in targets.items():
        lacking = np.array([value is None for value in strata[name]])
        share = design[lacking].sum() / design.sum()
        assert raked.weights[lacking].sum() / raked.weights.sum() == pytest.approx(share, abs=1e-11)
        for level, wanted in target.items():
            mine = np.array([value == level for value in strata[name]])
            assert raked.weights[mine].sum() / raked.weights[~lacking].sum() == pytest.approx(wanted, abs=1e-11)
    product = [raked.factors["sex"][a] * raked.factors["region"][b] for a, b in zip(*strata.values(), strict=True)]
    assert raked.weights == pytest.approx(design * product)


def test_margins_that_contradict_each_other_do_not_converge_and_say_so() -> None:
    raked = rake({"a": ["x", "x", "y"], "b": ["u", "u", "v"]}, {"a": {"x": 0.5, "y": 0.5}, "b": {"u": 0.9, "v": 0.1}})
    assert not raked.converged
    assert "contradict" in raked.notes[0]
    assert np.isfinite(raked.weights).all()
    known = {"a": ["x"] * 4 + ["y"] * 4 + [None] * 2, "b": ["u"] * 6 + ["v"] * 4}  # a fifth unknown, all of them in v
    raked = rake(known, {"a": {"x": 0.5, "y": 0.5}, "b": {"u": 0.9, "v": 0.1}})
    assert not raked.converged
    assert "contradict" in raked.notes[0]


def test_the_order_of_margins_does_not_matter() -> None:
    strata, targets, design = sample()
    turned = rake(dict(reversed(strata.items())), dict(reversed(targets.items())), design)
    assert turned.weights == pytest.approx(rake(strata, targets, design).weights, rel=1e-9)


@pytest.mark.parametrize(
    ("strata", "targets", "design", "message"),
    [
        ({"a": ["x"]}, {"b": {"x": 1.0}}, None, "must name the same"),
        ({"a": ["x", "y"]}, {"a": {"x": 0.5, "y": 0.4}}, None, "sum to 1"),
        ({"a": ["x", "x"]}, {"a": {"x": 0.5, "y": 0.5}}, None, "nobody in y"),
        ({"a": ["x", "z"]}, {"a": {"x": 1.0}}, None, "no target for"),
        ({"a": ["x"]}, {"a": {"x": 1.0}}, [0.0], "above 0"),
        ({"a": ["x"], "b": ["x", "y"]}, {"a": {"x": 1.0}, "b": {"x": 1.0}}, None, "one stratum"),
        ({}, {}, None, "must be a margin"),
    ],
)
def test_raking_refuses_what_cannot_be_meant(strata: dict, targets: dict, design: list | None, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        rake(strata, targets, design)


def test_nobody_cannot_be_raked() -> None:
    with pytest.raises(EmptyNormSample):
        rake({"a": []}, {"a": {"x": 1.0}})
