"""The founding sittings of a skill become the sample of its first calibration and norm.

They go the way of every sample: packed without any person's id, fingerprinted, and refused a second time.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.norming_rows import founding_responses
from app.foundation import policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.item_bank.item_record import not_scored_now
from app.norming.import_responses import import_responses
from app.norming.models import LegacySample
from app.norming.policy import NormPolicy
from app.norming.sample_errors import FoundingUnfinished
from app.norming.sample_file import MISSING
from app.norming.sitting_sample import mapping_of, sample_file

POPULATION = {
    "en": "Founders: adults who took the assessment before its norm existed, with no award at stake",
    "fr": "Fondateurs : adultes ayant passé l’évaluation avant que sa norme existe, sans certificat en jeu",
}
SIMULATED = {"en": "Simulated founders", "fr": "Fondateurs simulés"}


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
    Items that may not be scored today, as suspended and retired ones, are left out with their answers.

    Raises
    ------
    FoundingUnfinished
        While an item that may be scored has fewer usable responses than the policy asks for.
    SampleAlreadyImported
    """
    require(actor, "operator", "norm_editor")
    policy = policies.current(NormPolicy, session=session, at=clock.now())
    release = item_bank.latest_release(skill, session=session)
    not_scored = not_scored_now(release.id, language, session=session)
    released = item_bank.release_items(release.id, language, session=session)
    items = [item for item in released if item.code not in not_scored]
    rows = [
        row
        for row in founding_responses(release.id, language, session=session)
        if accounts.may_enter_norm(row.person_id, session=session)
    ]
    sample = sample_file(rows, items)
    ready = int(((sample.codes != MISSING).sum(axis=0) >= policy.founding_responses).sum())
    if not items or ready < len(items):
        raise FoundingUnfinished(release.label, ready, len(items), policy.founding_responses, len(rows))
    described = SIMULATED if simulated else POPULATION
    return import_responses(
        sample,
        mapping_of(
            release,
            rows,
            items,
            language=language,
            policy=policy,
            simulated=simulated,
            said="founding sittings",
            population_fr=described["fr"],
        ),
        skill=skill,
        population=described["en"],
        file_name=f"founding-{skill}-{language}",
        founding=True,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )
