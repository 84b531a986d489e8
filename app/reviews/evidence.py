"""What a reviewer looks at: the sitting's numbers and what comes out when it is computed again. No name, no address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import corrections
from app.assessment import queries as sittings
from app.assessment.final_scores import FinalScore, final_score
from app.assessment.replay_sitting import Replay, can_replay, replay_sitting
from app.awarding import queries as awards
from app.item_bank import queries as banks
from app.norming import queries as norms
from app.results import queries as results
from app.reviews.queries import CaseView


@dataclass(frozen=True, slots=True)
class Evidence:
    """One case with everything it rests on."""

    case: CaseView
    skill: banks.SkillView
    result: results.ResultView
    score: FinalScore
    decision: awards.DecisionView | None
    norm: norms.NormView | None
    replay: Replay | None  # None where the responses are not kept any more
    undoable_until_at: datetime | None  # where the result is read without a faulty question, and that can be undone
    beyond_limit_at: datetime | None  # when two accounts were merged, and the sitting was one too many
    asker_language: str  # that the person is written to in: the reasons are for them


def evidence_of(case: CaseView, *, session: Session, at: datetime) -> Evidence:
    """Gather it; the sitting is computed again for this very look, as long as its responses are kept."""
    result, is_kept = results.result(case.result_id, session=session), can_replay(case.sitting_id, session=session)
    return Evidence(
        case=case,
        skill=banks.skill(case.skill, session=session),
        result=result,
        score=final_score(case.sitting_id, session=session),
        decision=awards.decision_on(case.result_id, session=session),
        norm=norms.norm(result.norm_id, session=session) if result.norm_id else None,
        replay=replay_sitting(case.sitting_id, session=session) if is_kept else None,
        undoable_until_at=corrections.undoable_until(case.sitting_id, session=session, at=at),
        beyond_limit_at=sittings.sitting_of(case.sitting_id, result.person_id, session=session).beyond_limit_at,
        asker_language=accounts.person(result.person_id, session=session).language,
    )


def skills_of(cases: tuple[CaseView, ...], *, session: Session) -> dict[str, banks.SkillView]:
    """The skills that cases are about, by slug."""
    return {slug: banks.skill(slug, session=session) for slug in {case.skill for case in cases}}


def own_skill(sitting_id: UUID, person_id: UUID | None, *, session: Session) -> banks.SkillView:
    """The skill of the person's own sitting; anybody else's is not found."""
    return banks.skill(sittings.sitting_of(sitting_id, person_id, session=session).skill, session=session)
