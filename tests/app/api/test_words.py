"""Every word that a program branches on stands in the document, and no word stands there that is never sent."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.assessment.models import State, Stop
from app.awarding.models import Outcome
from app.awarding.policy import AwardPolicy
from app.awarding.rules import KINDS_APART, refusal_reasons, specimen_reasons
from app.credentials.states import RevocationReason, Visibility
from app.norming.models import NormState
from app.norming.policy import NormPolicy
from app.norming.rules import Gate, standing
from app.verification.verdict import Reason, Verdict
from app.verification.verify_batch import RowProblem
from tests.app.api.world import World
from tests.app.awarding.test_rules import TOP
from tests.app.norming.test_rules import TODAY, facts

NOTHING_MEASURED = facts(
    n=1, has_judgement=False, parameters_estimated=False, window_start_on=None, consent_basis=None, ages_known=False
)
OLD = facts(window_start_on=TODAY.replace(year=1990))
NO_NORM = replace(TOP, decision_confidence=None, statements=0, scenarios=0, judgement_share=0.0, is_balanced=False)
A_SPECIMEN = replace(TOP, demo=True, provisional_key=True, norm_of_trial=True)


def gate_reasons() -> set[str]:
    found = [
        standing(facts, float("inf"), error_at_cut=float("inf"), on=TODAY, policy=NormPolicy())
        for facts in (NOTHING_MEASURED, OLD)
    ]
    return {reason for one in found for reason in one.reasons}


def refusals() -> set[str]:
    by_norm = replace(NO_NORM, norm_may_certify=False, norm_reasons=tuple(gate_reasons()))
    below = replace(TOP, decision_confidence=0.0)
    found = [refusal_reasons(one, AwardPolicy()) for one in (by_norm, below)]
    return {KINDS_APART, *(reason for reasons in found for reason in reasons)}


WORDS = {
    ("Verdict", "verdict"): set(Verdict),
    ("Verdict", "reasons"): set(Reason),
    ("BatchEntry", "problem"): set(RowProblem),
    ("Sitting", "state"): set(State),
    ("Sitting", "stop_reason"): set(Stop),
    ("KeptResponse", "state"): set(State),
    ("Decision", "outcome"): set(Outcome),
    ("Decision", "reasons"): refusals(),
    ("Decision", "specimen_reasons"): set(specimen_reasons(A_SPECIMEN, AwardPolicy(trial_issuer=True))),
    ("Certificate", "visibility"): set(Visibility),
    ("Certificate", "revocation_reason"): set(RevocationReason),
    ("Norm", "state"): set(NormState),
    ("Norm", "gate"): set(Gate),
    ("Norm", "gate_reasons"): gate_reasons(),
}


def words_of(schema: dict[str, Any]) -> set[str]:
    """Of a text, of a text that may be null, or of the texts in a list."""
    inner = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return set(schema.get("enum", ())).union(*map(words_of, inner))


def test_the_recipes_explain_every_verdict_and_every_reason():
    recipes = (Path(__file__).parents[3] / "docs" / "api_recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:`([a-z-]+)` )?\| `([a-z-]+)` \| [A-Z]", recipes, re.MULTILINE)
    assert {verdict for verdict, _ in rows if verdict} == set(Verdict)
    assert [reason for _, reason in rows] == list(dict.fromkeys(reason for _, reason in rows))
    assert {reason for _, reason in rows} == set(Reason)


@pytest.mark.parametrize(("shape", "name"), WORDS)
def test_the_document_names_every_word_that_may_be_sent(shared_world: World, shape: str, name: str):
    schemas = shared_world.app.test_client().get("/openapi.json").json["components"]["schemas"]
    assert words_of(schemas[shape]["properties"][name]) == set(map(str, WORDS[shape, name]))
