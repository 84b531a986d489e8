"""The front page, the skills, and a candidate's own place."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request

from app.assessment import queries as sittings
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.foundation.web import language_of_request, person_id, require_signed_in, runtime
from app.home.example import example_of_a_norm
from app.home.views.blueprint import bp
from app.item_bank import queries as banks
from app.item_bank.development import level_of
from app.norming import queries as norms
from app.results import figures
from app.results import queries as results


@bp.get("/")
def front() -> str:
    """What Decile is, for whom, and where to begin."""
    with runtime().reading() as session:
        skills = banks.skills(session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
    return render_template("home/front.html", skills=skills, open_skills=open_skills, example=example_of_a_norm())


@bp.get("/skills")
def skills() -> str:
    """All skills, those that can be taken first."""
    with runtime().reading() as session:
        found = banks.skills(session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
        demo_skills = sittings.demo_skills(language_of_request(), session=session)
    return render_template("home/skills.html", skills=found, open_skills=open_skills, demo_skills=demo_skills)


@bp.get("/skills/<slug>")
def skill(slug: str) -> str:
    """One skill: what it is, what it is not, whom results are compared with, and whether it can be taken now."""
    language = language_of_request()
    with runtime().reading() as session:
        edition = sittings.latest_edition(slug, language, session=session)
        return render_template(
            "home/skill.html",
            skill=banks.skill(slug, session=session),
            is_open=edition is not None,
            is_demo=edition is not None and edition.demo,
            norms=norms.published(slug, language, session=session),
            has_development=bool(banks.development(slug, session=session)),
        )


@bp.get("/skills/<slug>/development")
def development(slug: str) -> str:
    """What helps at each level of each facet; `?level=` opens one level, as the result page does."""
    with runtime().reading() as session:
        return render_template(
            "home/development.html",
            skill=banks.skill(slug, session=session),
            development=banks.development(slug, session=session),
            open_level=request.args.get("level", ""),
        )


@bp.get("/me")
@require_signed_in
def own_place() -> str:
    """A candidate's sittings, results and credentials."""
    own_id = person_id()
    with runtime().reading() as session:
        taken = sittings.sittings_of(own_id, session=session)
        return render_template(
            "home/own_place.html",
            sittings=taken,
            names={slug: banks.skill(slug, session=session).names for slug in {sitting.skill for sitting in taken}},
            credentials=credentials.credentials_of(own_id, session=session),
        )


@bp.get("/results/<uuid:sitting_id>")
@require_signed_in
def report(sitting_id: UUID) -> str:
    """One sitting's result and decision for the person who sat; nobody else learns that it exists."""
    own_id = person_id()
    with runtime().reading() as session:
        sitting = sittings.sitting_of(sitting_id, own_id, session=session)
        result = results.result_of_sitting(sitting_id, session=session)
        score = sittings.final_score(sitting_id, session=session) if sitting.is_complete else None
        norm_id = result.norm_id if result else None
        return render_template(
            "home/report.html",
            sitting=sitting,
            skill=banks.skill(sitting.skill, session=session),
            result=result,
            score=score,
            is_awaited=score is not None and score.has_result and result is None,
            norm=norms.norm(norm_id, session=session) if norm_id else None,
            waits=norm_id is not None and norms.awards_wait(norm_id, session=session, at=sitting.started_at),
            decision=awards.decision_on(result.id, session=session) if result else None,
            figures=figures,
            level=level_of(result.theta) if result else None,
            has_development=bool(banks.development(sitting.skill, session=session)),
        )
