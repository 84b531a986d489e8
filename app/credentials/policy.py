"""What may be set about credentials: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.foundation.policies import Bounds


@dataclass(frozen=True, slots=True)
class CredentialPolicy:
    """The issuer's name, and how long readers may rely on what they were told."""

    policy_name: ClassVar[str] = "credentials"
    tighter: ClassVar[Mapping[str, str]] = {"review_within_working_days": "lower"}
    bounds: ClassVar[Mapping[str, Bounds]] = {"status_list_share": (0.00001, 1)}  # a list has room for one
    issuer_name: str = "Decile"
    renewal_window_days: int = 60
    reminder_days: tuple[int, ...] = (60, 30, 7, 1, 0)  # before the end, and at it
    start_skew_seconds: int = 300  # a reader's clock may run behind; at the end of the term there is no allowance
    status_cache_seconds: int = 60  # a revocation is seen everywhere within a minute
    status_list_share: float = 0.5  # of a list's entries used before the next is begun; a full one tells volume
    review_within_working_days: int = 10  # a certificate of a compromised key that waits for a person
    hidden_when_restricted: tuple[str, ...] = ()  # causes, of death, legal-hold, dispute, for which pages show nothing
    longest_review_reason: int = 2000  # characters
