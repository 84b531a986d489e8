"""Use case: make a trial bank out of the items of an existing instrument, so that its legacy sample can be tried out.

A trial skill is not part of the catalogue, and its key mark stays provisional: only specimens come of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.slugs import SLUG
from app.item_bank.errors import SkillIsNotTrial, TrialBankInvalid
from app.item_bank.models import BankRelease, Item, Kind, Skill
from app.item_bank.queries import BankReleaseView, view_of_release

LANGUAGES = ("en", "fr")
WHOLE = "whole"  # facet of an instrument that names none
TRIAL_NAME = {"en": "{skill} (trial)", "fr": "{skill} (essai)"}
TRIAL_DEFINITION = {
    "en": "A trial with the items of an existing instrument. It certifies nothing.",
    "fr": "Un essai avec les items d’un instrument existant. Il ne certifie rien.",
}


@dataclass(frozen=True, slots=True)
class TrialItem:
    """One statement of the instrument: its text by language, its categories, and which way it points."""

    code: str
    text: Mapping[str, str]
    categories: int
    keyed: int = 1
    facet: str = WHOLE


def release_trial_bank(
    skill: str,
    items: Sequence[TrialItem],
    *,
    labels: Mapping[str, Sequence[str]] | None = None,
    instrument: str = "",
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> BankReleaseView:
    """Release `items` as the bank of a trial skill, in every language in which each of them has a text.

    The same items again are the same release; other items are the trial skill's next version. `labels` name the
    categories, lowest first; without them the categories are numbered from 1.

    Raises
    ------
    TrialBankInvalid, SkillIsNotTrial
    """
    languages = _check(skill, items, labels)
    _describe(skill, items, session=session)
    content = {"items": [asdict(item) for item in items], "labels": labels, "instrument": instrument}
    sha256 = _sha256(content)
    same = select(BankRelease).where(BankRelease.skill == skill, BankRelease.sha256 == sha256)
    released = session.scalar(same)
    if released is not None:
        return view_of_release(released)
    latest = session.scalar(select(func.max(BankRelease.version)).where(BankRelease.skill == skill)) or 0
    release = BankRelease(
        id=entropy.uuid(),
        skill=skill,
        version=latest + 1,
        sha256=sha256,
        provisional_key=True,
        is_trial=True,
        review="unreviewed",
        author=instrument or "not stated",
        licence="not stated",
        languages=languages,
        wording={"statement": _wording(items, labels, languages)},
        released_at=clock.now(),
        items=[_item(item, languages, entropy) for item in items],
    )
    session.add(release)
    session.flush()
    audit.record("bank.trial_released", release.id, actor=actor, at=release.released_at, session=session)
    return view_of_release(release)


def _check(skill: str, items: Sequence[TrialItem], labels: Mapping[str, Sequence[str]] | None) -> list[str]:
    if not re.fullmatch(SLUG, skill):
        raise TrialBankInvalid(skill, "a skill's name has small letters and digits, with single hyphens between words.")
    codes = [item.code for item in items]
    if not items or len(set(codes)) < len(codes):
        raise TrialBankInvalid(skill, "it needs at least one item, and each item its own code.")
    if any(item.categories < 2 or item.keyed not in (1, -1) for item in items):
        raise TrialBankInvalid(skill, "each item needs two categories or more, and a key of 1 or -1.")
    if len({item.categories for item in items}) > 1:
        raise TrialBankInvalid(skill, "its items differ in the number of categories; import them apart.")
    for language, given in (labels or {}).items():
        if len(given) != items[0].categories:
            raise TrialBankInvalid(skill, f"{len(given)} labels ({language}) name {items[0].categories} categories.")
    languages = [language for language in LANGUAGES if all(item.text.get(language) for item in items)]
    if not languages:
        raise TrialBankInvalid(skill, "no language has a text for every item. Complete the texts in en or in fr.")
    return languages


def _describe(slug: str, items: Sequence[TrialItem], *, session: Session) -> None:
    skill = session.get(Skill, slug, with_for_update=True)
    if skill is not None and not skill.is_trial:
        raise SkillIsNotTrial(slug)
    if skill is None:
        undescribed: dict[str, list[Any]] = {"esco": [], "situations": [], "development": [], "lifecomp": []}
        skill = Skill(slug=slug, position=0, is_trial=True, is_not={}, **undescribed)
        session.add(skill)
    shown = slug.removesuffix("-trial").replace("-", " ").replace("_", " ").capitalize()
    skill.names = {language: name.format(skill=shown) for language, name in TRIAL_NAME.items()}
    skill.definitions = dict(TRIAL_DEFINITION)
    facets = dict.fromkeys(item.facet for item in items)
    skill.facets = [{"slug": facet, "name": dict.fromkeys(LANGUAGES, facet)} for facet in facets]
    session.flush()


def _wording(
    items: Sequence[TrialItem], labels: Mapping[str, Sequence[str]] | None, languages: Sequence[str]
) -> dict[str, Any]:
    numbered = [str(number) for number in range(1, items[0].categories + 1)]
    return {
        "stem": dict.fromkeys(languages, ""),
        "categories": {language: list((labels or {}).get(language) or numbered) for language in languages},
        "did_not_arise": None,
    }


def _item(item: TrialItem, languages: Sequence[str], entropy: Entropy) -> Item:
    return Item(
        id=entropy.uuid(),
        code=item.code,
        kind=Kind.STATEMENT,
        facet=item.facet,
        difficulty_intent=None,
        categories=item.categories,
        keyed=item.keyed,
        content={language: {"text": item.text[language]} for language in languages},
        option_keys=None,
        notes={},
    )


def _sha256(content: dict[str, Any]) -> str:
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=list)
    return hashlib.sha256(written.encode()).hexdigest()
