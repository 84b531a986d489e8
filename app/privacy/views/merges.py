"""The desk where two people merge two accounts of one person."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.foundation.errors import DecileError
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.privacy.ask_for_merge import ask_for_merge
from app.privacy.drop_merge import drop_merge
from app.privacy.errors import MergeIncomplete, MergeNotPossible, MergeOpen
from app.privacy.merge_accounts import merge_accounts
from app.privacy.merge_page import merge_card, merge_desk
from app.privacy.views.blueprint import bp

REVIEWER = "reviewer"
BESIDE_THE_FORM = (MergeIncomplete, MergeNotPossible, MergeOpen)


@bp.get("/desk/merges")
@require_role(REVIEWER)
def merges() -> str:
    """Merges that wait, the form that asks for one, and the latest closed ones."""
    return _desk()


def _desk(problem: DecileError | None = None) -> str:
    with runtime().reading() as session:
        desk = merge_desk(actor(), session=session, at=runtime().clock.now())
    return render_template("privacy/merges.html", desk=desk, typed=typed_form(), problem=problem)


@bp.post("/desk/merges")
@require_role(REVIEWER)
@asks_for_proof("privacy.merges", keeps=("staying", "leaving", "evidence", "reason"))
def ask_merge() -> ResponseReturnValue:
    """Ask, as the first person."""
    here, form = runtime(), request.form
    try:
        with here.transaction() as session:
            merge_id = ask_for_merge(
                form.get("staying", ""),
                form.get("leaving", ""),
                form.getlist("evidence"),
                form.get("reason", ""),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except BESIDE_THE_FORM as problem:
        return _desk(problem), 422
    notice(_("The merge is asked for, and both addresses are written to. Nothing has changed yet."))
    return redirect(url_for(".merge", merge_id=merge_id), 303)


@bp.get("/desk/merges/<uuid:merge_id>")
@require_role(REVIEWER)
def merge(merge_id: UUID) -> str:
    """One merge with everything that it would do."""
    with runtime().reading() as session:
        card = merge_card(merge_id, actor(), session=session, at=runtime().clock.now())
    return render_template("privacy/merge.html", merge=card.merge, preview=card.preview, resume_days=card.resume_days)


@bp.post("/desk/merges/<uuid:merge_id>/apply")
@require_role(REVIEWER)
@asks_for_proof("privacy.merge")
def apply_merge(merge_id: UUID) -> ResponseReturnValue:
    """Carry it out, as the second person."""
    here = runtime()
    with here.transaction() as session:
        merge_accounts(
            merge_id,
            seen_sha256=request.form.get("sha256", ""),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=actor(),
        )
    notice(_("The two accounts are one now, and the letters are on their way."))
    return redirect(url_for(".merge", merge_id=merge_id), 303)


@bp.post("/desk/merges/<uuid:merge_id>/drop")
@require_role(REVIEWER)
@asks_for_proof("privacy.merge")
def drop_asked(merge_id: UUID) -> ResponseReturnValue:
    """Drop it."""
    here = runtime()
    with here.transaction() as session:
        drop_merge(merge_id, session=session, clock=here.clock, jobs=here.jobs, actor=actor())
    notice(_("The merge is dropped. Both accounts stay as they are."))
    return redirect(url_for(".merges"), 303)
