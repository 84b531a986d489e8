"""The candidate's score report."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template

from app.assessment import queries as sittings
from app.foundation.web import actor, require_signed_in, runtime
from app.norming import queries as norms
from app.results import figures
from app.results import queries as results

bp = Blueprint("results", __name__, url_prefix="/results")


@bp.get("/<uuid:sitting_id>")
@require_signed_in
def report(sitting_id: UUID) -> str:
    """One sitting's result for the person who sat; nobody else learns that it exists."""
    with runtime().reading() as session:
        sitting = sittings.sitting_of(sitting_id, actor().person_id, session=session)
        result = results.result_of_sitting(sitting_id, session=session)
        norm = norms.norm(result.norm_id, session=session) if result and result.norm_id else None
        score = sittings.final_score(sitting_id, session=session) if sitting.is_complete else None
    return render_template(
        "results/report.html", sitting=sitting, result=result, norm=norm, score=score, figures=figures
    )
