"""The founding desk, for norm admins."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.desk import founding
from app.foundation.web import LANGUAGES, language_of_request, require_role, runtime

bp = Blueprint("desk", __name__)

STAFF = ("norm_editor", "norm_approver")


@bp.get("/desk/founding")
@require_role(*STAFF)
def founding_desk() -> str:
    """Every skill, and how far it is from its first real certificate."""
    with runtime().reading() as session:
        found = founding.checklists(language_of_request(), session=session, at=runtime().clock.now())
    return render_template("desk/founding.html", checklists=found)


@bp.get("/desk/founding/<slug>")
@require_role(*STAFF)
def founding_skill(slug: str) -> str:
    """One skill: the checklist in each language of its items."""
    now = runtime().clock.now()
    with runtime().reading() as session:
        found = [founding.checklist(slug, language, session=session, at=now) for language in LANGUAGES]
    return render_template("desk/founding_skill.html", checklists=found, skill=found[0].skill)
