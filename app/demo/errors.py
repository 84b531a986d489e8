"""Named refusals of the demonstration."""

from __future__ import annotations

from collections.abc import Sequence

from app.foundation.errors import Conflict, Invalid, Refused


class RealContentThere(Conflict):
    """Simulated people have no business beside real ones."""

    code = "demo-real-content"

    def __init__(self, skill: str, found: str) -> None:
        super().__init__(
            f"There is {found} of {skill} here. Simulated people are never mixed with real ones, so nothing was "
            "loaded. Load the demonstration into a data directory of its own: DECILE_DATA=demo decile up"
        )


class TooFewSimulated(Invalid):
    """A norm of so few could not award anything."""

    code = "demo-too-few"

    def __init__(self, given: int, needed: int) -> None:
        super().__init__(
            f"{given} simulated people are too few: a norm may award from {needed} on. "
            f"Use --candidates {needed} or more."
        )


class SignerNeeded(Conflict):
    """The specimens of the demonstration are signed like any credential."""

    code = "demo-signer-needed"

    def __init__(self) -> None:
        super().__init__(
            "The demonstration issues specimens and needs the worker's signing key. Run it under the worker's account."
        )


class NotATrialIssuer(Refused):
    """A gate is loosened where credentials could be real."""

    code = "demo-not-a-trial-issuer"

    def __init__(self, policy: str, gates: Sequence[str]) -> None:
        super().__init__(
            f"Policy {policy}: {', '.join(gates)} cannot be loosened here. Only a trial issuer may, whose every "
            "credential is a specimen."
        )


class FoundingBegun(Conflict):
    """A founding run begins with nothing of its skill there, and with the policies as shipped."""

    code = "demo-founding-begun"

    def __init__(self, found: str) -> None:
        super().__init__(
            f"There is {found} here already, and a founding run begins at the beginning. Give it a data directory of "
            "its own: DECILE_DATA=founding decile db upgrade, keys init, demo found"
        )


class NoContent(Invalid):
    """A skill that has no item bank, or no skill of ours."""

    code = "demo-no-content"

    def __init__(self, skill: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no item bank of {skill}. Skills with one: {', '.join(known)}.")
