"""What the candidate's pages show: finished values, and nothing that hints at the side of the cut or at a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.consents import ASSESSMENT
from app.accounts.queries import ConsentView
from app.assessment import adaptation, rules
from app.assessment.course import course_of, own_sitting, scored_items
from app.assessment.editions_in_use import require_in_order
from app.assessment.errors import ItemTakenBack, SittingExpired, SkillNotOpen
from app.assessment.founding_form import SCENARIO
from app.assessment.models import Sitting
from app.assessment.policy import SittingPolicy
from app.assessment.queries import SittingView, latest_edition, retake_of, sittings_of, view_of
from app.assessment.remaining import Remaining, remaining_of
from app.assessment.replace_item import replace_item
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.jobs import Jobs
from app.item_bank.queries import ItemView


@dataclass(frozen=True, slots=True)
class StartPage:
    """What is said before a sitting starts."""

    policy: SittingPolicy
    consents: tuple[ConsentView, ...]
    open_sitting: SittingView | None
    from_at: datetime | None  # when a retake is possible, if it is not now
    is_founding: bool
    is_specimen: bool
    is_demo: bool
    awards_wait: bool  # nobody is awarded anything yet, though there is a norm
    most_units: int
    fewest_minutes: int
    most_minutes: int

    @property
    def has_consented(self) -> bool:
        """Whether the consent to take assessments stands."""
        return any(view.given_at is not None for view in self.consents if view.offer.kind == ASSESSMENT)


@dataclass(frozen=True, slots=True)
class ItemPage:
    """The current item with what is kept for it, and an honest range of what is still to come."""

    sitting: SittingView
    position: int
    item: ItemView
    value: Any
    client_sequence: int
    saved_position: int | None
    saved_at: datetime | None
    remaining: Remaining
    idle_notice_minutes: int
    is_first_scenario: bool
    scored: int

    @property
    def has_enough_for_result(self) -> bool:
        """Whether leaving now would still give a result."""
        return self.scored >= self.sitting.fewest_for_result


@dataclass(frozen=True, slots=True)
class DonePage:
    """How a sitting ended, and when another may begin."""

    sitting: SittingView
    scored: int
    from_at: datetime | None


def start_page(person_id: UUID, skill: str, language: str, *, session: Session, at: datetime) -> StartPage:
    """Everything the start page says, for this person at this moment."""
    policy = policies.current(SittingPolicy, session=session, at=at)
    edition = latest_edition(skill, language, session=session)
    if edition is None:
        raise SkillNotOpen(skill, language)
    mine = [view for view in sittings_of(person_id, session=session) if view.skill == skill]
    still_open = next((view for view in mine if view.is_open and view.resumable_until >= at), None)
    if still_open is None:  # whoever has begun goes on under what was copied then
        require_in_order(edition, policy)
    is_founding = edition.cut is None
    longest = policy.founding_statements + policy.founding_scenarios if is_founding else policy.most_units_undecided
    bank = adaptation.bank_of(edition, session=session)
    most = min(longest, len(scored_items(bank, edition, session=session)))
    return StartPage(
        policy=policy,
        consents=accounts.consents_of(person_id, session=session),
        open_sitting=still_open,
        from_at=retake_of(person_id, edition, session=session, at=at, policy=policy).from_at,
        is_founding=is_founding,
        is_specimen=edition.demo or edition.provisional_key,
        is_demo=edition.demo,
        awards_wait=edition.awards_wait,
        most_units=most,
        fewest_minutes=_minutes_at_least(policy.fewest_units, policy),
        most_minutes=_minutes_at_most(most, policy),
    )


def current_page(
    sitting_id: UUID, person_id: UUID | None, *, database: Database, clock: Clock, jobs: Jobs
) -> ItemPage | DonePage:
    """The page of the person's sitting; where its item was suspended meanwhile, another is put in its place first."""
    try:
        with database.reading() as session:
            return item_page(sitting_id, person_id, session=session, at=clock.now())
    except ItemTakenBack:
        with database.transaction() as session:
            replace_item(sitting_id, person_id=person_id, session=session, clock=clock, jobs=jobs)
    with database.reading() as session:
        return item_page(sitting_id, person_id, session=session, at=clock.now())


def item_page(sitting_id: UUID, person_id: UUID | None, *, session: Session, at: datetime) -> ItemPage | DonePage:
    """The page of the person's sitting as it stands.

    Raises
    ------
    ItemTakenBack
        If its item may not be shown any more; `current_page` puts another in its place.
    """
    sitting = own_sitting(sitting_id, person_id, session=session)
    if not sitting.is_open:
        return done_page(sitting_id, person_id, session=session, at=at)
    if at > sitting.resumable_until:
        raise SittingExpired(sitting.resumable_until)
    course = course_of(sitting, session=session)
    if course.is_out(course.rows[-1]):
        raise ItemTakenBack(sitting_id)
    row, former = course.rows[-1], course.rows[-2] if len(course.rows) > 1 else None
    item = course.bank.by_code[row.item_code]
    is_draft = row.is_answered
    saved = row if is_draft else former
    content = course.standing.content
    return ItemPage(
        sitting=view_of(sitting, session=session),
        position=row.position,
        item=item,
        value=row.value,
        client_sequence=row.client_sequence or 0,
        saved_position=saved.position if saved else None,
        saved_at=saved.received_at if saved else None,
        remaining=remaining_of(course),
        idle_notice_minutes=course.policy.idle_notice_minutes,
        is_first_scenario=item.kind == SCENARIO and not any(unit.kind == SCENARIO for unit in course.units[:-1]),
        scored=content.units,
    )


def done_page(sitting_id: UUID, person_id: UUID | None, *, session: Session, at: datetime) -> DonePage:
    """How the person's sitting ended."""
    sitting = own_sitting(sitting_id, person_id, session=session)
    course = course_of(sitting, session=session)
    return DonePage(view_of(sitting, session=session), course.standing.content.units, _next_at(sitting, session, at))


def _next_at(sitting: Sitting, session: Session, at: datetime) -> datetime | None:
    """When the person may take the skill again, if not now."""
    edition = latest_edition(sitting.skill, sitting.language, session=session)
    policy = policies.current(SittingPolicy, session=session, at=at)
    if edition is None:
        return None
    return retake_of(sitting.person_id, edition, session=session, at=at, policy=policy).from_at


def _minutes_at_least(units: int, policy: SittingPolicy) -> int:
    """Were they nearly all statements."""
    scenarios = min(units, policy.fewest_scenarios)
    return rules.minutes_needed(units - scenarios, scenarios, policy)


def _minutes_at_most(units: int, policy: SittingPolicy) -> int:
    """Were as many of them scenarios as may be."""
    scenarios = min(units, policy.most_scenarios)
    return rules.minutes_needed(units - scenarios, scenarios, policy)


def as_json(page: ItemPage | DonePage) -> dict[str, Any]:
    """The page for programs: exactly what people see, item by item."""
    sitting = {"id": str(page.sitting.id), "skill": page.sitting.skill, "language": page.sitting.language}
    stands = {"state": page.sitting.state, "stop_reason": page.sitting.stop_reason}
    if isinstance(page, DonePage):
        return {**sitting, **stands}
    return {
        **sitting,
        **stands,
        "position": page.position,
        "client_sequence": page.client_sequence,
        "value": page.value,
        "fewest_remaining": page.remaining.fewest,
        "most_remaining": page.remaining.most,
        "item": {"code": page.item.code, "kind": page.item.kind, "content": dict(page.item.content)},
    }
