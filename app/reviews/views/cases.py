"""Asking a person about a result, and the reviewers' desk."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.awarding.errors import HoldRefused
from app.credentials import review_queue
from app.foundation.web.asker import actor, notice, person_id
from app.foundation.web.gates import asks_for_proof, require_role, require_signed_in
from app.foundation.web.process import runtime
from app.foundation.web.typed import keeps_typed, typed_form
from app.results import figures
from app.results import queries as results
from app.reviews import queries, rules
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from app.reviews.errors import CaseIncomplete
from app.reviews.evidence import evidence_of, own_skill, skills_of
from app.reviews.register_page import count_open
from app.reviews.take_case_back import take_case_back
from app.reviews.views.blueprint import bp

REVIEWER = "reviewer"


@bp.get("/results/<uuid:sitting_id>/review")
@require_signed_in
def own_case(sitting_id: UUID) -> str:
    """The form for asking, or how the case stands."""
    return _own_case(sitting_id)


def _own_case(sitting_id: UUID, problem: str | None = None) -> str:
    now, typed = runtime().clock.now(), typed_form(asks_proof=False)
    with runtime().reading() as session:
        skill = own_skill(sitting_id, person_id(), session=session)
        result = results.result_of_sitting(sitting_id, session=session)
        return render_template(
            "reviews/own_case.html",
            sitting_id=sitting_id,
            skill=skill,
            case=queries.case_of_sitting(sitting_id, session=session, at=now),
            until=queries.may_ask_until(result.id, session=session, at=now) if result else None,
            reasons=rules.REASONS,
            policy=queries.policy(session=session, at=now),
            typed=typed,
            problem=problem,
        )


@bp.post("/results/<uuid:sitting_id>/review")
@require_signed_in
@keeps_typed("reviews.own_case", "reason", "words")
def ask(sitting_id: UUID) -> ResponseReturnValue:
    """Open the case."""
    here, form = runtime(), request.form
    try:
        with here.transaction() as session:
            ask_for_review(
                sitting_id,
                form.get("reason", ""),
                form.get("words", ""),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except CaseIncomplete as missing:
        return _own_case(sitting_id, missing.field), 422
    notice(_("Your question has arrived. An e-mail confirms it."))
    return redirect(url_for(".own_case", sitting_id=sitting_id), 303)


@bp.post("/results/<uuid:sitting_id>/review/take-back")
@require_signed_in
def take_back(sitting_id: UUID) -> ResponseReturnValue:
    """Close one's own case."""
    with runtime().transaction() as session:
        take_case_back(sitting_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("You took your question back. Your result stays as it is."))
    return redirect(url_for(".own_case", sitting_id=sitting_id), 303)


@bp.get("/desk/cases")
@require_role(REVIEWER)
def case_queue() -> str:
    """Cases that wait, the most urgent first."""
    with runtime().reading() as session:
        waiting, closed = queries.queue(person_id(), session=session, at=runtime().clock.now())
        skills = skills_of((*waiting, *closed), session=session)
        certificates = review_queue.count_waiting(person_id(), session=session)
        changes = count_open(person_id(), session=session, at=runtime().clock.now())
    return render_template(
        "reviews/queue.html", waiting=waiting, closed=closed, skills=skills, certificates=certificates, changes=changes
    )


@bp.get("/desk/cases/<uuid:case_id>")
@require_role(REVIEWER)
def case_card(case_id: UUID) -> str:
    """One case with its evidence."""
    return _card(case_id)


def _card(case_id: UUID, problem: str | None = None) -> str:
    now = runtime().clock.now()
    with runtime().reading() as session:
        case = queries.case_for(case_id, person_id(), session=session, at=now)
        evidence = evidence_of(case, session=session, at=now)
        policy = queries.policy(session=session, at=now)
    was_held = evidence.decision is not None and evidence.decision.outcome == "held"
    return render_template(
        "reviews/card.html",
        evidence=evidence,
        outcomes=rules.outcomes_for(
            was_held=was_held,
            is_beyond_limit=evidence.beyond_limit_at is not None,
            can_replay=evidence.replay is not None,
        ),
        was_held=was_held,
        policy=policy,
        figures=figures,
        typed=typed_form(),
        problem=problem,
    )


@bp.post("/desk/cases/<uuid:case_id>")
@require_role(REVIEWER)
@asks_for_proof("reviews.case_card", keeps=("outcome", "explanation", "minutes_spent"))
def decide(case_id: UUID) -> ResponseReturnValue:
    """Decide it."""
    here, form = runtime(), request.form
    try:
        with here.transaction() as session:
            decide_case(
                case_id,
                form.get("outcome", ""),
                form.get("explanation", ""),
                minutes_spent=form.get("minutes_spent", 0, type=int),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except CaseIncomplete as missing:
        return _card(case_id, missing.field), 422
    except HoldRefused as refused:
        return _card(case_id, refused.code), 409
    notice(_("The case is decided. An e-mail tells the person whose result it is."))
    return redirect(url_for(".case_queue"), 303)
