"""Anyone may ask whether a certificate is good by its link, without account or script."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.credentials import carriers, codes, jwt
from app.credentials.face import face
from app.foundation.web.asker import language_of_request
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.transparency import queries as log
from app.transparency.log_json import proof_json
from app.verification.verdict import Verdict
from app.verification.verify_credential import CertificateVerification, verify_credential
from app.verification.views.answer_headers import VERDICT_HEADER, conditional, count_look, etag_of
from app.verification.views.blueprint import bp, private
from app.verification.views.closed_answers import (
    HTML,
    NOTHING_SHOWN,
    SIGNED_JSON,
    closed,
    guessing,
    nothing_shown,
    problem_json,
)
from app.verification.views.drawn_pages import drawn_page

SIGNED_TYPES = (SIGNED_JSON, "application/vc", "application/ld+json", "application/json", jwt.MEDIA_TYPE)
MOST_ACCEPTS = 256  # as many Accept headers are read once; browsers send a handful


@bp.get("/c/<typed>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def certificate(typed: str) -> Any:
    """The verification page; the signed credential itself for programs."""
    accepted = _accepted_type()
    try:
        code = codes.read_code(typed)
        if code != typed:
            return readable_everywhere(redirect(_with_query(url_for(".certificate", typed=code)), code=308))
        return _answer(code, accepted)
    except NOTHING_SHOWN as because:
        return closed(nothing_shown(because, accepted), accepted)


@bp.get("/c/<typed>.json")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def certificate_json(typed: str) -> Any:
    """The signed credential, whatever the request accepts."""
    return _carrier(typed, SIGNED_JSON)


@bp.get("/c/<typed>.jwt")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def certificate_jwt(typed: str) -> Any:
    """The same facts as a JWT."""
    return _carrier(typed, jwt.MEDIA_TYPE)


@bp.get("/c/<typed>.<any(svg,png,pdf):suffix>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def certificate_printed(typed: str, suffix: str) -> Any:
    """Badge or certificate with the signed document inside."""
    return _carrier(typed, carriers.PRINTED[suffix])


@bp.get("/log/proof/<typed>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def log_proof(typed: str) -> Any:
    """The proof that a credential stands in the public log, to whoever may see the credential."""
    try:
        code = codes.read_code(typed)
        with runtime().reading() as session:
            place = verify_credential(code, session=session, clock=runtime().clock).log_place
            shown = proof_json(log.proof_at(place, session=session)) if place else {"state": "awaiting"}
    except NOTHING_SHOWN as because:
        return closed(nothing_shown(because, SIGNED_JSON), SIGNED_JSON)
    return private(readable_everywhere(jsonify(shown)))


def _accepted_type() -> str:
    """What to answer with: JSON where nothing is said, the page wherever it is welcome."""
    return _best_type(request.headers.get("Accept", ""))


@lru_cache(maxsize=MOST_ACCEPTS)
def _best_type(accepts: str) -> str:
    if not accepts:
        return SIGNED_JSON
    known = parse_accept_header(accepts, MIMEAccept)
    return str(known.best_match((HTML, *SIGNED_TYPES), default=HTML))


def _carrier(typed: str, kind: str) -> Any:
    """One carrier of the facts by its own address; problems are answered as JSON."""
    try:
        return _answer(codes.read_code(typed), kind)
    except NOTHING_SHOWN as because:
        return closed(nothing_shown(because, kind), kind)


def _answer(code: str, accepted: str) -> Response:
    with runtime().reading() as database:
        found = verify_credential(code, session=database, clock=runtime().clock)
    count_look(found)
    etag = etag_of(found, accepted)
    if accepted == HTML and etag is not None and request.if_none_match.contains(etag):
        response = Response(status=304)  # nothing need be drawn for it
    elif accepted == HTML:
        response = make_response(drawn_page(found, etag))
    elif found.verdict is Verdict.ALTERED:
        words = _("What is stored under this code no longer matches its signature. Do not rely on it.")
        return closed(problem_json("credential-altered", _("Altered"), words, status=409), accepted)
    elif accepted == jwt.MEDIA_TYPE:
        if found.token is None:
            words = _(
                "This certificate was never signed as a JWT. Take the signed document, with .json after the code."
            )
            return closed(problem_json("carrier-missing", _("There is no JWT"), words), accepted)
        response = readable_everywhere(Response(found.token, mimetype=accepted))
    elif accepted in carriers.PRINTED.values():
        response = readable_everywhere(Response(_printed(found, accepted), mimetype=accepted))
    else:
        response = readable_everywhere(Response(found.credential.signed_document, mimetype=accepted))
    response.headers[VERDICT_HEADER] = found.verdict.value
    return conditional(response, found, etag)


def _printed(found: CertificateVerification, kind: str) -> bytes:
    row, document = found.credential, found.document or {}
    words = face(row, document, site=runtime().settings.base_url, language=language_of_request(), gettext=_)
    draw = partial(render_template, "credentials/badge.svg")
    return carriers.carry(kind, words, row.signed_document or "", draw=draw)


def _with_query(path: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path
