"""Awards made under a norm that gave way, or may: each read again under the norm before it. Changes nothing.

What becomes of one is decided by two people, as a change of the register. What nobody asks for runs to its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.final_scores import final_score
from app.assessment.read_under_line import Line, read_under_line
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.credentials.queries import CredentialView
from app.foundation.errors import DecileError
from app.norming import queries as norms
from app.norming.queries import NormView
from app.results import queries as results

MOST_READ = 200  # the latest awards: each takes about a millisecond, and a person waits for the page


class Under(StrEnum):
    """What the rule of an award would say under the other norm."""

    AWARDED = "awarded"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # the answers are not kept any more, or the bank is another


@dataclass(frozen=True, slots=True)
class AwardUnder:
    """One award. Whose it is stands nowhere in it."""

    credential: CredentialView
    confidence: float | None
    confidence_under: float | None
    under: Under


@dataclass(frozen=True, slots=True)
class AwardsUnderNorm:
    """The latest awards made under the norm that are not withdrawn, the least sure under the other norm first."""

    norm: NormView
    other: NormView | None  # what is in force now, or would be after a rollback; None where there is neither
    is_rolled_back: bool
    rows: tuple[AwardUnder, ...]
    awards: int  # of which the latest are read

    @property
    def counts(self) -> Mapping[Under, int]:
        """How many of those read come out each way."""
        return Counter(row.under for row in self.rows)


def awards_under_norm(norm_id: UUID, *, session: Session) -> AwardsUnderNorm:
    """Read them; a reading session, for each takes about a millisecond.

    Raises
    ------
    NormNotFound
    """
    norm = norms.norm(norm_id, session=session)
    other, is_rolled_back = _other(norm, session=session)
    count, latest = awards.standing_awards(results.ids_under(norm_id), most=MOST_READ, session=session)
    rows = [
        row for result_id, award_id in latest if (row := _row(result_id, award_id, other, session=session)) is not None
    ]
    rows.sort(key=lambda row: (row.under is not Under.REFUSED, row.confidence_under or 0.0))
    return AwardsUnderNorm(norm, other, is_rolled_back, tuple(rows), count)


def _other(norm: NormView, *, session: Session) -> tuple[NormView | None, bool]:
    in_force = [one for one in norms.published(norm.skill, norm.language, session=session) if one.id != norm.id]
    return (in_force[0], True) if in_force else (norms.former(norm.id, session=session), False)


def _row(result_id: UUID, award_id: UUID, other: NormView | None, *, session: Session) -> AwardUnder | None:
    credential = credentials.credential_of_award(award_id, session=session)
    if credential is None:
        return None
    result = results.result(result_id, session=session)
    probability = _read(result.sitting_id, other, session=session) if other is not None else None
    return AwardUnder(credential, result.decision_confidence, probability, _under(result.sitting_id, other, probability,
                                                                                 session=session))  # fmt: skip


def _read(sitting_id: UUID, other: NormView, *, session: Session) -> float | None:
    line = Line(other.release_id, other.calibration_id, other.composite, other.cut, other.cut_standard_error)
    try:
        return read_under_line(sitting_id, line, session=session)
    except DecileError:  # rows that no use case could have written: one of them must not hide the others
        return None


def _under(sitting_id: UUID, other: NormView | None, probability: float | None, *, session: Session) -> Under:
    """By the confidence that the policy asked for when the sitting began; what else the rule asks does not change."""
    if other is None or probability is None:
        return Under.UNKNOWN
    started_at = final_score(sitting_id, session=session).started_at
    wanted = awards.award_policy(session=session, at=started_at).award_confidence
    return Under.AWARDED if probability >= wanted and other.may_certify else Under.REFUSED
