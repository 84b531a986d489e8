"""Named refusals of the demonstration."""

from __future__ import annotations

from app.foundation.errors import Conflict, Invalid


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
