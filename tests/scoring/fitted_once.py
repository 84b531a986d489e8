"""Calibrations of real and simulated responses that several test modules look at: each is made once a session."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.calibration import Calibration, calibrate
from scoring.dif_result import Dif
from scoring.differential_functioning import dif
from scoring.items import ItemParameters
from scoring.linking import Link, link
from scoring.simulation import simulate_responses
from tests.conftest import shared_file
from tests.scoring.real_responses import irt, reference, responses

DATA = {"bfi": ("data/bfi.csv", ","), "BIG5": ("data/openpsy_big5.csv.gz", "\t")}


@cache
def stored(case: str) -> dict[str, Any]:
    return reference(shared_file, case)


@cache
def answers(name: str) -> NDArray[np.float64]:
    return responses(shared_file, name)


@cache
def calibrated(case: str) -> Calibration:
    """Our own fit of a reference case."""
    return calibrate(answers(case.split("__", maxsplit=1)[0]), stored(case)["itemtype"].lower())


@cache
def stored_items(case: str) -> ItemParameters:
    """The reference's item parameters."""
    table = stored(case)
    if table["itemtype"] == "nominal":
        rows = np.array(table["irt"], dtype=float)
        half = rows.shape[1] // 2
        return ItemParameters.nominal(rows[:, :half], rows[:, half:])
    slopes, thresholds = irt(table)
    model = {"Rasch": "gpcm"}.get(table["itemtype"], table["itemtype"].lower())
    return ItemParameters(slopes, thresholds, model)


@cache
def stored_scores(case: str) -> dict[str, NDArray[np.float64]]:
    """Columns of a reference's scores; NaN where it has none."""
    path: Path = shared_file(f"reference/{case}_scores.csv")
    rows = list(csv.reader(path.read_text().splitlines()))
    numbers = np.array([[np.nan if cell in {"", "NA"} else float(cell) for cell in row] for row in rows[1:]])
    return dict(zip(rows[0], numbers.T, strict=True))


@cache
def gender(data: str) -> NDArray[np.float64]:
    name, separator = DATA[data]
    raw = shared_file(name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith("gz") else raw).decode()
    rows = list(csv.DictReader(text.splitlines(), delimiter=separator))
    return np.array([float(row["gender"]) for row in rows])


@cache
def dif_case(case: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Responses and groups of a reference for differential functioning."""
    name = "BIG5_E" if "BIG5" in case else case.removeprefix("DIF__").removesuffix("_gender")
    codes, groups = answers(name), gender(name.split("_", maxsplit=1)[0])
    kept = np.isin(groups, (1, 2)) & ~np.isnan(codes).all(axis=1)
    first = 4000 if "first4000" in case else None
    return codes[kept][:first], groups[kept][:first]


@cache
def dif_found(case: str) -> Dif:
    return dif(*dif_case(case))


def linking_design() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Males' answers to E1 … E7 and females' to E4 … E10, as one matrix, with groups."""
    codes, groups = answers("BIG5_E"), gender("BIG5")
    codes, groups = codes[np.isin(groups, (1, 2))].copy(), groups[np.isin(groups, (1, 2))]
    codes[np.ix_(groups == 1, np.arange(7, 10))] = np.nan
    codes[np.ix_(groups == 2, np.arange(3))] = np.nan
    return codes, groups


@cache
def form(group: int) -> Calibration:
    codes, groups = linking_design()
    return calibrate(codes[groups == group][:, slice(0, 7) if group == 1 else slice(3, 10)])


@cache
def form_link(method: str) -> Link:
    return link(form(2).items.take(range(4)), form(1).items.take(range(3, 7)), method)


@cache
def concurrent() -> Calibration:
    codes, groups = linking_design()
    return calibrate(codes, groups=groups)


@cache
def simulated_two_groups(model: str = "graded") -> tuple[ItemParameters, NDArray[np.int8], NDArray[np.str_]]:
    """Two groups, the second N(.5, .8²), on eight items without any difference between the groups."""
    rng = np.random.default_rng(31)
    thresholds = np.sort(rng.normal(0, 1, (8, 3)), axis=1) + 0.3 * np.arange(3)
    items = ItemParameters(rng.uniform(0.9, 2.0, 8), thresholds, model)
    theta = np.concatenate([rng.standard_normal(1500), 0.5 + 0.8 * rng.standard_normal(1500)])
    return items, simulate_responses(items, theta, rng), np.repeat(["first", "second"], 1500)
