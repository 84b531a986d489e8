"""The words that programs branch on, taken from where each is kept, so that the document names them all.

They are told and not checked: what goes out was checked when it was stored. A later version may send further words.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import WithJsonSchema

from app.assessment.queries import SITTING_STATES, STOP_REASONS
from app.awarding.queries import OUTCOMES
from app.awarding.rules import KINDS_APART
from app.credentials.states import RevocationReason, Visibility
from app.norming.queries import NORM_STATES
from app.norming.rules import CUT_NOT_MEASURED, Gate
from app.verification.verdict import Reason, Verdict
from app.verification.verify_batch import RowProblem

GATE_REASONS = (
    "sample-too-small",
    "cut-uncertain",
    CUT_NOT_MEASURED,
    "parameters-not-estimated",
    "self-report-only",
    "window-unknown",
    "window-too-old",
    "consent-not-stated",
    "ages-unknown",
)
DECISION_REASONS = (
    "below-the-cut",
    "fewer-than-minimum-units",
    "fewer-than-minimum-statements",
    "self-report-only",
    "fewer-than-minimum-scenarios",
    "judgement-share",
    "content-unbalanced",
    "no-norm",
    KINDS_APART,
    *(f"norm-{reason}" for reason in GATE_REASONS),
)
SPECIMEN_REASONS = ("demo-norm", "provisional-key", "trial-issuer", "trial-norm")


def _one_of(*words: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in words]})


SittingState = Annotated[str, _one_of(*SITTING_STATES)]
StopReason = Annotated[str, _one_of(*STOP_REASONS)]
DecisionOutcome = Annotated[str, _one_of(*OUTCOMES)]
DecisionReason = Annotated[str, _one_of(*DECISION_REASONS)]
SpecimenReason = Annotated[str, _one_of(*SPECIMEN_REASONS)]
WhoSees = Annotated[str, _one_of(*Visibility)]
WhyRevoked = Annotated[str, _one_of(*RevocationReason)]
VerdictWord = Annotated[str, _one_of(*Verdict)]
VerdictReason = Annotated[str, _one_of(*Reason)]
LineProblem = Annotated[str, _one_of(*RowProblem)]
NormStanding = Annotated[str, _one_of(*NORM_STATES)]
NormGate = Annotated[str, _one_of(*Gate)]
GateReason = Annotated[str, _one_of(*GATE_REASONS)]
