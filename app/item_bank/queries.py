"""What other contexts may read: frozen values, one language at a time, and the keys apart from the content.

`ItemView` is what a page may show. A scenario's key is in `ScenarioKey` alone, which only scoring asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.item_bank.calibrated_items import CalibratedItems, unpack
from app.item_bank.development import FacetDevelopment, unpack_development
from app.item_bank.errors import CalibrationNotFound, LanguageNotReleased, ReleaseNotFound, SkillNotFound
from app.item_bank.models import BankRelease, Calibration, Item, Kind, Skill, Source

ESCO_PREFIX = "http://data.europa.eu/esco/skill/"
MOST_OPTIONS = 10  # of one item: an answer that claims more is to none of ours


@dataclass(frozen=True, slots=True)
class SkillView:
    """One skill as it is described publicly."""

    slug: str
    names: Mapping[str, str]
    definitions: Mapping[str, str]
    is_not: Mapping[str, str]
    facets: Mapping[str, Mapping[str, str]]  # slug -> names
    facet_lines: Mapping[str, Mapping[str, str]]  # slug -> one sentence; empty for a trial skill
    situations: tuple[Mapping[str, str], ...]
    lifecomp: tuple[str, ...]
    lifecomp_version: str | None
    esco: tuple[tuple[str, str], ...]  # (URI, what it is about)
    esco_version: str | None
    is_trial: bool

    @property
    def facet_names(self) -> dict[str, tuple[str, ...]]:
        """Names of the facets by language, in the order of the definition."""
        return {language: tuple(names[language] for names in self.facets.values()) for language in self.names}

    @property
    def esco_uri(self) -> str | None:
        """The concept that stands first in the mapping."""
        return self.esco[0][0] if self.esco else None

    @property
    def esco_name(self) -> str | None:
        """What that concept is about, in our words."""
        return self.esco[0][1] if self.esco else None


@dataclass(frozen=True, slots=True)
class BankReleaseView:
    """One released version of a bank, with its marks."""

    id: UUID
    skill: str
    version: int
    label: str
    sha256: str
    provisional_key: bool
    is_trial: bool
    review: str
    author: str
    licence: str
    languages: tuple[str, ...]
    released_at: datetime


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item in one language: what a page may show, and what scoring needs to place a response. Never a key.

    Content of a statement: stem, text, categories (labels from category 0), did_not_arise (or None).
    Content of a scenario: prompt, situation, options, scale (six labels).
    """

    id: UUID
    code: str
    kind: str
    facet: str
    content: Mapping[str, Any]
    keyed: int
    categories: int


@dataclass(frozen=True, slots=True)
class ScenarioKey:
    """Key of each option of a scenario, 1 to 6, and whether it is only the authors' view."""

    code: str
    option_keys: tuple[int, ...]
    provisional: bool


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """One stored calibration, without its parameters."""

    id: UUID
    release_id: UUID
    source: str
    model: str
    n: int
    log_likelihood: float | None
    converged: bool
    standard_errors: Mapping[str, Any]
    notes: tuple[str, ...]
    stored_at: datetime

    @property
    def is_prior(self) -> bool:
        """Whether it is an expectation of the authors: good for choosing items in a pilot, never for an award."""
        return self.source == Source.PRIOR


def skills(*, session: Session) -> tuple[SkillView, ...]:
    """The skills of the catalogue in its order, without trial skills."""
    rows = session.scalars(select(Skill).where(Skill.is_trial.is_(False)).order_by(Skill.position))
    return tuple(_view_of_skill(row) for row in rows)


def skill(slug: str, *, session: Session) -> SkillView:
    """One skill, trial skills included."""
    row = session.get(Skill, slug)
    if row is None:
        raise SkillNotFound(slug)
    return _view_of_skill(row)


def development(slug: str, *, session: Session) -> tuple[FacetDevelopment, ...]:
    """What helps at each level of each facet of a skill; empty where nothing was written.

    Raises
    ------
    SkillNotFound
    """
    row = session.get(Skill, slug)
    if row is None:
        raise SkillNotFound(slug)
    return unpack_development(row.development)


def latest_release(skill: str, *, session: Session) -> BankReleaseView:
    """The highest released version of a skill's bank."""
    query = select(BankRelease).where(BankRelease.skill == skill).order_by(BankRelease.version.desc()).limit(1)
    row = session.scalar(query)
    if row is None:
        raise ReleaseNotFound(skill)
    return view_of_release(row)


def latest_releases(*, session: Session) -> tuple[BankReleaseView, ...]:
    """The highest released version of every skill of the catalogue that has a bank, in the catalogue's order."""
    query = (
        select(BankRelease)
        .join(Skill, Skill.slug == BankRelease.skill)
        .where(Skill.is_trial.is_(False))
        .order_by(Skill.position, BankRelease.version)
    )
    return tuple({row.skill: view_of_release(row) for row in session.scalars(query)}.values())


def release(release_id: UUID, *, session: Session) -> BankReleaseView:
    """One release."""
    return view_of_release(_release(release_id, session=session))


def release_items(release_id: UUID, language: str, *, session: Session) -> tuple[ItemView, ...]:
    """The items of a release in one language, ordered by code.

    Raises
    ------
    ReleaseNotFound, LanguageNotReleased
    """
    row = _release(release_id, session=session)
    if language not in row.languages:
        raise LanguageNotReleased(row.label, language, row.languages)
    return tuple(_view_of_item(item, row.wording, language) for item in row.items)


def scenario_keys(release_id: UUID, *, session: Session) -> dict[str, ScenarioKey]:
    """The key of every scenario of a release by code: for scoring alone, never for a page."""
    row = _release(release_id, session=session)
    return {
        item.code: ScenarioKey(item.code, tuple(item.option_keys), row.provisional_key)
        for item in row.items
        if item.option_keys is not None
    }


def scenarios(release_id: UUID, language: str, *, session: Session) -> tuple[ItemView, ...]:
    """The scenarios of a release in one language, ordered by code, without any key."""
    found = release_items(release_id, language, session=session)
    return tuple(item for item in found if item.kind == Kind.SCENARIO)


def option_counts(release_id: UUID, *, session: Session) -> dict[str, int]:
    """How many options each scenario of a release has, by code."""
    query = select(Item.code, Item.option_keys).where(Item.release_id == release_id, Item.kind == Kind.SCENARIO)
    return {code: len(keys) for code, keys in session.execute(query) if keys is not None}


def calibration(calibration_id: UUID, *, session: Session) -> CalibrationView:
    """One calibration, without its parameters."""
    return view_of_calibration(_calibration(calibration_id, session=session))


def latest_on_scale(calibration_id: UUID, *, session: Session) -> UUID:
    """The calibration of this release and scale that knows the most items: the latest that extends the first."""
    row = _calibration(calibration_id, session=session)
    latest = (
        select(Calibration.id)
        .where(Calibration.extends_id == (row.extends_id or row.id), Calibration.release_id == row.release_id)
        .order_by(Calibration.stored_at.desc(), Calibration.id)
        .limit(1)
    )
    return session.scalar(latest) or row.id


def set_by(calibration_id: UUID, *, session: Session) -> UUID:
    """The calibration that set the scale."""
    row = _calibration(calibration_id, session=session)
    return row.extends_id or row.id


def on_the_same_scale(calibration_id: UUID, *, session: Session) -> frozenset[UUID]:
    """Ids of every calibration whose thetas mean the same: the one that set the scale, and those that extend it."""
    first = set_by(calibration_id, session=session)
    return frozenset({first, *session.scalars(select(Calibration.id).where(Calibration.extends_id == first))})


def prior_calibration(release_id: UUID, *, session: Session) -> CalibrationView | None:
    """The authors' expectation that was stored with a release; None for a trial bank."""
    query = select(Calibration).where(Calibration.release_id == release_id, Calibration.source == Source.PRIOR)
    row = session.scalar(query.order_by(Calibration.stored_at).limit(1))
    return view_of_calibration(row) if row else None


def item_parameters(calibration_id: UUID, *, session: Session) -> CalibratedItems:
    """The parameters of a calibration as scoring values, self-report and judgement apart."""
    return unpack(_calibration(calibration_id, session=session))


def view_of_release(row: BankRelease) -> BankReleaseView:
    """The release as other contexts know it."""
    return BankReleaseView(
        id=row.id,
        skill=row.skill,
        version=row.version,
        label=row.label,
        sha256=row.sha256,
        provisional_key=row.provisional_key,
        is_trial=row.is_trial,
        review=row.review,
        author=row.author,
        licence=row.licence,
        languages=tuple(row.languages),
        released_at=row.released_at,
    )


def view_of_calibration(row: Calibration) -> CalibrationView:
    """The calibration as other contexts know it."""
    return CalibrationView(
        id=row.id,
        release_id=row.release_id,
        source=row.source.value,
        model=row.model,
        n=row.n,
        log_likelihood=row.log_likelihood,
        converged=row.converged,
        standard_errors=row.standard_errors,
        notes=tuple(row.notes),
        stored_at=row.stored_at,
    )


def _view_of_skill(row: Skill) -> SkillView:
    return SkillView(
        slug=row.slug,
        names=row.names,
        definitions=row.definitions,
        is_not=row.is_not,
        facets={facet["slug"]: facet["name"] for facet in row.facets},
        facet_lines={facet["slug"]: facet["line"] for facet in row.facets if "line" in facet},
        situations=tuple(row.situations),
        lifecomp=tuple(row.lifecomp),
        lifecomp_version=row.lifecomp_version,
        esco=tuple((ESCO_PREFIX + entry["id"], entry["about"]) for entry in row.esco),
        esco_version=row.esco_version,
        is_trial=row.is_trial,
    )


def _view_of_item(item: Item, wording: Mapping[str, Any], language: str) -> ItemView:
    around = wording[item.kind.value]
    shown = {name: text[language] if text else None for name, text in around.items()}
    content = {**shown, **item.content[language]}
    return ItemView(item.id, item.code, item.kind.value, item.facet, content, item.keyed, item.categories)


def _release(release_id: UUID, *, session: Session) -> BankRelease:
    row = session.get(BankRelease, release_id)
    if row is None:
        raise ReleaseNotFound(release_id)
    return row


def _calibration(calibration_id: UUID, *, session: Session) -> Calibration:
    row = session.get(Calibration, calibration_id)
    if row is None:
        raise CalibrationNotFound(calibration_id)
    return row
