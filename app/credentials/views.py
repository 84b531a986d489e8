"""What other software needs to verify without us (keys, status lists), and what the holder decides: who may see."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.credentials import carriers, jwt, proof, queries
from app.credentials.errors import CarrierMissing, NameRefused
from app.credentials.face import Face, face
from app.credentials.key_history import key_histories
from app.credentials.queries import CredentialView
from app.credentials.set_visibility import LONGEST_NAME, set_visibility
from app.credentials.sharing import shared
from app.credentials.standing import standing
from app.credentials.states import Visibility, read_visibility
from app.credentials.stop_reminders import holder_of_link, resume_reminders, stop_reminders
from app.foundation.web.asker import actor, language_of_request, notice
from app.foundation.web.gates import csrf, require_signed_in
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.process import runtime

bp = Blueprint("credentials", __name__)

DID_TYPE = "application/did+json"
SIGNED_TYPE = "application/vc+ld+json"
SUFFIXES = ("pdf", "png", "svg", "json", "jwt")
JWKS_TYPE = "application/jwk-set+json"


@bp.get("/.well-known/did.json")
def did_document() -> Response:
    """The issuer's keys."""
    with runtime().reading() as session:
        document = queries.did_document(base_url=runtime().settings.base_url, session=session)
    return _open_to_all(jsonify(document), DID_TYPE)


@bp.get("/.well-known/jwks.json")
def jwks() -> Response:
    """The keys of the JWTs alone, for software that reads no DID documents."""
    with runtime().reading() as session:
        found = queries.jwks(session=session)
    return _open_to_all(jsonify(found), JWKS_TYPE)


@bp.get("/keys")
def signing_keys() -> str:
    """Every key there ever was, and what followed where others had one."""
    with runtime().reading() as session:
        found = key_histories(session=session)
    return render_template("credentials/keys.html", keys=found)


@bp.get("/status/<int:number>")
def status_list(number: int) -> Response:
    """One signed status list, as a JWT for whoever asks for one by name."""
    with runtime().reading() as session:
        found = queries.status_list(number, session=session)
    wants_jwt = request.accept_mimetypes.best_match((SIGNED_TYPE, jwt.MEDIA_TYPE)) == jwt.MEDIA_TYPE
    if wants_jwt and found.signed_jwt is not None:
        response = _open_to_all(Response(found.signed_jwt), jwt.MEDIA_TYPE)
    else:
        response = _open_to_all(Response(found.signed_document), SIGNED_TYPE)
    response.vary.add("Accept")
    return response


@bp.get("/credentials/<code>")
@require_signed_in
def own_credential(code: str) -> str:
    """Show the holder what the certificate says and who may see it."""
    return _own_page(code)


def _own_page(code: str, name_error: str | None = None) -> str:
    with runtime().reading() as session:
        found = _own(code, session=session)
        now_stands = standing(found, language_of_request(), session=session, at=runtime().clock.now())
    return render_template(
        "credentials/own_credential.html",
        credential=found,
        standing=now_stands,
        shared=shared(found, _face(found), gettext=_),
        suffixes=[one for one in SUFFIXES if one != "jwt" or found.signed_jwt is not None],
        visibilities=[one.value for one in Visibility],
        longest_name=LONGEST_NAME,
        name_error=name_error,
        typed=request.form,
    )


@bp.get("/credentials/<code>.<any(json,jwt,svg,png,pdf):suffix>")
@require_signed_in
def own_carrier(code: str, suffix: str) -> Response:
    """Give the holder any carrier of the signed facts, to keep or to show, whoever else may see it."""
    with runtime().reading() as session:
        found = _own(code, session=session)
    content, kind = _carrier(found, suffix)
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.printed_code}.{suffix}"'
    return response


def _carrier(found: CredentialView, suffix: str) -> tuple[str | bytes, str]:
    """Content and media type."""
    signed = found.signed_document or ""
    if suffix == "json":
        return signed, SIGNED_TYPE
    if suffix == "jwt":
        if found.signed_jwt is None:
            raise CarrierMissing
        return found.signed_jwt, jwt.MEDIA_TYPE
    draw = partial(render_template, "credentials/badge.svg")
    return carriers.carry(carriers.PRINTED[suffix], _face(found), signed, draw=draw), carriers.PRINTED[suffix]


def _face(found: CredentialView) -> Face:
    site, language = runtime().settings.base_url, language_of_request()
    return face(found, proof.parse(found.signed_document or ""), site=site, language=language, gettext=_)


@bp.post("/credentials/<code>/visibility")
@require_signed_in
def visibility(code: str) -> Any:
    """Open or hide the page."""
    wanted = read_visibility(request.form.get("visibility", ""))
    try:
        with runtime().transaction() as session:
            set_visibility(
                code,
                wanted,
                shown_name=request.form.get("shown_name"),
                session=session,
                clock=runtime().clock,
                actor=actor(),
            )
    except NameRefused:
        words = _("Use at most %(longest)s characters, without invisible control characters.", longest=LONGEST_NAME)
        return _own_page(code, words), 422
    hidden = _("The page is hidden. Whoever opens the link reads that nothing is shown under it.")
    notice(hidden if wanted is Visibility.PRIVATE else _("The page is open to everyone who has the link."))
    return redirect(url_for(".own_credential", code=code), code=303)


@bp.get("/reminders/<token>")
def reminders(token: str) -> str:
    """Ask before stopping: programs that look at links in mails must not stop anything."""
    with runtime().reading() as session:
        holder_of_link(token, links=runtime().links, session=session)
        days = queries.policy(session=session, at=runtime().clock.now()).reminder_days
    return render_template(
        "credentials/reminders.html", token=token, stopped=False, resumed=False, days=sorted(set(days), reverse=True)
    )


@bp.post("/reminders/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # mail programs press it (RFC 8058); the link itself is the proof
def change_reminders(token: str) -> str:
    """Stop the reminders, at one click; or begin again."""
    again = request.form.get("again") == "1"
    change = resume_reminders if again else stop_reminders
    with runtime().transaction() as session:
        change(token, links=runtime().links, session=session, clock=runtime().clock)
    return render_template("credentials/reminders.html", token=token, stopped=not again, resumed=again)


def _own(code: str, *, session: Any) -> CredentialView:
    return queries.own_credential(code, actor().person_id, session=session)


def _open_to_all(response: Response, mimetype: str) -> Response:
    """For verifiers of every origin, kept by nobody longer than a revocation may stay unseen."""
    with runtime().reading() as session:
        seconds = queries.policy(session=session, at=runtime().clock.now()).status_cache_seconds
    response.mimetype = mimetype
    readable_everywhere(response)
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.add_etag()
    response.make_conditional(request)
    return response
