"""Recompute a sitting from its seed, pins and responses: every choice, every stop, every number must come out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import exposure
from app.assessment.closing import figures_of, packed, sha256_of
from app.assessment.course import Course, course_of
from app.assessment.errors import ResponsesForgotten, SittingUnknown
from app.assessment.models import FORGOTTEN, Edition, FrozenSitting, Sitting, State, Stop

ADAPTIVE_STOPS = frozenset(Stop) - {
    Stop.LEFT,
    Stop.EXPIRED,
    Stop.NOTHING_AROSE,
    Stop.CONSENT_WITHDRAWN,
    Stop.TECHNICAL,
}
FIGURE_TOLERANCE = 1e-12  # the same code on the same machine gives the same bits; another BLAS may not


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out, and every way in which it differs from what is stored."""

    sitting_id: UUID
    state: str
    stop_reason: str | None
    positions: int
    probability_above: float | None
    median: float | None
    differences: tuple[str, ...]

    @property
    def matches(self) -> bool:
        """Whether everything came out again."""
        return not self.differences


def can_replay(sitting_id: UUID, *, session: Session) -> bool:
    """Whether its responses are still kept; after their time only figures are left."""
    frozen = session.get(FrozenSitting, sitting_id)
    return frozen is None or frozen.responses != FORGOTTEN


def replay_sitting(sitting_id: UUID, *, session: Session) -> Replay:
    """Recompute the sitting; nothing is changed.

    Raises
    ------
    SittingUnknown, ResponsesForgotten
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise SittingUnknown(sitting_id)
    if not can_replay(sitting_id, session=session):
        raise ResponsesForgotten(sitting_id)
    frozen = session.get(FrozenSitting, sitting_id)
    course = course_of(sitting, session=session)
    figures: dict[str, Any] = {}
    try:
        figures = figures_of(course.standing, sitting=sitting, band_percent=course.policy.band_percent)
        differences = (
            *_other_draw(course, session=session),
            *_other_choices(course),
            *_other_end(course),
            *_other_numbers(course, frozen, figures),
        )
    except (LookupError, TypeError, ValueError) as problem:  # rows that no use case could have written
        differences = (f"responses: they cannot be scored ({problem})",)
    return Replay(
        sitting_id=sitting_id,
        state=sitting.state,
        stop_reason=sitting.stop_reason,
        positions=len(course.rows),
        probability_above=figures.get("probability_above"),
        median=figures.get("median"),
        differences=differences,
    )


def _other_draw(course: Course, *, session: Session) -> Iterator[str]:
    """What the sitting rests follows from its edition and its seed; sittings older than that rest nothing."""
    sitting = course.sitting
    edition = session.get_one(Edition, sitting.edition_id)
    again = exposure.drawn(edition, course.bank, avoided=sitting.avoided_items, seed=sitting.seed)
    if again != sitting.exposure:
        yield "exposure: other items come out as resting"


def _other_choices(course: Course) -> Iterator[str]:
    for count, row in enumerate(course.rows):
        then = course.as_seen_at(row.item_states_at)
        standing = then.standing_after(count)
        if standing.stop is not None:
            yield f"position {row.position}: the rule would have stopped before it ({standing.stop})"
        chosen = then.choice_after(count, standing)
        code = chosen if isinstance(chosen, Stop) else chosen.code
        if code != row.item_code:
            yield f"position {row.position}: {row.item_code} was shown, {code} comes out"


def _other_end(course: Course) -> Iterator[str]:
    """An end by the rule must come out again; one by the person or by time cannot."""
    sitting, stop = course.sitting, course.standing.stop
    if sitting.stop_reason not in ADAPTIVE_STOPS:
        return
    if stop is None:
        chosen = course.choice_after(len(course.rows), course.standing)
        stop = chosen if isinstance(chosen, Stop) else None
    if stop != sitting.stop_reason:
        yield f"end: {sitting.stop_reason} is stored, {stop} comes out"


def _other_numbers(course: Course, frozen: FrozenSitting | None, figures: dict[str, Any]) -> Iterator[str]:
    if frozen is None:
        if course.sitting.state == State.COMPLETED:
            yield "responses: the sitting is complete and nothing is frozen"
        return
    if packed(course.units) != frozen.responses:
        yield "responses: the frozen ones differ from those kept by position"
    if sha256_of(frozen.responses) != frozen.sha256:
        yield "responses: the frozen ones do not have the hash stored beside them"
    for name, value in figures.items():
        if not _is_same(getattr(frozen, name), value):
            yield f"{name}: {getattr(frozen, name)} is stored, {value} comes out"


def _is_same(stored: Any, computed: Any) -> bool:
    if isinstance(stored, float) and isinstance(computed, float):
        return abs(stored - computed) <= FIGURE_TOLERANCE
    if isinstance(stored, list) and isinstance(computed, list):
        return len(stored) == len(computed) and all(map(_is_same, stored, computed))
    return bool(stored == computed)
