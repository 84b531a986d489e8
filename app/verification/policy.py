"""How long links and questions last: data with a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class VerificationPolicy:
    """Terms of what holders share and recruiters ask."""

    policy_name: ClassVar[str] = "verification"

    share_days: tuple[int, ...] = (7, 30, 90)
    most_open_shares: int = 50  # of one certificate
    challenge_hours: int = 24  # a candidate answers the next day
    challenge_kept_days: int = 30  # after its end the recruiter may look at the answer for so long
