"""What finished sittings say without an item: counts for everybody, and what a second person applies to the letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.corrections import Without, scored_without
from app.assessment.final_scores import as_corrected, final_score
from app.awarding import queries as awards
from app.awarding.decide_again import would_be_refused
from app.credentials import queries as credentials
from app.credentials import validity
from app.item_bank import item_cards
from app.results import queries as results
from app.results.queries import ResultView

SHOWN_DECIMALS = 1  # of a percentile rank and of a theta, as the result page shows them


class Effect(StrEnum):
    """What becomes of a decision."""

    KEEPS = "keeps"  # awarded, and would be again; its certificate stands
    LOSES = "loses"  # awarded, and would not be; its certificate stands
    GAINS = "gains"  # refused, and would not be
    NONE = "none"  # refused, and would be again, or by a person; nothing was decided; or the certificate is over


@dataclass(frozen=True, slots=True)
class Rescored:
    """One sitting without the item. The figures of its result move if anybody could see it."""

    found: Without
    effect: Effect
    moves: bool

    @property
    def concerns_the_person(self) -> bool:
        """Whether a letter is due."""
        return self.moves or self.effect in (Effect.LOSES, Effect.GAINS)


@dataclass(frozen=True, slots=True)
class RescoringPreview:
    """Every sitting that would be read otherwise, with the hash over all of them."""

    item_id: UUID
    code: str
    skill: str
    languages: tuple[str, ...]
    rescored: tuple[Rescored, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Sittings in all, those whose shown figures move, and decisions by what becomes of them."""
        effects = Counter(str(one.effect) for one in self.rescored)
        moving = sum(one.moves for one in self.rescored)
        return {"sittings": len(self.rescored), "moves": moving, **{str(e): effects[str(e)] for e in Effect}}

    @property
    def sha256(self) -> str:
        """Of item, languages, and every sitting with its figures and its effect."""
        rows = [[str(one.found.sitting_id), asdict(one.found)["figures"], one.effect] for one in self.rescored]
        content = json.dumps([str(self.item_id), list(self.languages), rows], sort_keys=True)
        return sha256(content.encode()).hexdigest()


def rescoring_preview(item_id: UUID, languages: tuple[str, ...], *, session: Session, at: datetime) -> RescoringPreview:
    """Score every finished sitting again that counts the item; some milliseconds each, and nothing is written.

    No language named means all of the item's.
    """
    card = item_cards.item_card(item_id, session=session)
    wanted = tuple(language for language in card.texts if language in languages) or tuple(card.texts)
    found = scored_without(card.item.code, card.same_words, wanted, session=session)
    rescored = tuple(_rescored(one, session=session, at=at) for one in found)
    return RescoringPreview(item_id, card.item.code, card.release.skill, wanted, rescored)


def certificate_stands(result_id: UUID, *, session: Session, at: datetime) -> bool:
    """Whether a result has an award whose certificate, issued or on its way, is neither revoked nor over."""
    award_id = awards.standing_award(result_id, session=session)
    if award_id is None:
        return False
    credential = credentials.credential_of_award(award_id, session=session)
    if credential is None:
        return True
    return credential.revoked_at is None and not validity.has_ended(credential.valid_until, at=at)


def _rescored(found: Without, *, session: Session, at: datetime) -> Rescored:
    before = results.result_of_sitting(found.sitting_id, session=session)
    if before is None:
        return Rescored(found, Effect.NONE, moves=False)
    score = as_corrected(final_score(found.sitting_id, session=session), found.figures)
    after = results.as_scored(before, score, session=session)
    moves = _shown(before) != _shown(after)
    decision = awards.decision_on(before.id, session=session)
    if decision is None or decision.is_refused_by_person or not (decision.is_awarded or decision.is_refused):
        return Rescored(found, Effect.NONE, moves)  # nothing was decided, or a person has looked at it, or will
    if decision.is_awarded and not certificate_stands(before.id, session=session, at=at):
        return Rescored(found, Effect.NONE, moves)
    falls = would_be_refused(after, score, session=session)
    if decision.is_awarded:
        return Rescored(found, Effect.LOSES if falls else Effect.KEEPS, moves)
    return Rescored(found, Effect.NONE if falls else Effect.GAINS, moves)


def _shown(result: ResultView) -> tuple[float | None, float]:
    rank = result.percentile_rank
    return (None if rank is None else round(rank, SHOWN_DECIMALS), round(result.theta, SHOWN_DECIMALS))
