"""How long an answer under an Idempotency-Key is kept: data with a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ApiPolicy:
    """Terms of the API."""

    policy_name: ClassVar[str] = "api"
    tighter: ClassVar[Mapping[str, str]] = {}  # nothing here touches awards or norms

    answers_kept_hours: int = 24  # long enough for a program that comes back the next morning
