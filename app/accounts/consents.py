"""What people may consent to, each by itself. A changed text is a new version, and needs a new consent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsentOffer:
    """One consent as it is put to people. Title and text are message ids; pages translate them."""

    kind: str
    version: int
    title: str
    text: str


def _(text: str) -> str:
    """Mark a text for the catalogue: pages translate it when they show it."""
    return text


ASSESSMENT = "assessment"
NORM_USE = "norm_use"

OFFERS = (
    ConsentOffer(
        ASSESSMENT,
        1,
        _("Take assessments"),
        _(
            "Decile may keep my responses and work out my results from them. Responses are kept for 24 months, after "
            "that only the scores. Without this I cannot take an assessment. I can withdraw at any time."
        ),
    ),
    ConsentOffer(
        NORM_USE,
        1,
        _("Help build the norm"),
        _(
            "Decile may count my first assessment of each skill, without my name, among the results others are "
            "compared with, and use it in studies of how well the assessments work. This is my free choice: saying no "
            "changes nothing for me. I can withdraw at any time; norms already published stay as they are."
        ),
    ),
)


def offer_of(kind: str) -> ConsentOffer | None:
    """The consent of this kind as offered today."""
    return next((offer for offer in OFFERS if offer.kind == kind), None)
