"""What the pages of the item desk show, gathered from the bank, the sittings, the accounts and the rescorings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import item_reports
from app.assessment.item_reports import ReportView
from app.assessment.item_statistics import ItemStatistics, item_statistics
from app.assessment.preview_suspension import SuspensionPreview, preview_suspension
from app.awarding.policy import AwardPolicy
from app.foundation import policies
from app.item_bank import item_cards, item_record, queries
from app.item_bank.errors import LanguageNotReleased
from app.item_bank.item_cards import ItemCard, ItemRow
from app.item_bank.item_record import Review, Step
from app.item_bank.item_states import ItemState, next_states
from app.item_bank.queries import BankReleaseView, SkillView
from app.norming import queries as norms
from app.reviews.rescorings import RescoringView, items_waiting, rescorings_of
from scoring.items import ItemParameters

FIELDS = ("facet", "format", "of_language", "state")  # `language` is that of the page


@dataclass(frozen=True, slots=True)
class BankPage:
    """The items of a skill's latest release that pass the filters."""

    skills: tuple[SkillView, ...]
    release: BankReleaseView | None
    rows: tuple[ItemRow, ...]
    facets: tuple[str, ...]
    count: int  # before the filters
    reported: frozenset[UUID]  # items with a report still to be judged
    waiting: frozenset[UUID]  # items with a rescoring that a second person can apply

    @property
    def skill(self) -> SkillView | None:
        """Whose release it is."""
        return next((one for one in self.skills if self.release and one.slug == self.release.skill), None)


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything about one item."""

    card: ItemCard
    skill: SkillView
    steps: tuple[Step, ...]
    reviews: tuple[Review, ...]
    names: Mapping[UUID | None, str]  # of people on record
    next: Mapping[str, tuple[ItemState, ...]]  # by language
    statistics: Mapping[str, ItemStatistics]  # by language
    parameters: ItemParameters | None
    is_estimated: bool
    is_author: bool
    reports: tuple[ReportView, ...]
    rescorings: tuple[RescoringView, ...]  # the latest first

    @property
    def rescoring_waits(self) -> bool:
        """Whether a second person can apply one."""
        return any(one.is_open for one in self.rescorings)

    @property
    def kept_reports(self) -> frozenset[str]:
        """Ids of the reports that a step of the item may refer to."""
        return frozenset(str(report.id) for report in self.reports)

    @property
    def is_reviewed(self) -> bool:
        """Whether content, fairness and every language are approved by somebody who did not write the words."""
        return not any(item_record.lacking_reviews(self.reviews, language) for language in self.card.texts)

    @property
    def all_next(self) -> tuple[ItemState, ...]:
        """States that may follow in at least one language, in the order of the life cycle."""
        wanted = {state for states in self.next.values() for state in states}
        return tuple(state for state in ItemState if state in wanted)


@dataclass(frozen=True, slots=True)
class SuspensionPage:
    """What suspending an item would touch, by the award policy in force."""

    card: ItemCard
    languages: tuple[str, ...]
    preview: SuspensionPreview
    confidence: float
    unreadable: tuple[str, ...] = ()  # norms under which sittings cannot be scored again, by their labels

    @property
    def changed(self) -> int:
        """Finished sittings, of those recomputed, that would come out on the other side of the confidence needed."""
        return len(self.preview.changed(self.confidence))


def bank_page(filters: Mapping[str, str], *, session: Session, at: datetime) -> BankPage:
    """The list by skill, facet, format, language and state; what is not named is not filtered."""
    skills = tuple(queries.skill(slug, session=session) for slug in item_cards.released_skills(session=session))
    skill = filters.get("skill") or next((one.slug for one in skills), None)
    if skill is None:
        return BankPage(skills, None, (), (), 0, frozenset(), frozenset())
    release = queries.latest_release(skill, session=session)
    rows = item_cards.bank_rows(release.id, session=session)
    kept = tuple(row for row in rows if _passes(row, filters))
    facets = tuple(sorted({row.item.facet for row in rows}))
    reported, waiting = item_reports.reported_items(session=session), items_waiting(session=session, at=at)
    return BankPage(skills, release, kept, facets, len(rows), reported, waiting)


def _passes(row: ItemRow, filters: Mapping[str, str]) -> bool:
    facet, form, language, state = (filters.get(name, "") for name in FIELDS)
    states = [state for of, state in row.states.items() if language in ("", of)]
    return (
        facet in ("", row.item.facet) and form in ("", row.item.kind) and (state in states if state else bool(states))
    )


def item_page(item_id: UUID, viewer: UUID | None, *, session: Session, at: datetime) -> ItemPage:
    """One item with its life, its reviews and its figures."""
    card = item_cards.item_card(item_id, session=session)
    steps = item_record.steps_of(item_id, session=session)
    reviews = item_record.reviews_of(item_id, session=session)
    standings = {language: item_record.standing(item_id, language, session=session) for language in card.texts}
    releases = {item_record.found(same, session=session).release_id for same in card.same_words}
    known = item_cards.parameters_of(card.item, card.release.id, session=session)
    reports = item_reports.reports_of(card.same_words, session=session)
    people = {step.changed_by for step in steps} | {review.reviewer_id for review in reviews}
    people |= {report.judged_by for report in reports}
    return ItemPage(
        card=card,
        skill=queries.skill(card.release.skill, session=session),
        steps=steps,
        reviews=reviews,
        names={person: _name(person, session=session) for person in people},
        next={language: next_states(now.state, now.former) for language, now in standings.items()},
        statistics={
            language: item_statistics(card.item, card.same_words, language, releases, session=session)
            for language in card.texts
        },
        parameters=known[0] if known else None,
        is_estimated=bool(known and known[1]),
        is_author=viewer in item_record.authors_of(item_id, session=session),
        reports=reports,
        rescorings=rescorings_of(item_id, session=session, at=at),
    )


def _name(person_id: UUID | None, *, session: Session) -> str:
    if person_id is None:
        return ""
    person = accounts.person(person_id, session=session)
    return person.name_or_address


def suspension_page(item_id: UUID, languages: tuple[str, ...], *, session: Session, at: datetime) -> SuspensionPage:
    """The preview that stands before a suspension; no language named means all of them.

    Raises
    ------
    LanguageNotReleased
        Where one is named that the item does not have: a preview of others would be confirmed unawares.
    """
    card = item_cards.item_card(item_id, session=session)
    for unknown in set(languages) - set(card.texts):
        raise LanguageNotReleased(card.release.label, unknown, tuple(card.texts))
    wanted = tuple(language for language in card.texts if not languages or language in languages)
    preview = preview_suspension(card.same_words, wanted, session=session)
    return SuspensionPage(
        card=card,
        languages=wanted,
        preview=preview,
        confidence=policies.current(AwardPolicy, session=session, at=at).award_confidence,
        unreadable=tuple(norms.label_of(norm_id, session=session) for norm_id in preview.unreadable),
    )
