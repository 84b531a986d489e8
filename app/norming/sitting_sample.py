"""Sittings of ours as a sample file would hold them, described as every sample is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.assessment.norming_rows import NormingRow
from app.item_bank.queries import BankReleaseView, ItemView
from app.norming.mapping import SampleMapping
from app.norming.policy import NormPolicy
from app.norming.sample_file import MISSING, SampleFile

OLDEST = 130  # years, of the mapping's rule: adults by their own word at sign-up
CONSENT = "Each person consented to norm use in their account"


def sample_file(
    rows: Sequence[NormingRow], items: Sequence[ItemView], labels: Mapping[str, tuple[str, ...]] | None = None
) -> SampleFile:
    """One row for each sitting, one column for each item."""
    answered = as_answered(rows, items)
    fingerprint = hashlib.sha256(answered.tobytes()).hexdigest()
    return SampleFile(answered, tuple(item.code for item in items), len(rows), {}, fingerprint, labels or {})


def as_answered(rows: Sequence[NormingRow], items: Sequence[ItemView]) -> NDArray[np.int8]:
    """Codes of shape (people, items) as a file would hold them: an item keyed -1 is turned back.

    Answers to items that are not among `items` are left out.
    """
    place = {item.code: number for number, item in enumerate(items)}
    answered = np.full((len(rows), len(items)), MISSING, dtype=np.int8)
    for person, row in enumerate(rows):
        for code, _kind, category in row.units:
            if category is not None and code in place:
                item = items[place[code]]
                answered[person, place[code]] = category if item.keyed > 0 else item.categories - 1 - category
    return answered


def mapping_of(
    release: BankReleaseView,
    rows: Sequence[NormingRow],
    items: Sequence[ItemView],
    *,
    language: str,
    policy: NormPolicy,
    simulated: bool,
    said: str,
    population_fr: str,
    blocks: Mapping[str, str] | None = None,
) -> SampleMapping:
    """What the columns mean and who these people are; `said` tells which sittings."""
    days = [row.completed_at.date() for row in rows]
    return SampleMapping.model_validate(
        {
            "instrument": f"Decile, {release.label}: {said}",
            "bank": "released",
            "items": {item.code: {} for item in items},
            "codes": [str(code) for code in range(max(item.categories for item in items))],
            "language": language,
            "population_fr": population_fr,
            "age": {"column": "adult by their own word", "from": policy.youngest_adult_years, "to": OLDEST},
            "collected": {"from": min(days), "to": max(days)},
            "consent": CONSENT,
            "person": "none",
            "blocks": dict(blocks or {}),
            "simulated": simulated,
        }
    )
