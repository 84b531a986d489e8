"""What an achievement asks for, in public: the page behind the address inside every credential."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.awarding import queries as awards
from app.foundation.web.process import runtime
from app.item_bank import queries as banks

bp = Blueprint("awarding", __name__)


@bp.get("/achievements/<slug>")
def achievement(slug: str) -> str:
    """The skill, what is awarded, and under which rule."""
    with runtime().reading() as session:
        skill = banks.skill(slug, session=session)
        policy = awards.award_policy(session=session, at=runtime().clock.now())
    return render_template("awarding/achievement.html", skill=skill, policy=policy)
