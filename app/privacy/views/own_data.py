"""A person's timeline, their copy, and their erasure."""

from __future__ import annotations

import io

from flask import redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.fresh_proof import require_fresh_proof
from app.assessment import queries as sittings
from app.credentials import queries as credentials
from app.foundation.web.asker import actor, notice, person_id
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import forget_sign_in
from app.privacy.ask_for_erasure import ask_for_erasure
from app.privacy.errors import ChoiceMissing
from app.privacy.export_person import export_person
from app.privacy.rules import objection, objection_to_keeping
from app.privacy.timeline import timeline
from app.privacy.views.blueprint import bp

ZIP = "application/zip"


@bp.get("/me/timeline")
@require_signed_in
def own_timeline() -> str:
    """Everything that happened, the latest first."""
    with runtime().reading() as session:
        events = timeline(person_id(), session=session, links=runtime().links)
    return render_template("privacy/timeline.html", events=events)


@bp.get("/me/export")
@require_signed_in
def export_page() -> str:
    """What the copy holds."""
    return render_template("privacy/export.html")


@bp.post("/me/export")
@require_signed_in
@asks_for_proof("privacy.export_page")
def export() -> ResponseReturnValue:
    """The copy itself, for whoever proved just now that it is theirs."""
    here = runtime()
    with here.transaction() as session:
        require_fresh_proof(actor(), session=session, at=here.clock.now())
        packed = export_person(person_id(), session=session, clock=here.clock, links=here.links, actor=actor())
    return send_file(io.BytesIO(packed), mimetype=ZIP, as_attachment=True, download_name="decile-my-data.zip")


@bp.get("/me/erase")
@require_signed_in
def erase_page() -> str:
    """What goes, what stays and why, and the choice about certificates."""
    return _erase_form()


def _erase_form(problem: str | None = None) -> str:
    now = runtime().clock.now()
    with runtime().reading() as session:
        against = objection(person_id(), session=session, at=now)
        against_keeping = objection_to_keeping(person_id(), session=session, at=now)
        held = credentials.credentials_of(person_id(), session=session)
        return render_template(
            "privacy/erase.html",
            against=against,
            against_keeping=against_keeping,
            live=[one for one in held if one.revoked_at is None and one.valid_until > now],
            policy=sittings.sitting_policy(session=session, at=now),
            erased_people_days=accounts.policy(session=session, at=now).erased_people_days,
            problem=problem,
        )


@bp.post("/me/erase")
@require_signed_in
@asks_for_proof("privacy.erase_page")
def erase() -> ResponseReturnValue:
    """Ask for it; this browser is signed out at once."""
    here = runtime()
    try:
        with here.transaction() as session:
            ask_for_erasure(
                request.form.get("certificates", ""),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except ChoiceMissing:
        return _erase_form(_("Please say what becomes of certificates.")), 422
    forget_sign_in()
    notice(_("You are signed out everywhere, and your data is being erased. It takes a few minutes."))
    return redirect(url_for("home.front"), 303)
