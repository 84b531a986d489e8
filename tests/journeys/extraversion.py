"""The real respondents of the main journey: BIG5 extraversion, adults, read from the test-only material."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tests.journeys.installation import UNLIMITED_RATES
from tests.journeys.pages import Form

COLUMNS = [f"E{number}" for number in range(1, 11)]
REVERSED = ["E2", "E4", "E6", "E8", "E10"]
YOUNGEST, OLDEST = 18, 100
KEPT_OUT = 500
SEED = 20261123
SKILL = "extraversion"
POPULATION = "Adults who took an online personality test"

TRIAL_POLICY = f"""
[award]
trial_issuer = true
fewest_units = 10
fewest_statements = 10
fewest_scenarios = 0
judgement_share = 0.0

[sitting]
fewest_units = 10
fewest_statements = 10
fewest_scenarios = 0
fewest_judgement_share = 0.0
composite_weights = [0.0, 1.0]

[norming]
activation_delay_hours = 0
window_must_be_known = false
consent_must_be_stated = false
judgement_must_be_measured = false

{UNLIMITED_RATES}"""


@dataclass(frozen=True)
class Sample:
    """What is imported, and the people kept out: their raw codes 1-5, (persons, items)."""

    imported: pd.DataFrame
    kept_out: np.ndarray


def read_sample(path: Path) -> Sample:
    """Adults with at least one response; those kept out are drawn by seed among the complete."""
    rows = pd.read_csv(path, sep="\t")[[*COLUMNS, "age"]]
    adults = rows[rows.age.between(YOUNGEST, OLDEST) & (rows[COLUMNS] > 0).any(axis=1)].reset_index(drop=True)
    complete = np.flatnonzero((adults[COLUMNS] > 0).all(axis=1).to_numpy())
    chosen = np.random.default_rng(SEED).choice(complete, KEPT_OUT, replace=False)
    return Sample(adults.drop(index=chosen), adults.loc[chosen, COLUMNS].to_numpy())


def write_files(sample: Sample, directory: Path) -> tuple[Path, Path]:
    """The CSV and its mapping, as an operator would hand them in."""
    data, mapping = directory / "sample.csv", directory / "sample.mapping.yaml"
    sample.imported.to_csv(data, index=False)
    content = {
        "instrument": "Ten statements on extraversion",
        "items": {column: {"en": f"Statement {column}."} for column in COLUMNS},
        "codes": [1, 2, 3, 4, 5],
        "missing": [0],
        "reverse": REVERSED,
        "labels": {"en": ["Disagree", "Rather disagree", "Neither", "Rather agree", "Agree"]},
        "language": "en",
        "age": {"column": "age", "from": YOUNGEST, "to": OLDEST},
        "collected": "unknown",
        "consent": "not stated",
        "person": "none",
    }
    mapping.write_text(yaml.safe_dump(content), encoding="utf-8")
    return data, mapping


def really_answered(codes: np.ndarray):
    """Answers each shown item with what this person really answered."""

    def answer(page: str, form: Form) -> dict[str, str]:
        shown = re.search(r"Statement (E\d+)\.", page)
        assert shown, page[:2000]
        code = int(codes[COLUMNS.index(shown.group(1))])
        assert str(code - 1) in form.choices["answer"]
        return {"answer": str(code - 1)}

    return answer
