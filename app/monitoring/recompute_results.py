"""Every night results are computed anew from their pins; one that comes out otherwise is an alarm of its norm.

All of them where a night suffices; else each night a part, so that every one has its turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.errors import ResponsesForgotten
from app.monitoring.findings import Finding
from app.monitoring.models import AlarmKind
from app.results import queries as results
from app.results.recompute_result import recompute_result

MOST_A_NIGHT = 10_000  # results; ten minutes of one processor, see docs/measurements.md
AT_ONCE = 200  # results in one reading transaction
MOST_NAMED = 20  # differing results of a norm, by their ids


@dataclass(slots=True)
class Recomputed:
    """What a night found."""

    same: int = 0
    forgotten: int = 0  # only the figures are left
    differing: dict[UUID | None, list[UUID]] = field(default_factory=lambda: defaultdict(list))  # by norm

    def findings(self, at: datetime) -> Iterator[tuple[UUID, Finding]]:
        """One cause for an alarm for each norm with a result that differs; a result without a norm has no alarm."""
        for norm_id, found in self.differing.items():
            if norm_id is not None:
                named = [str(result_id) for result_id in found[:MOST_NAMED]]
                figures = {"differing": len(found), "results": named}
                yield norm_id, Finding(AlarmKind.RESULTS, "", f"{at:%Y-%m}", figures)


def tonights(*, session: Session, at: datetime) -> tuple[tuple[UUID, UUID | None], ...]:
    """The results whose turn it is, with their norms."""
    return results.in_turn(at.date().toordinal(), most=MOST_A_NIGHT, session=session)


def recompute_results(turn: Sequence[tuple[UUID, UUID | None]], found: Recomputed, *, session: Session) -> None:
    """Compute some of them anew and add to what was found; only reading."""
    for result_id, norm_id in turn:
        try:
            differences = recompute_result(result_id, session=session)
        except ResponsesForgotten:
            found.forgotten += 1
            continue
        if differences:
            found.differing[norm_id].append(result_id)
        else:
            found.same += 1
