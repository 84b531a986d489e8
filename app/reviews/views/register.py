"""The desk of the register: changes of one certificate, by two people."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.assessment.errors import SittingEntangled
from app.credentials.errors import CredentialNotFound, NotReinstatable, NotReversible, TypingError
from app.foundation.errors import DecileError
from app.foundation.web.asker import actor, notice, person_id
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.results import figures
from app.reviews.apply_change import apply_change
from app.reviews.ask_for_change import ask_for_change
from app.reviews.awards_under_norm import awards_under_norm
from app.reviews.drop_change import drop_change
from app.reviews.errors import ChangeIncomplete, ChangeNotPossible, ChangeOpen
from app.reviews.register_page import change_view, register_page
from app.reviews.views.blueprint import bp

REVIEWER = "reviewer"
NORM_STAFF = ("norm_editor", "norm_approver")
BESIDE_THE_FORM = (
    ChangeIncomplete,
    ChangeNotPossible,
    ChangeOpen,
    NotReinstatable,
    NotReversible,
    SittingEntangled,
    TypingError,
    CredentialNotFound,
)


@bp.get("/desk/register")
@require_role(REVIEWER)
def register() -> str:
    """Changes that wait, the form that asks for one, and the latest closed ones."""
    return _register()


def _register(problem: DecileError | None = None) -> str:
    with runtime().reading() as session:
        page = register_page(person_id(), session=session, at=runtime().clock.now())
    typed = typed_form() or request.args
    return render_template("reviews/register.html", page=page, typed=typed, problem=problem)


@bp.post("/desk/register")
@require_role(REVIEWER)
@asks_for_proof("reviews.register", keeps=("code", "kind", "to_address", "reason"))
def ask_change() -> ResponseReturnValue:
    """Ask, as the first person."""
    here, form = runtime(), request.form
    try:
        with here.transaction() as session:
            change_id = ask_for_change(
                form.get("code", ""),
                form.get("kind", ""),
                form.get("reason", ""),
                to_address=form.get("to_address", ""),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                actor=actor(),
            )
    except BESIDE_THE_FORM as problem:
        return _register(problem), 422
    notice(_("The change is asked for. Nothing has changed yet: another reviewer applies it."))
    return redirect(url_for(".register_change", change_id=change_id), 303)


@bp.get("/desk/register/<uuid:change_id>")
@require_role(REVIEWER)
def register_change(change_id: UUID) -> str:
    """One change."""
    with runtime().reading() as session:
        change = change_view(change_id, person_id(), session=session, at=runtime().clock.now())
    return render_template("reviews/register_change.html", change=change)


@bp.get("/desk/register/norms/<uuid:norm_id>")
@require_role(REVIEWER, *NORM_STAFF)
def awards_under(norm_id: UUID) -> str:
    """Awards made under a norm, read again under the one before it."""
    with runtime().reading() as session:
        page = awards_under_norm(norm_id, session=session)
    return render_template("reviews/awards_under_norm.html", page=page, figures=figures)


@bp.post("/desk/register/<uuid:change_id>/apply")
@require_role(REVIEWER)
@asks_for_proof("reviews.register_change")
def apply_asked(change_id: UUID) -> ResponseReturnValue:
    """Apply it, as the second person."""
    here = runtime()
    with here.transaction() as session:
        apply_change(change_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=actor())
    notice(_("The register is changed, and the letters are on their way."))
    return redirect(url_for(".register_change", change_id=change_id), 303)


@bp.post("/desk/register/<uuid:change_id>/drop")
@require_role(REVIEWER)
@asks_for_proof("reviews.register_change")
def drop_asked(change_id: UUID) -> ResponseReturnValue:
    """Drop it."""
    here = runtime()
    with here.transaction() as session:
        drop_change(change_id, session=session, clock=here.clock, actor=actor())
    notice(_("The change is dropped. The certificate stays as it is."))
    return redirect(url_for(".register"), 303)
