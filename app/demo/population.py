"""The simulated people of the demonstration. Everything here is invented; nothing was measured on anybody.

The population is stated, not estimated. Judgement and self-report are two thetas, each standard normal, that
correlate .6. Responses follow the graded response model. Thresholds are those the authors of the bank expect
(`prior_parameters` in bank.yaml), shifted a little for each item. Slopes are drawn around 1.5 for statements and 1.7
for scenarios. The latter is far above the .7 the authors expect of real scenarios: with .7, twelve scenarios could
never carry half of the evidence, the award rule would rightly refuse everybody, and there would be no certificate to
show. So nothing about the bank, its reliability or the share of awards can be concluded from the demonstration.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.item_bank.calibrated_items import CalibratedItems
from app.norming.mapping import SampleMapping
from app.norming.sample_file import SampleFile
from scoring.items import ItemParameters
from scoring.simulation import simulate_kinds, simulate_responses

SEED = 20_261_123
KINDS_CORRELATION = 0.6  # judgement with self-report
STATEMENT_SLOPE, SCENARIO_SLOPE = 1.5, 1.7  # logits per standard deviation
SLOPE_SPREAD = 0.15  # standard deviation of the slopes of one kind
THRESHOLD_SPREAD = 0.15  # standard deviation of the shift of an item's thresholds, in logits of theta
DESCRIBED_AS = {"en": "Simulated people (demonstration)", "fr": "Personnes simulées (démonstration)"}
CONSENT = "Simulated people (demonstration): nobody exists who could be asked"
YOUNGEST, OLDEST = 18, 100  # years: a simulated person is an adult by definition


@dataclass(frozen=True, slots=True)
class Wave:
    """One group of simulated people who answered every item, in one language within one window."""

    number: int  # tells the random numbers of one wave from those of another
    language: str
    mean: float  # of both thetas
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """The items as simulated people meet them: true parameters, judgement and self-report apart."""

    judgement_codes: tuple[str, ...]
    judgement: ItemParameters
    self_report_codes: tuple[str, ...]
    self_report: ItemParameters

    @property
    def codes(self) -> tuple[str, ...]:
        """Every item, scenarios first."""
        return self.judgement_codes + self.self_report_codes


def instrument_of(expected: CalibratedItems) -> Instrument:
    """The invented truth behind a bank whose authors expect `expected`."""
    if expected.judgement is None or expected.self_report is None:
        raise ValueError("the demonstration needs a bank with statements and scenarios")
    rng = np.random.default_rng(SEED)
    return Instrument(
        expected.judgement_codes,
        _invented(expected.judgement, SCENARIO_SLOPE, rng),
        expected.self_report_codes,
        _invented(expected.self_report, STATEMENT_SLOPE, rng),
    )


def _invented(expected: ItemParameters, slope: float, rng: np.random.Generator) -> ItemParameters:
    slopes = slope + SLOPE_SPREAD * rng.standard_normal(len(expected))
    shifts = THRESHOLD_SPREAD * rng.standard_normal((len(expected), 1))
    return ItemParameters(slopes, expected.thresholds + shifts)


def answers_of(wave: Wave, people: int, instrument: Instrument) -> NDArray[np.int8]:
    """Categories of everybody, shape (people, items), in the order of `instrument.codes`; more is more skill."""
    rng = np.random.default_rng([SEED, wave.number])
    thetas = simulate_kinds(people, KINDS_CORRELATION, rng) + wave.mean
    judgement = simulate_responses(instrument.judgement, thetas[:, 0], rng)
    self_report = simulate_responses(instrument.self_report, thetas[:, 1], rng)
    return np.hstack([judgement, self_report])


def sample_of(answers: NDArray[np.int8], instrument: Instrument, reversed_codes: frozenset[str]) -> SampleFile:
    """The answers as a file would have held them: reversed items as people answer them."""
    is_reversed = [code in reversed_codes for code in instrument.codes]
    highest = np.concatenate([instrument.judgement.categories, instrument.self_report.categories]) - 1
    as_answered = np.where(is_reversed, highest - answers, answers).astype(np.int8)
    sha256 = hashlib.sha256(as_answered.tobytes()).hexdigest()
    return SampleFile(as_answered, instrument.codes, len(answers), {}, sha256)


def mapping_of(wave: Wave, instrument: Instrument, instrument_name: str) -> SampleMapping:
    """What the importer is told about the sample: above all, that it is simulated."""
    categories = int(instrument.judgement.categories.max())
    return SampleMapping.model_validate(
        {
            "instrument": instrument_name,
            "bank": "released",
            "items": {code: {} for code in instrument.codes},
            "codes": [str(code) for code in range(categories)],
            "language": wave.language,
            "population_fr": DESCRIBED_AS["fr"],
            "age": {"column": "age", "from": YOUNGEST, "to": OLDEST},
            "collected": {"from": wave.first_on, "to": wave.last_on},
            "consent": CONSENT,
            "person": "none",
            "simulated": True,
        }
    )
