"""The desk for certificates that were withdrawn because their key was in other hands."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.credentials.errors import ReviewIncomplete
from app.credentials.states import ReviewDecision
from app.foundation.web.asker import actor, notice, person_id
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.results import figures
from app.reviews.certificate_page import certificate_card, certificate_queue
from app.reviews.decide_certificates import Decided, decide_certificates, evidence_for
from app.reviews.views.blueprint import bp

REVIEWER = "reviewer"


@bp.get("/desk/certificates")
@require_role(REVIEWER)
def withdrawn_certificates() -> str:
    """Those that wait, the most urgent first."""
    return _queue()


def _queue(problem: str | None = None) -> str:
    with runtime().reading() as session:
        page = certificate_queue(person_id(), session=session, at=runtime().clock.now())
    typed = typed_form()
    chosen = set(typed.getlist("certificate"))
    return render_template("reviews/certificates.html", page=page, problem=problem, typed=typed, chosen=chosen)


@bp.post("/desk/certificates")
@require_role(REVIEWER)
@asks_for_proof("reviews.withdrawn_certificates", keeps=("certificate", "decision", "reason"))
def decide_chosen() -> ResponseReturnValue:
    """Decide those that were ticked."""
    try:
        told = _decide(request.form.getlist("certificate", type=UUID))
    except ReviewIncomplete as missing:
        return _queue(missing.field), 422
    _tell(told)
    return redirect(url_for(".withdrawn_certificates"), 303)


@bp.get("/desk/certificates/<uuid:review_id>")
@require_role(REVIEWER)
def withdrawn_certificate(review_id: UUID) -> str:
    """One with its evidence."""
    return _card(review_id)


def _card(review_id: UUID, problem: str | None = None) -> str:
    with runtime().reading() as session:
        card = certificate_card(review_id, person_id(), session=session, at=runtime().clock.now())
    return render_template("reviews/certificate.html", card=card, problem=problem, typed=typed_form(), figures=figures)


@bp.post("/desk/certificates/<uuid:review_id>")
@require_role(REVIEWER)
@asks_for_proof("reviews.withdrawn_certificate", keeps=("decision", "reason"))
def decide_certificate(review_id: UUID) -> ResponseReturnValue:
    """Decide it."""
    try:
        told = _decide([review_id])
    except ReviewIncomplete as missing:
        return _card(review_id, missing.field), 422
    _tell(told)
    return redirect(url_for(".withdrawn_certificates"), 303)


def _decide(review_ids: list[UUID]) -> Decided:
    here, form = runtime(), request.form
    with here.reading() as session:
        decision, evidence = evidence_for(review_ids, form.get("decision", ""), session=session)
    with here.transaction() as session:
        return decide_certificates(
            evidence,
            decision,
            form.get("reason", ""),
            session=session,
            clock=here.clock,
            jobs=here.jobs,
            actor=actor(),
        )


def _tell(told: Decided) -> None:
    if told.done:
        text = ngettext("One certificate is decided.", "%(num)s certificates are decided.", told.done)
        if request.form.get("decision") == ReviewDecision.REISSUE:
            follows = _("What is issued anew stands once the worker has signed it; letters go out by themselves.")
        else:
            follows = _("What is left withdrawn is revoked for good; letters go out by themselves.")
        notice(f"{text} {follows}")
    if told.doubted:
        notice(
            ngettext(
                "One certificate was left as it is: nothing stored bears it out. Its page says why.",
                "%(num)s certificates were left as they are: nothing stored bears them out. Their pages say why.",
                told.doubted,
            )
        )
    if told.revoked:
        notice(
            ngettext(
                "One certificate was left as it is: it is revoked, so it is not issued anew.",
                "%(num)s certificates were left as they are: they are revoked, so they are not issued anew.",
                told.revoked,
            )
        )
    if told.before:
        notice(
            ngettext(
                "One certificate had been decided by somebody else meanwhile.",
                "%(num)s certificates had been decided by somebody else meanwhile.",
                told.before,
            )
        )
