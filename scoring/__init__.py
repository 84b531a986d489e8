"""Psychometrics as pure functions: arrays in, frozen values out; no web, no database, no clock, no files.

Importing it loads NumPy alone. What needs more (calibration, simulation) loads at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scoring.ability import Ability, estimate_ability, probability_above
from scoring.composite import Composite, CompositePosterior, decayed_prior
from scoring.errors import EmptyNormSample, InvalidItems, InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities, item_information, log_likelihood, test_information
from scoring.items import ItemParameters
from scoring.responses import MISSING, ResponseMatrix, reverse
from scoring.selection import information_tables, next_item
from scoring.situational_judgement import rate_each_category
from scoring.stopping import StopDecision, decide

if TYPE_CHECKING:
    from scoring.calibration import Calibration, calibrate
    from scoring.cut_scores import classification_accuracy
    from scoring.norms import Cut, NormTable
    from scoring.reliability import marginal_reliability
    from scoring.simulation import simulate_responses

__all__ = [
    "MISSING",
    "Ability",
    "Calibration",
    "Composite",
    "CompositePosterior",
    "Cut",
    "EmptyNormSample",
    "InvalidItems",
    "InvalidResponses",
    "ItemParameters",
    "NormTable",
    "ResponseMatrix",
    "ScoringError",
    "StopDecision",
    "calibrate",
    "category_probabilities",
    "classification_accuracy",
    "decayed_prior",
    "decide",
    "estimate_ability",
    "information_tables",
    "item_information",
    "log_likelihood",
    "marginal_reliability",
    "next_item",
    "probability_above",
    "rate_each_category",
    "reverse",
    "simulate_responses",
    "test_information",
]

_LOADED_AT_FIRST_USE = {
    "Calibration": "scoring.calibration",
    "calibrate": "scoring.calibration",
    "classification_accuracy": "scoring.cut_scores",
    "Cut": "scoring.norms",
    "NormTable": "scoring.norms",
    "marginal_reliability": "scoring.reliability",
    "simulate_responses": "scoring.simulation",
}


def __getattr__(name: str) -> Any:
    """Load a heavier name when it is first asked for (PEP 562)."""
    if name not in _LOADED_AT_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_LOADED_AT_FIRST_USE[name]), name)
    globals()[name] = found
    return found
