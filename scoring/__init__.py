"""Psychometrics as pure functions: arrays in, frozen values out; no web, no database, no clock, no files.

Importing it loads NumPy alone. What needs more (calibration, simulation) loads at first use, but a function that bears
its module's name is bound here at once: loaded later, the module would take the function's place.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scoring.ability import Ability, estimate_ability, probability_above
from scoring.adverse_impact import AdverseImpact, ImpactRow, ImpactTable, adverse_impact
from scoring.composite import Composite, CompositePosterior, decayed_prior
from scoring.errors import EmptyNormSample, InvalidItems, InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities, item_information, log_likelihood, test_information
from scoring.items import ItemParameters
from scoring.misfit_aware import misfit_aware
from scoring.person_fit import PersonFit, person_fit
from scoring.responses import MISSING, ResponseMatrix, reverse
from scoring.selection import information_tables, next_item
from scoring.situational_judgement import most_least_category, rate_each_category
from scoring.stopping import StopDecision, decide

if TYPE_CHECKING:
    from scoring.calibration import Calibration, calibrate
    from scoring.careless_responding import CarelessIndices, CarelessRule, careless_indices, fit_careless_rule
    from scoring.cut_scores import classification_accuracy
    from scoring.dif_result import Dif
    from scoring.differential_functioning import dif
    from scoring.drift import ShareDrift, share_drift
    from scoring.forced_choice import Triplets, fit_triplets, score_triplets
    from scoring.half_forms import HalfFormAgreement, StrayShare, estimate_stray_share, half_form_agreement
    from scoring.indices_of_carelessness import Scale
    from scoring.item_fit_statistics import ItemFit, item_fit, local_dependence
    from scoring.kinds_correlation import KindsCorrelation, estimate_kinds_correlation
    from scoring.linking import Link, link
    from scoring.many_facet import ManyFacet, fit_many_facet
    from scoring.norms import Cut, NormTable
    from scoring.purified_linking import purified_link
    from scoring.raking import Raking, rake
    from scoring.reliability import marginal_reliability
    from scoring.response_times import ResponseTimeModel, Speed, fit_response_times, speed
    from scoring.simulation import simulate_responses
    from scoring.sitting_simulation import SimulatedSittings, SittingRules, simulate_sittings
    from scoring.smooth_norms import SmoothNorms, fit_smooth_norms

__all__ = [
    "MISSING",
    "Ability",
    "AdverseImpact",
    "Calibration",
    "CarelessIndices",
    "CarelessRule",
    "Composite",
    "CompositePosterior",
    "Cut",
    "Dif",
    "EmptyNormSample",
    "HalfFormAgreement",
    "ImpactRow",
    "ImpactTable",
    "InvalidItems",
    "InvalidResponses",
    "ItemFit",
    "ItemParameters",
    "KindsCorrelation",
    "Link",
    "ManyFacet",
    "NormTable",
    "PersonFit",
    "Raking",
    "ResponseMatrix",
    "ResponseTimeModel",
    "Scale",
    "ScoringError",
    "ShareDrift",
    "SimulatedSittings",
    "SittingRules",
    "SmoothNorms",
    "Speed",
    "StopDecision",
    "StrayShare",
    "Triplets",
    "adverse_impact",
    "calibrate",
    "careless_indices",
    "category_probabilities",
    "classification_accuracy",
    "decayed_prior",
    "decide",
    "dif",
    "estimate_ability",
    "estimate_kinds_correlation",
    "estimate_stray_share",
    "fit_careless_rule",
    "fit_many_facet",
    "fit_response_times",
    "fit_smooth_norms",
    "fit_triplets",
    "half_form_agreement",
    "information_tables",
    "item_fit",
    "item_information",
    "link",
    "local_dependence",
    "log_likelihood",
    "marginal_reliability",
    "misfit_aware",
    "most_least_category",
    "next_item",
    "person_fit",
    "probability_above",
    "purified_link",
    "rake",
    "rate_each_category",
    "reverse",
    "score_triplets",
    "share_drift",
    "simulate_responses",
    "simulate_sittings",
    "speed",
    "test_information",
]

_LOADED_AT_FIRST_USE = {
    "CarelessIndices": "scoring.careless_responding",
    "CarelessRule": "scoring.careless_responding",
    "Scale": "scoring.indices_of_carelessness",
    "careless_indices": "scoring.careless_responding",
    "fit_careless_rule": "scoring.careless_responding",
    "ShareDrift": "scoring.drift",
    "share_drift": "scoring.drift",
    "Triplets": "scoring.forced_choice",
    "fit_triplets": "scoring.forced_choice",
    "score_triplets": "scoring.forced_choice",
    "ManyFacet": "scoring.many_facet",
    "fit_many_facet": "scoring.many_facet",
    "Raking": "scoring.raking",
    "rake": "scoring.raking",
    "ResponseTimeModel": "scoring.response_times",
    "Speed": "scoring.response_times",
    "fit_response_times": "scoring.response_times",
    "speed": "scoring.response_times",
    "SmoothNorms": "scoring.smooth_norms",
    "fit_smooth_norms": "scoring.smooth_norms",
    "Calibration": "scoring.calibration",
    "calibrate": "scoring.calibration",
    "classification_accuracy": "scoring.cut_scores",
    "local_dependence": "scoring.item_fit_statistics",
    "Dif": "scoring.dif_result",
    "dif": "scoring.differential_functioning",
    "ItemFit": "scoring.item_fit_statistics",
    "item_fit": "scoring.item_fit_statistics",
    "HalfFormAgreement": "scoring.half_forms",
    "StrayShare": "scoring.half_forms",
    "half_form_agreement": "scoring.half_forms",
    "estimate_stray_share": "scoring.half_forms",
    "KindsCorrelation": "scoring.kinds_correlation",
    "estimate_kinds_correlation": "scoring.kinds_correlation",
    "SimulatedSittings": "scoring.sitting_simulation",
    "SittingRules": "scoring.sitting_simulation",
    "simulate_sittings": "scoring.sitting_simulation",
    "Link": "scoring.linking",
    "link": "scoring.linking",
    "purified_link": "scoring.purified_linking",
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
