"""Skills, and what is written once about them: bank releases, their items, and calibrations of those items."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import DDL

from app.foundation.db import Base
from app.item_bank.guards import postgresql_guards, sqlite_guards


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


for _model in (BankRelease, Item, Calibration):
    for _dialect, _statements in (
        ("sqlite", sqlite_guards(_model.__tablename__)),
        ("postgresql", postgresql_guards(_model.__tablename__)),
    ):
        for _statement in _statements:
            event.listen(_model.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))
