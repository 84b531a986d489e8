"""The course of one sitting: its rows, what they amount to, and what comes next. The use cases are thin over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.assessment import adaptation, answers
from app.assessment.adaptation import Bank, Role, Standing, Unit
from app.assessment.errors import SittingNotFound
from app.assessment.models import FoundingForm, ItemReport, Pins, Presentation, Response, Sitting, State, Stop
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.db import table_of
from app.item_bank.item_record import not_scored_now, state_ledger
from app.item_bank.item_states import ItemState, StateLedger, States
from app.item_bank.queries import ItemView


@dataclass(frozen=True, slots=True)
class Row:
    """One position: what was shown there, and the value kept for it, if any."""

    position: int
    item_code: str
    value: Any
    client_sequence: int | None
    received_at: datetime | None
    item_states_at: int = 0
    is_reported: bool = False  # the candidate had a problem with it
    presented_at: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """Whether anything was kept; a draft counts."""
        return self.client_sequence is not None

    @property
    def is_whole(self) -> bool:
        """Whether the value answers its item completely."""
        return answers.is_whole(self.value)


@dataclass(frozen=True)
class Course:
    """A sitting read whole. Positions before the last are closed; the last is the current one while it is open.

    `seen_at` is the step of the ledger of item states under which everything here is read: the latest for an open
    sitting, the one it was scored under for a closed one. `left_out` are items taken away to see what would be.
    """

    sitting: Sitting
    policy: SittingPolicy
    bank: Bank
    rows: tuple[Row, ...]
    ledger: StateLedger
    seen_at: int
    left_out: frozenset[str] = frozenset()
    form: tuple[str, ...] | None = None  # of a founding sitting

    @cached_property
    def states(self) -> States:
        """The states of items at the moment under which the sitting is read."""
        return self.ledger.states_at(self.seen_at)

    @property
    def exposure(self) -> Mapping[str, Any]:
        """What the sitting drew of its edition's exposure control; nothing for sittings older than it."""
        return self.sitting.exposure or {}

    @property
    def current(self) -> Row | None:
        """The last position shown."""
        return self.rows[-1] if self.rows else None

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every unit shown, in order; one half answered or not at all is missing."""
        return tuple(self.unit_of(row) for row in self.rows)

    def unit_of(self, row: Row) -> Unit:
        """What the row means for scoring."""
        return adaptation.unit_of(row.item_code, row.value if row.is_whole else None, self.bank, self.role_of(row))

    def role_of(self, row: Row) -> Role:
        """A pilot item stays one in the sitting that it was chosen for; a suspension reaches back to every answer."""
        if self.is_out(row):
            return Role.OUT
        chosen_as = self.ledger.state_of(row.item_code, at=row.item_states_at)
        return Role.PILOT if chosen_as is ItemState.PILOT else Role.SCORED

    def is_out(self, row: Row) -> bool:
        """Whether the row counts as if it had never been asked."""
        if row.is_reported or row.item_code in self.left_out:
            return True
        return self.states.of(row.item_code) is ItemState.SUSPENDED

    def as_seen_at(self, step: int) -> Course:
        """The same sitting, read under an earlier step of the ledger."""
        return self if step == self.seen_at else replace(self, seen_at=step)

    @property
    def unseen(self) -> tuple[ItemView, ...]:
        """Items that may still be chosen to be scored."""
        out = {row.item_code for row in self.rows} | set(self.sitting.avoided_items) | self.states.not_scored
        return tuple(item for item in self.bank.items if item.code not in out)

    @cached_property
    def standing(self) -> Standing:
        """Scores and stopping decision after every unit shown."""
        return self.standing_after(len(self.rows))

    def standing_after(self, count: int) -> Standing:
        """Scores and stopping decision after the first `count` units."""
        return adaptation.standing_of(self.units[:count], self.bank, self.sitting, self.sitting.prior, self.policy)

    def choice_after(self, count: int, standing: Standing) -> ItemView | Stop:
        """The item for position `count + 1`, or why there is none."""
        return adaptation.choose(
            self.units[:count],
            standing,
            self.bank,
            self.sitting,
            avoid=(*self.sitting.avoided_items, *self.exposure.get("rested", ())),
            early_among=self.exposure.get("early_among"),
            seed=self.sitting.seed,
            policy=self.policy,
            states=self.states,
            form=self.form,
        )

    def with_value(self, value: Any, client_sequence: int, received_at: datetime) -> Course:
        """The same course with another value kept at the current position."""
        last = self.rows[-1]
        kept = replace(last, value=value, client_sequence=client_sequence, received_at=received_at)
        return replace(self, rows=(*self.rows[:-1], kept))


def locked_sitting(sitting_id: UUID, *, session: Session) -> Sitting:
    """The sitting, held against other writers to the end of the transaction."""
    sitting = session.scalar(_sitting(locked=True), {"sitting_id": sitting_id})
    if sitting is None:
        raise SittingNotFound(sitting_id)
    return sitting


def is_as_read(course: Course, *, session: Session) -> bool:
    """Hold an open sitting against other writers, and tell whether everything is as `course` read it before.

    What was concluded from the course without holding anything then still follows.
    """
    sitting = course.sitting
    is_open = session.scalar(_state_held(), {"sitting_id": sitting.id}) == State.OPEN
    if not is_open or rows_of(sitting.id, session=session) != course.rows:
        return False
    return state_ledger(sitting.release_id, sitting.language, session=session).latest == course.seen_at


@cache
def _state_held() -> Select[Any]:
    sitting = table_of(Sitting).c
    return select(sitting.state).where(sitting.id == bindparam("sitting_id")).with_for_update()


def own_sitting(sitting_id: UUID, person_id: UUID | None, *, session: Session, locked: bool = False) -> Sitting:
    """The person's own sitting; anybody else's does not exist for them."""
    sitting = session.scalar(_sitting(locked=locked), {"sitting_id": sitting_id})
    if sitting is None or sitting.person_id != person_id:
        raise SittingNotFound(sitting_id)
    return sitting


@cache
def _sitting(*, locked: bool) -> Select[Sitting]:
    query = select(Sitting).where(Sitting.id == bindparam("sitting_id"))
    # what the session read before it had to wait for the lock is out of date
    return query.with_for_update().execution_options(populate_existing=True) if locked else query


def course_of(sitting: Sitting, *, session: Session) -> Course:
    """Read everything the sitting's next step depends on."""
    policy = policies.pinned(SittingPolicy, sitting.policy_version, session=session)
    bank = adaptation.bank_of(sitting, session=session)
    ledger = state_ledger(sitting.release_id, sitting.language, session=session)
    seen_at = ledger.latest if sitting.is_open else sitting.item_states_at or 0
    form = session.get(FoundingForm, sitting.id) if sitting.cut is None else None
    codes = tuple(form.item_codes) if form else None
    return Course(sitting, policy, bank, rows_of(sitting.id, session=session), ledger, seen_at, form=codes)


def scored_items(bank: Bank, pins: Pins, *, session: Session) -> tuple[ItemView, ...]:
    """Items that a sitting that starts now may be scored on."""
    not_scored = not_scored_now(pins.release_id, pins.language, session=session)
    return tuple(item for item in bank.items if item.code not in not_scored)


def rows_of(sitting_id: UUID, *, session: Session) -> tuple[Row, ...]:
    """What was presented and kept, by position."""
    return tuple(Row(*row) for row in session.execute(_rows(), {"sitting_id": sitting_id}))


@cache
def _rows() -> Select[Any]:
    shown, kept, report = (table_of(model).c for model in (Presentation, Response, ItemReport))
    kept_for_it = and_(kept.sitting_id == shown.sitting_id, kept.position == shown.position)
    report_of_it = and_(report.sitting_id == shown.sitting_id, report.position == shown.position)
    return (
        select(
            shown.position,
            shown.item_code,
            kept.value,
            kept.client_sequence,
            kept.received_at,
            shown.item_states_at,
            report.id.is_not(None),
            shown.presented_at,
        )
        .outerjoin(table_of(Response), kept_for_it)
        .outerjoin(table_of(ItemReport), report_of_it)
        .where(shown.sitting_id == bindparam("sitting_id"))
        .order_by(shown.position)
    )
