"""How often one network may ask: policy data, read when the web process starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Requests per network address and window. Rates slow guessing down; they never lock a person out for good."""

    policy_name: ClassVar[str] = "rates"
    all_pages_per_minute: int = 600
    sign_in_requests_per_hour: int = 60
    sign_in_confirmations_per_hour: int = 120
    verifications_per_minute: int = 120
    not_found_per_minute: int = 60
    questions_per_hour: int = 30  # to holders
    batches_per_minute: int = 10  # of up to 1,000 codes; 10,000 guesses a minute find none of 2**80
    api_calls_per_minute: int = 300  # of one token
