"""Reading panels: a judge's own page, which knows no key but their own; the desk's figures; and the evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.foundation import policies
from app.item_bank import queries as item_bank
from app.item_bank.queries import BankReleaseView, ItemView
from app.keying.errors import PanelNotFound
from app.keying.models import Agreement, Panel, Rating, Seat
from app.keying.policy import KeyingPolicy
from app.keying.rules import ScenarioFigures, figures, obstacles


def has_signed(person_id: UUID, *, session: Session) -> bool:
    """Whether a panel, a seat of it or the agreement it came to names this person."""
    named = (
        select(Panel.id).where(Panel.opened_by == person_id),
        select(Seat.id).where(Seat.invited_by == person_id),
        select(Agreement.panel_id).where(or_(Agreement.opened_by == person_id, Agreement.cleared_by == person_id)),
    )
    return any(session.scalar(query.limit(1)) is not None for query in named)


@dataclass(frozen=True, slots=True)
class JudgePage:
    """What one judge sees: the scenario at a place of their own order, and their own ratings of it."""

    skill: str
    language: str
    has_declared: bool
    has_signed: bool
    is_open: bool
    rated: int
    count: int
    first_unrated: int | None  # place, from 1
    place: int | None
    item: ItemView | None
    values: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class SeatView:
    """How far one judge is; never what they rated."""

    number: int
    email: str | None
    rated: int
    has_signed: bool


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel as the desk sees it. `figures` are of signed keys alone, by scenario."""

    id: UUID
    release: BankReleaseView
    opened_at: datetime
    made_by: frozenset[UUID]  # who opened it or invited a judge, and so does not release its key
    is_open: bool
    is_simulated: bool
    seats: tuple[SeatView, ...]
    scenarios: int
    figures: Mapping[str, ScenarioFigures]
    obstacles: tuple[str, ...]
    policy: KeyingPolicy

    @property
    def signed(self) -> int:
        """Judges whose key counts."""
        return sum(seat.has_signed for seat in self.seats)

    @property
    def agreed(self) -> int:
        """Scenarios on which they agree."""
        return sum(of.is_agreed for of in self.figures.values())

    @property
    def disputed(self) -> Mapping[str, ScenarioFigures]:
        """What goes back to the author, with the reasons."""
        return {code: of for code, of in self.figures.items() if not of.is_agreed}


@dataclass(frozen=True, slots=True)
class AgreementView:
    """The evidence behind a released key."""

    release_id: UUID
    judges: int
    scenarios: int
    sent_back: tuple[str, ...]
    sha256: str
    cleared_at: datetime


def judge_page(seat: Seat, language: str, place: int | None, *, session: Session) -> JudgePage:
    """The page of a judge at a place from 1, or their overview without one.

    A situation is shown while the judge may rate it: the link in a mailbox outlives the work, and questions are secret.
    """
    panel = session.get_one(Panel, seat.panel_id)
    release = item_bank.release(panel.release_id, session=session)
    shown_in = language if language in release.languages else release.languages[0]
    scenarios = _in_own_order(seat, item_bank.scenarios(panel.release_id, shown_in, session=session))
    own = {row.item_code: row for row in session.scalars(select(Rating).where(Rating.seat_id == seat.id))}
    unrated = [number for number, item in enumerate(scenarios, 1) if item.code not in own]
    may_rate = panel.is_open and seat.declared_at is not None and seat.signed_at is None
    item = scenarios[place - 1] if may_rate and place is not None and 1 <= place <= len(scenarios) else None
    kept = own.get(item.code) if item else None
    return JudgePage(
        skill=release.skill,
        language=shown_in,
        has_declared=seat.declared_at is not None,
        has_signed=seat.signed_at is not None,
        is_open=panel.is_open,
        rated=len(own),
        count=len(scenarios),
        first_unrated=unrated[0] if unrated else None,
        place=place if item else None,
        item=item,
        values=tuple(kept.values) if kept else None,
    )


def _in_own_order(seat: Seat, scenarios: tuple[ItemView, ...]) -> tuple[ItemView, ...]:
    """Every judge reads in another order, so that tiredness falls on no scenario in particular."""
    order = np.random.default_rng(seat.seed).permutation(len(scenarios))
    return tuple(scenarios[place] for place in order)


def panel(panel_id: UUID, *, session: Session, at: datetime) -> PanelView:
    """One panel with its live figures."""
    row = session.get(Panel, panel_id)
    if row is None:
        raise PanelNotFound(panel_id)
    policy = policies.current(KeyingPolicy, session=session, at=at)
    found = signed_figures(panel_id, session=session, policy=policy)
    rated = _ratings_by_seat(panel_id, session=session)
    return PanelView(
        id=row.id,
        release=item_bank.release(row.release_id, session=session),
        opened_at=row.opened_at,
        made_by=frozenset({row.opened_by, *(seat.invited_by for seat in row.seats if seat.invited_by)}),
        is_open=row.is_open,
        is_simulated=row.is_simulated,
        seats=tuple(
            SeatView(seat.number, seat.email, rated.get(seat.id, 0), bool(seat.signed_at)) for seat in row.seats
        ),
        scenarios=len(item_bank.option_counts(row.release_id, session=session)),
        figures=found,
        obstacles=obstacles(found, signed=sum(bool(seat.signed_at) for seat in row.seats), policy=policy),
        policy=policy,
    )


def panel_of(release_id: UUID, *, session: Session, at: datetime) -> PanelView | None:
    """The panel of a release, if one was opened."""
    found = session.scalar(select(Panel.id).where(Panel.release_id == release_id))
    return panel(found, session=session, at=at) if found else None


def agreement_behind(release_id: UUID, *, session: Session) -> AgreementView | None:
    """The agreement that a release's key rests on; None while the key is its author's."""
    row = session.scalar(select(Agreement).where(Agreement.release_id == release_id))
    if row is None:
        return None
    return AgreementView(row.release_id, row.judges, len(row.figures), tuple(row.sent_back), row.sha256, row.cleared_at)


def signed_figures(panel_id: UUID, *, session: Session, policy: KeyingPolicy) -> dict[str, ScenarioFigures]:
    """Agreement by scenario, of signed keys alone; empty before the first signature."""
    query = (
        select(Rating.item_code, Rating.values)
        .join(Seat, Seat.id == Rating.seat_id)
        .where(Seat.panel_id == panel_id, Seat.signed_at.is_not(None))
        .order_by(Rating.item_code, Seat.number)
    )
    by_scenario: defaultdict[str, list[list[int]]] = defaultdict(list)
    for code, values in session.execute(query):
        by_scenario[code].append(values)
    return {code: figures(ratings, policy) for code, ratings in by_scenario.items()}


def _ratings_by_seat(panel_id: UUID, *, session: Session) -> dict[Any, int]:
    query = select(Rating.seat_id).join(Seat, Seat.id == Rating.seat_id).where(Seat.panel_id == panel_id)
    found: defaultdict[Any, int] = defaultdict(int)
    for seat_id in session.scalars(query):
        found[seat_id] += 1
    return found
