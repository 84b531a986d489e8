"""What scoring refuses. Every kind is a ValueError: the arrays handed in cannot be meant."""

from __future__ import annotations


class ScoringError(ValueError):
    """Arrays that do not describe what they claim to, with the remedy."""


class InvalidItems(ScoringError):
    """Item parameters outside their model."""


class InvalidResponses(ScoringError):
    """Responses of a wrong shape or with impossible codes."""


class EmptyNormSample(ScoringError):
    """A norm needs at least one score."""

    def __init__(self) -> None:
        super().__init__("The norm sample holds no score; give at least one finite score.")
