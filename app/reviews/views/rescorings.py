"""Reading finished sittings without a faulty item: looked at, asked for, applied and undone by item editors."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.reviews.apply_rescoring import apply_rescoring
from app.reviews.ask_for_rescoring import ask_for_rescoring
from app.reviews.rescoring_page import rescoring_page
from app.reviews.rescoring_preview import rescoring_preview
from app.reviews.rescorings import languages_of
from app.reviews.undo_rescoring import undo_rescoring
from app.reviews.views.blueprint import bp

ITEM_EDITOR = "item_editor"
NORM_STAFF = ("norm_editor", "norm_approver")


@bp.get("/desk/items/<uuid:item_id>/rescoring")
@require_role(ITEM_EDITOR, *NORM_STAFF)
def rescoring(item_id: UUID) -> str:
    """What finished sittings would say without a suspended item, and how far it is with that."""
    with runtime().reading() as session:
        page = rescoring_page(item_id, session=session, at=runtime().clock.now())
    return render_template("reviews/rescoring.html", page=page, card=page.card, typed=typed_form())


@bp.post("/desk/items/<uuid:item_id>/rescoring")
@require_role(ITEM_EDITOR)
@asks_for_proof("reviews.rescoring", keeps=("reason",))
def ask_rescoring(item_id: UUID) -> ResponseReturnValue:
    """Ask, as the first person."""
    here, languages = runtime(), tuple(request.form.getlist("language"))
    with here.reading() as session:
        preview = rescoring_preview(item_id, languages, session=session, at=here.clock.now())
    with here.transaction() as session:
        ask_for_rescoring(
            preview, request.form.get("reason", ""), session=session, clock=here.clock, entropy=here.entropy,
            actor=actor(),
        )  # fmt: skip
    notice(_("The rescoring is asked for. Nothing has changed yet: another person applies it."))
    return _to_rescoring(item_id)


@bp.post("/desk/items/<uuid:item_id>/rescoring/<uuid:rescoring_id>/apply")
@require_role(ITEM_EDITOR)
@asks_for_proof("reviews.rescoring")
def apply_rescored(item_id: UUID, rescoring_id: UUID) -> ResponseReturnValue:
    """Apply it, as the second person."""
    here = runtime()
    with here.reading() as session:
        languages = languages_of(rescoring_id, item_id, session=session)
        preview = rescoring_preview(item_id, languages, session=session, at=here.clock.now())
    with here.transaction() as session:
        apply_rescoring(
            rescoring_id,
            preview,
            seen_sha256=request.form.get("sha256", ""),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=actor(),
        )
    notice(_("The results are read without the item now, and the letters are on their way."))
    return _to_rescoring(item_id)


@bp.post("/desk/items/<uuid:item_id>/rescoring/<uuid:rescoring_id>/undo")
@require_role(ITEM_EDITOR)
@asks_for_proof("reviews.rescoring")
def undo_rescored(item_id: UUID, rescoring_id: UUID) -> ResponseReturnValue:
    """Take it back while that is possible."""
    here = runtime()
    with here.transaction() as session:
        undo_rescoring(rescoring_id, item_id, session=session, clock=here.clock, jobs=here.jobs, actor=actor())
    notice(_("Every result is again what was reported, and those who were written to are told."))
    return _to_rescoring(item_id)


def _to_rescoring(item_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".rescoring", item_id=item_id), code=303)
