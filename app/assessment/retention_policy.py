"""How long what is kept: policy data, with the shipped values of the founders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Times after which data goes by itself. What a person may have erased sooner is another matter."""

    policy_name: ClassVar[str] = "retention"
    response_months: int = 24  # after a sitting's end; then its numbers alone. Never less than norms look back
