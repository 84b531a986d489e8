"""The founding sittings of a skill become the sample of its first calibration and norm.

They go the way of every sample: packed without any person's id, fingerprinted, and refused a second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import queries as sittings
from app.assessment.queries import NormingRow
from app.foundation import policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.item_bank.queries import BankReleaseView, ItemView
from app.norming.errors import FoundingUnfinished
from app.norming.import_responses import import_responses
from app.norming.mapping import SampleMapping
from app.norming.models import LegacySample
from app.norming.policy import NormPolicy
from app.norming.sample_file import MISSING, SampleFile

OLDEST = 130  # years, of the mapping's rule: adults by their own word at sign-up
POPULATION = {
    "en": "Founders: adults who took the assessment before its norm existed, with no award at stake",
    "fr": "Fondateurs : adultes ayant passé l’évaluation avant que sa norme existe, sans certificat en jeu",
}
SIMULATED = {"en": "Simulated founders", "fr": "Fondateurs simulés"}
CONSENT = "Each person consented to norm use in their account"


def draw_founding_sample(
    skill: str,
    language: str,
    *,
    simulated: bool = False,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> LegacySample:
    """Store the founding sittings of the skill's latest bank in one language as a sample.

    In it are first sittings of people who consented to norm use and are no staff. What did not arise is missing.

    Raises
    ------
    FoundingUnfinished
        While an item has fewer usable responses than the policy asks for.
    SampleAlreadyImported
    """
    require(actor, "operator", "norm_editor")
    policy = policies.current(NormPolicy, session=session, at=clock.now())
    release = item_bank.latest_release(skill, session=session)
    items = item_bank.release_items(release.id, language, session=session)
    rows = [
        row
        for row in sittings.founding_responses(release.id, language, session=session)
        if accounts.may_enter_norm(row.person_id, session=session)
    ]
    answered = as_answered(rows, items)
    ready = int(((answered != MISSING).sum(axis=0) >= policy.founding_responses).sum())
    if ready < len(items):
        raise FoundingUnfinished(release.label, ready, len(items), policy.founding_responses, len(rows))
    codes = tuple(item.code for item in items)
    sample = SampleFile(answered, codes, len(rows), {}, hashlib.sha256(answered.tobytes()).hexdigest())
    return import_responses(
        sample,
        _mapping(release, rows, items, language=language, policy=policy, simulated=simulated),
        skill=skill,
        population=(SIMULATED if simulated else POPULATION)["en"],
        file_name=f"founding-{skill}-{language}",
        founding=True,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )


def as_answered(rows: Sequence[NormingRow], items: Sequence[ItemView]) -> NDArray[np.int8]:
    """Codes of shape (people, items) as a file would hold them: an item keyed -1 is turned back."""
    place = {item.code: number for number, item in enumerate(items)}
    answered = np.full((len(rows), len(items)), MISSING, dtype=np.int8)
    for person, row in enumerate(rows):
        for code, _kind, category in row.units:
            if category is not None:
                item = items[place[code]]
                answered[person, place[code]] = category if item.keyed > 0 else item.categories - 1 - category
    return answered


def _mapping(
    release: BankReleaseView,
    rows: Sequence[NormingRow],
    items: Sequence[ItemView],
    *,
    language: str,
    policy: NormPolicy,
    simulated: bool,
) -> SampleMapping:
    days = [row.completed_at.date() for row in rows]
    return SampleMapping.model_validate(
        {
            "instrument": f"Decile, {release.label}: founding sittings",
            "bank": "released",
            "items": {item.code: {} for item in items},
            "codes": [str(code) for code in range(max(item.categories for item in items))],
            "language": language,
            "population_fr": (SIMULATED if simulated else POPULATION)["fr"],
            "age": {"column": "adult by their own word", "from": policy.youngest_adult_years, "to": OLDEST},
            "collected": {"from": min(days), "to": max(days)},
            "consent": CONSENT,
            "person": "none",
            "simulated": simulated,
        }
    )
