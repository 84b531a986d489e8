"""Skills, what is written once about them (releases, items, calibrations), and the life of the items beside it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import DDL

from app.foundation.db import Base
from app.item_bank.guards import (
    postgresql_guards,
    postgresql_record_guards,
    sqlite_guards,
    sqlite_record_guards,
)
from app.item_bank.item_states import ItemState


class Kind(StrEnum):
    """Which evidence an item gives: statements are self-report, scenarios are judgement."""

    STATEMENT = "statement"
    SCENARIO = "scenario"


class Source(StrEnum):
    """Where item parameters come from."""

    PRIOR = "prior"  # the authors' expectation: may choose items in a pilot, never serves an award
    SAMPLE = "sample"  # estimated from responses


class Skill(Base):
    """What may be assessed. Its public description may be worded better; its slug and facets stay."""

    __tablename__ = "skill"

    slug: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]  # order on pages
    names: Mapped[dict[str, Any]]
    definitions: Mapped[dict[str, Any]]
    is_not: Mapped[dict[str, Any]]
    facets: Mapped[list[Any]]  # [{"slug", "name": {language: text}, "line": {language: text}}]
    situations: Mapped[list[Any]]  # where it shows at work: [{language: text}]
    development: Mapped[list[Any]]  # [{"facet", "below" | "around" | "above": {part: {language: text}}}]
    lifecomp: Mapped[list[Any]]  # codes
    lifecomp_version: Mapped[str | None]
    esco: Mapped[list[Any]]  # [{"id", "about"}]
    esco_version: Mapped[str | None]
    is_trial: Mapped[bool]


class BankRelease(Base):
    """One version of a skill's bank, released once and never edited."""

    __tablename__ = "bank_release"
    __table_args__ = (UniqueConstraint("skill", "version", name="uq_bank_release_skill_version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    skill: Mapped[str] = mapped_column(ForeignKey("skill.slug"))
    version: Mapped[int]
    sha256: Mapped[str]
    provisional_key: Mapped[bool]
    is_trial: Mapped[bool]
    review: Mapped[str]
    author: Mapped[str]
    licence: Mapped[str]
    languages: Mapped[list[str]]
    wording: Mapped[dict[str, Any]]  # what stands around the items: stem, categories, prompt, scale
    released_at: Mapped[datetime]

    items: Mapped[list[Item]] = relationship(order_by="Item.code")

    @property
    def label(self) -> str:
        """The release as people name it."""
        return f"{self.skill} v{self.version}"


class Item(Base):
    """One statement or one scenario of a release. The key stays beside the content, never in it."""

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("release_id", "code", name="uq_item_release_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"))
    code: Mapped[str]
    kind: Mapped[Kind]
    facet: Mapped[str]
    difficulty_intent: Mapped[str | None]
    categories: Mapped[int]  # number of scored categories, from 0
    keyed: Mapped[int]  # +1: a higher category is more of the skill; -1: less
    content: Mapped[dict[str, Any]]  # {language: what a page may show}
    option_keys: Mapped[list[int] | None]
    notes: Mapped[dict[str, Any]]  # incident, tension, rationales: for reviewers


class Calibration(Base):
    """Item parameters of one release on the base scale, from a sample or from the authors' expectation."""

    __tablename__ = "calibration"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"), index=True)
    source: Mapped[Source]
    model: Mapped[str]
    parameters: Mapped[dict[str, Any]]  # {"self_report" | "judgement": {"codes", "items"}}
    standard_errors: Mapped[dict[str, Any]]  # same shape; for priors, the width of the expectation
    n: Mapped[int]
    log_likelihood: Mapped[float | None]
    converged: Mapped[bool]
    notes: Mapped[list[str]]
    stored_at: Mapped[datetime]
    extends_id: Mapped[UUID | None]  # the calibration that set the scale, where it was not this one


class Aspect(StrEnum):
    """What a review looks at."""

    CONTENT = "content"  # does it ask for what the facet means, and does the key hold
    FAIRNESS = "fairness"  # would any group read it otherwise
    LANGUAGE = "language"  # is it natural, in one language


class ItemStateChange(Base):
    """One step in the life of an item in one language: beside the release, appended, never edited."""

    __tablename__ = "item_state_change"
    __table_args__ = (
        UniqueConstraint("item_id", "language", "number"),
        Index("ix_item_state_change_release", "release_id", "language", "sequence"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    item_id: Mapped[UUID] = mapped_column(ForeignKey("item.id"))
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"))
    language: Mapped[str]
    number: Mapped[int]  # from 1, of this item in this language
    former: Mapped[ItemState | None]
    state: Mapped[ItemState]
    reason: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None: an operator at the command line


class ItemAuthor(Base):
    """A person with an account who wrote an item, and so may not review it."""

    __tablename__ = "item_author"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("item.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    named_at: Mapped[datetime]


class ItemReview(Base):
    """What one reviewer found in one aspect of an item. The latest of an aspect counts."""

    __tablename__ = "item_review"
    __table_args__ = (
        Index("ix_item_review_item", "item_id", "reviewed_at"),
        CheckConstraint("(aspect = 'language') = (language IS NOT NULL)", name="language_of_aspect"),
        CheckConstraint("declared_independent", name="independent"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("item.id"))
    aspect: Mapped[Aspect]
    language: Mapped[str | None]
    is_approved: Mapped[bool]
    comment: Mapped[str] = mapped_column(Text)
    declared_independent: Mapped[bool]  # "I did not write this item": authors without an account are known to nobody
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime]


for _model, _sqlite, _postgresql in (
    *((model, sqlite_guards, postgresql_guards) for model in (BankRelease, Item, Calibration)),
    *((model, sqlite_record_guards, postgresql_record_guards) for model in (ItemStateChange, ItemAuthor, ItemReview)),
):
    _statements = {"sqlite": _sqlite(_model.__tablename__), "postgresql": _postgresql(_model.__tablename__)}
    for _dialect, _guards in _statements.items():
        for _guard in _guards:
            event.listen(_model.__table__, "after_create", DDL(_guard).execute_if(dialect=_dialect))
