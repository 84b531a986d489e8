"""The front page, the skills, and a candidate's own place."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request

from app.accounts import queries as accounts
from app.accounts.letters import letters_of
from app.assessment import queries as sittings
from app.credentials import queries as credentials
from app.credentials.standing import standing
from app.foundation.web.asker import language_of_request, person_id
from app.foundation.web.gates import require_signed_in
from app.foundation.web.process import runtime
from app.home.example import example_of_a_norm
from app.home.report import report_of
from app.home.views.blueprint import bp
from app.item_bank import queries as banks
from app.norming import queries as norms
from app.results import figures
from app.verification import queries as verifications


@bp.get("/")
def front() -> str:
    """What Decile is, for whom, and where to begin."""
    with runtime().reading() as session:
        skills = banks.skills(session=session)
        open_skills = sittings.open_skills(language_of_request(), session=session)
        policy = sittings.sitting_policy(session=session, at=runtime().clock.now())
    return render_template(
        "home/front.html", skills=skills, open_skills=open_skills, example=example_of_a_norm(), policy=policy
    )


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
    own_id, here, language = person_id(), runtime(), language_of_request()
    with here.reading() as session:
        taken = sittings.sittings_of(own_id, session=session)
        held = credentials.credentials_of(own_id, session=session)
        return render_template(
            "home/own_place.html",
            sittings=taken,
            names={slug: banks.skill(slug, session=session).names for slug in {sitting.skill for sitting in taken}},
            credentials=held,
            standing={one.id: standing(one, language, session=session, at=here.clock.now()) for one in held},
            looked_at=verifications.looked_at([one.id for one in held], session=session),
            consents=accounts.consents_of(own_id, session=session),
            letters=letters_of(own_id, session=session, most=1),
        )


@bp.get("/me/messages")
@require_signed_in
def own_messages() -> str:
    """The words of every message that went to the person by mail, for whoever's mailbox refused one."""
    here = runtime()
    with here.reading() as session:
        return render_template(
            "home/messages.html",
            letters=letters_of(person_id(), session=session),
            kept_days=accounts.policy(session=session, at=here.clock.now()).letters_kept_days,
        )


@bp.get("/results/<uuid:sitting_id>")
@require_signed_in
def report(sitting_id: UUID) -> str:
    """One sitting's result and decision for the person who sat; nobody else learns that it exists."""
    here, language = runtime(), language_of_request()
    with here.reading() as session:
        found = report_of(sitting_id, person_id(), language, session=session, at=here.clock.now())
    return render_template("home/report.html", report=found, figures=figures)
