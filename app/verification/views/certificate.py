"""Anyone may ask whether a certificate is good: by its link or by typing its code, without account or script."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.credentials import carriers, codes, jwt, open_badge, validity
from app.credentials.errors import CarrierUnreadable, CredentialErased, CredentialNotFound, TypingError
from app.credentials.face import face, mode_words
from app.credentials.states import Visibility
from app.foundation.web.asker import actor, language_of_request, prefers_json
from app.foundation.web.gates import csrf
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import absolute_url, runtime
from app.transparency import queries as log
from app.transparency.log_json import proof_json
from app.verification.carried import carried
from app.verification.count_verification import count_verification
from app.verification.errors import NothingCarried
from app.verification.verdict import Reason, Verdict
from app.verification.verify_credential import CertificateVerification, Verification, verify_credential, verify_document
from app.verification.views.blueprint import bp, noindex, private

HTML = "text/html"
SIGNED_JSON = "application/vc+ld+json"
SIGNED_TYPES = (SIGNED_JSON, "application/vc", "application/ld+json", "application/json", jwt.MEDIA_TYPE)
VERDICT_HEADER = "Decile-Verdict"
NOT_FOUND, GONE = 404, 410
ETAG_BYTES = 16
MOST_DRAWN = 500  # pages of about 12 kB
CHECKED_MARK = "@@the-hour-of-the-check@@"
MOST_HOURS = 10
MOST_ACCEPTS = 256  # as many Accept headers are read once; browsers send a handful
_drawn: dict[tuple[str, str, str], str] = {}
_hours: dict[tuple[str, datetime], str] = {}

guessing = limiter.shared_limit(
    rate("not_found_per_minute", "minute"),
    scope="codes-not-found",
    deduct_when=lambda response: response.status_code == NOT_FOUND,
)


@bp.get("/c/<typed>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def certificate(typed: str) -> Any:
    """The verification page; the signed credential itself for programs."""
    accepted = _accepted_type()
    try:
        code = codes.read_code(typed)
        if code != typed:
            return redirect(_with_query(url_for(".certificate", typed=code)), code=308)
        return _answer(code, accepted)
    except TypingError:
        return _closed(typing_error(accepted), accepted)
    except CredentialNotFound:
        return _closed(not_shown(accepted), accepted)
    except CredentialErased as erased:
        return _closed(_erased(erased, accepted), accepted)


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
    except TypingError:
        return _closed(typing_error(SIGNED_JSON), SIGNED_JSON)
    except CredentialNotFound:
        return _closed(not_shown(SIGNED_JSON), SIGNED_JSON)
    except CredentialErased as erased:
        return _closed(_erased(erased, SIGNED_JSON), SIGNED_JSON)
    return private(_readable_everywhere(jsonify(shown)))


@bp.get("/verify")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def verify_page() -> Any:
    """A field for a typed code; with `code` in the address, the answer."""
    return _verify(str(request.args.get("code", "")))


@bp.post("/verify")
@csrf.exempt  # type: ignore[untyped-decorator]  # changes nothing, and a token would need a cookie
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def verify_typed_code() -> Any:
    """The answer to a typed code or a file: its page, or the verdict as JSON for programs."""
    file = request.files.get("file")
    if file is not None and file.filename:
        with closing(file):  # a large one lies in a temporary file
            content = file.read()
        return _verify_file(content)
    sent = request.get_json(silent=True) if request.is_json else request.form
    return _verify(str(sent.get("code", "")) if isinstance(sent, Mapping) else "")


def _verify(typed: str) -> Any:
    wants_json = prefers_json()
    accepted = SIGNED_JSON if wants_json else HTML
    if not typed.strip() and not wants_json:
        return noindex(make_response(render_template("verification/verify.html", typed="", error=False)))
    try:
        code = codes.read_code(typed)
        return _verdict_json(code) if wants_json else redirect(url_for(".certificate", typed=code), code=303)
    except TypingError:
        if wants_json:
            return _closed(typing_error(accepted), accepted)
        page = render_template("verification/verify.html", typed=typed, error=True)
        return noindex(make_response(page, 422))
    except CredentialNotFound:
        return _closed(not_shown(accepted), accepted)
    except CredentialErased as erased:
        return _closed(_erased(erased, accepted), accepted)


def _accepted_type() -> str:
    """What to answer with: JSON where nothing is said, the page wherever it is welcome."""
    return _best_type(request.headers.get("Accept", ""))


@lru_cache(maxsize=MOST_ACCEPTS)
def _best_type(accepts: str) -> str:
    if not accepts:
        return SIGNED_JSON
    known = parse_accept_header(accepts, MIMEAccept)
    return str(known.best_match((HTML, *SIGNED_TYPES), default=HTML))


def _verify_file(file: bytes) -> Response:
    """The verdict on the document inside; what the file shows on its face was not looked at."""
    try:
        text = carried(file)
    except (NothingCarried, CarrierUnreadable) as problem:
        return private(_refused_file(problem))
    with runtime().reading() as database:
        found = verify_document(text, session=database, clock=runtime().clock)
    facts = _document_facts(found)
    if prefers_json():
        facts["lines"] = dict(facts["lines"])
        return private(jsonify(facts))
    instants = {
        name: validity.from_text(facts[name]) for name in ("valid_from", "valid_until", "checked_at") if facts[name]
    }
    mode = open_badge.told_facts(found.document)["mode"] if found.document and facts["code"] else None
    sat = mode_words(mode, _) if mode else None
    return private(make_response(render_template("verification/document.html", **{**facts, **instants}, sat=sat)))


def _refused_file(problem: NothingCarried | CarrierUnreadable) -> Response:
    words = {
        NothingCarried.code: _(
            "There is no signed credential in this file. A picture or PDF that was saved anew, or a photograph of a "
            "certificate, loses it. Ask the holder for the original file, or type the code."
        ),
        CarrierUnreadable.code: _(
            "The file is damaged, or carries more than one credential. Ask the holder for the original file."
        ),
    }[problem.code]
    if prefers_json():
        return _problem_json(problem.code, _("This file cannot be checked"), words, status=422)
    return make_response(render_template("verification/verify.html", typed="", error=False, file_error=words), 422)


def _document_facts(found: Verification) -> dict[str, Any]:
    """What the signed document says, as far as a signature stands behind it; else nothing of it is repeated."""
    holds = found.document is not None and not {Reason.SIGNATURE_BROKEN, Reason.KEY_UNKNOWN} & {
        *found.judgement.reasons
    }
    document: Mapping[str, Any] = found.document if holds and found.document is not None else {}
    code = document["id"].rpartition("/")[2] if document else None
    return {
        "verdict": found.verdict.value,
        "reasons": [reason.value for reason in found.judgement.reasons],
        "checked_at": validity.to_text(found.checked_at),
        "name": document.get("name"),
        "description": document["credentialSubject"]["achievement"]["description"] if document else None,
        "issuer": document["issuer"] if document else None,
        "valid_from": document.get("validFrom"),
        "valid_until": document.get("validUntil"),
        "code": code,
        "lines": open_badge.told_lines(document) if document else (),
        "credential": absolute_url(".certificate", typed=code) if code else None,
    }


def _carrier(typed: str, kind: str) -> Any:
    """One carrier of the facts by its own address; problems are answered as JSON."""
    try:
        return _answer(codes.read_code(typed), kind)
    except TypingError:
        return _closed(typing_error(kind), kind)
    except CredentialNotFound:
        return _closed(not_shown(kind), kind)
    except CredentialErased as erased:
        return _closed(_erased(erased, kind), kind)


def _answer(code: str, accepted: str) -> Response:
    with runtime().reading() as database:
        found = verify_credential(code, session=database, clock=runtime().clock)
    _count(found)
    etag = _etag(found, accepted)
    if accepted == HTML and request.if_none_match.contains(etag):
        response = Response(status=304)  # nothing need be drawn for it
    elif accepted == HTML:
        response = make_response(_page(found, etag))
    elif found.verdict is Verdict.ALTERED:
        words = _("What is stored under this code no longer matches its signature. Do not rely on it.")
        return _closed(_problem_json("credential-altered", _("Altered"), words, status=409), accepted)
    elif accepted == jwt.MEDIA_TYPE:
        if found.token is None:
            words = _(
                "This certificate was never signed as a JWT. Take the signed document, with .json after the code."
            )
            return _closed(_problem_json("carrier-missing", _("There is no JWT"), words), accepted)
        response = _readable_everywhere(Response(found.token, mimetype=accepted))
    elif accepted in carriers.PRINTED.values():
        response = _readable_everywhere(Response(_printed(found, accepted), mimetype=accepted))
    else:
        response = _readable_everywhere(Response(found.credential.signed_document, mimetype=accepted))
    response.headers[VERDICT_HEADER] = found.verdict.value
    return _conditional(response, found, etag)


def _page(found: CertificateVerification, etag: str) -> str:
    """The page, drawn once for readers without a cookie: all it shows but the hour of the check is in its ETag."""
    if session:  # somebody is signed in, or a notice waits to be shown
        return render_template("verification/certificate.html", **page_facts(found))
    key = (runtime().settings.base_url, request.path, etag)
    drawn = _drawn.get(key)
    if drawn is None:
        facts = {**page_facts(found), "checked_at": None, "checked_mark": CHECKED_MARK}
        drawn = render_template("verification/certificate.html", **facts)
        if len(_drawn) >= MOST_DRAWN:
            _drawn.clear()
        _drawn[key] = drawn
    return drawn.replace(CHECKED_MARK, _hour(found.checked_at.replace(second=0, microsecond=0)))


def _hour(minute: datetime) -> str:
    """The hour of a check as pages write it: to the minute, drawn once in each language."""
    key = (language_of_request(), minute)
    if key not in _hours:
        if len(_hours) >= MOST_HOURS:
            _hours.clear()
        _hours[key] = render_template("verification/checked_at.html", checked_at=minute)
    return _hours[key]


def _count(found: CertificateVerification) -> None:
    """The holder's own looks are no verifications, and a HEAD is no look."""
    if request.method != "HEAD" and actor().person_id != found.credential.person_id:
        count_verification(found.credential.id, database=runtime().database, clock=runtime().clock)


def _printed(found: CertificateVerification, kind: str) -> bytes:
    row, document = found.credential, found.document or {}
    words = face(row, document, site=runtime().settings.base_url, language=language_of_request(), gettext=_)
    draw = partial(render_template, "credentials/badge.svg")
    return carriers.carry(kind, words, row.signed_document or "", draw=draw)


def _etag(found: CertificateVerification, accepted: str) -> str:
    """Changes with the verdict and with everything shown, not with the time of the check."""
    place = found.log_place and found.log_place.number
    shown = f"{accepted} {language_of_request()} {place} {found.shown_sha256}"
    return hashlib.sha256(shown.encode()).hexdigest()[: 2 * ETAG_BYTES]


def _conditional(response: Response, found: CertificateVerification, etag: str) -> Response:
    """Asked again each time, and answered in one line while nothing has changed."""
    response.set_etag(etag)
    private(response)
    if found.credential.visibility == Visibility.PUBLIC:
        del response.headers["X-Robots-Tag"]  # the holder chose to be found
    response.make_conditional(request)
    return response


def page_facts(found: CertificateVerification) -> dict[str, Any]:
    """What the page of a certificate prints."""
    row, language = found.credential, language_of_request()
    return {
        "verdict": found.verdict.value,
        "reasons": [reason.value for reason in found.judgement.reasons],
        "checked_at": found.checked_at,
        "credential": row,
        "shown": row.display,
        "told": found.facts,
        "has_jwt": found.token is not None,
        "newer": found.newer,
        "log_place": found.log_place,
        "printed": carriers.PRINTED,
        "skill_name": row.display["skill_names"][language],
        "skill_definition": row.display["skill_definitions"][language],
        "population": row.display["norm_population"][language],
        "canonical_url": absolute_url(".certificate", typed=row.code),
    }


def _verdict_json(code: str) -> Response:
    with runtime().reading() as database:
        found = verify_credential(code, session=database, clock=runtime().clock)
    _count(found)
    row = found.credential
    response = jsonify(
        verdict=found.verdict.value,
        reasons=[reason.value for reason in found.judgement.reasons],
        code=row.code,
        skill=row.skill,
        valid_from=validity.to_text(row.valid_from),
        valid_until=validity.to_text(row.valid_until),
        revoked_at=validity.to_text(row.revoked_at) if row.revoked_at else None,
        checked_at=validity.to_text(found.checked_at),
        facts=found.facts,
        credential=absolute_url(".certificate_json", typed=row.code),
        superseded_by=absolute_url(".certificate", typed=found.newer) if found.newer else None,
    )
    return _conditional(_readable_everywhere(response), found, _etag(found, "verdict"))


def _not_shown_words() -> str:
    return str(_("Nothing is shown under this code: it may be mistyped, or its holder keeps it private."))


def not_shown(accepted: str) -> Response:
    """One answer for unknown and private codes: it depends on nothing but the language and kind asked for."""
    if accepted == HTML:
        return make_response(render_template("verification/not_shown.html"), NOT_FOUND)
    return _problem_json(
        "credential-not-found", _("Nothing is shown under this code"), _not_shown_words(), status=NOT_FOUND
    )


def _erased(line: CredentialErased, accepted: str) -> Response:
    """What the register still says; nothing of the skill or the holder is left."""
    if accepted == HTML:
        return make_response(render_template("verification/erased.html", line=line), GONE)
    words = _("The holder erased their data. The register knows when this number was issued and when it ends.")
    response = _problem_json("credential-erased", _("The holder erased their data"), words, status=GONE)
    problem = {**(response.get_json() or {}), "valid_from": validity.to_text(line.valid_from),
               "ends_at": validity.to_text(line.ends_at), "is_over": line.is_over}  # fmt: skip
    response.set_data(jsonify(problem).get_data())
    return response


def typing_error(accepted: str) -> Response:
    """For what cannot be a code, whichever codes exist."""
    if accepted == HTML:
        return make_response(render_template("verification/typing_error.html"), NOT_FOUND)
    words = _("The characters of this code do not fit together. Compare it with the certificate and type it again.")
    return _problem_json("code-typing-error", _("Is there a typing error?"), words)


def _problem_json(code: str, title: str, detail: str, *, status: int = NOT_FOUND) -> Response:
    kind = f"{runtime().settings.base_url}/problems/{code}"
    response = jsonify(type=kind, title=title, status=status, detail=detail, code=code)
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def _closed(response: Response, accepted: str) -> Response:
    """An answer that shows no credential."""
    return private(response if accepted == HTML else _readable_everywhere(response))


def _readable_everywhere(response: Response) -> Response:
    """For verifiers that run in a page of another origin."""
    response.access_control_allow_origin = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _with_query(path: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path
