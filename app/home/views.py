"""The front page, the skills, and a candidate's own place."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.assessment import queries as sittings
from app.credentials import queries as credentials
from app.foundation.web import actor, language_of_request, require_signed_in, runtime
from app.item_bank import queries as banks
from app.results import queries as results

bp = Blueprint("home", __name__)


@bp.get("/")
def front() -> str:
    """What Decile is, for whom, and where to begin."""
    with runtime().reading() as session:
        skills = banks.skills(session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
    return render_template("home/front.html", skills=skills, open_skills=open_skills)


@bp.get("/skills")
def skills() -> str:
    """All skills, those that can be taken first."""
    with runtime().reading() as session:
        found = banks.skills(session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
    return render_template("home/skills.html", skills=found, open_skills=open_skills)


@bp.get("/skills/<slug>")
def skill(slug: str) -> str:
    """One skill: what it is, what it is not, and whether it can be taken now."""
    with runtime().reading() as session:
        found = banks.skill(slug, session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
    return render_template("home/skill.html", skill=found, is_open=slug in open_skills)


@bp.get("/me")
@require_signed_in
def own_place() -> str:
    """A candidate's sittings, results and credentials."""
    person_id = actor().person_id
    assert person_id is not None  # require_signed_in let it through
    with runtime().reading() as session:
        return render_template(
            "home/own_place.html",
            sittings=sittings.sittings_of(person_id, session=session),
            results={found.sitting_id: found for found in results.results_of(person_id, session=session)},
            credentials=credentials.credentials_of(person_id, session=session),
        )
