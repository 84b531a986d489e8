"""`/verify`: the answer to a code that was typed, or to a file that was handed over."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.credentials import carriers, codes, jwt, open_badge, validity
from app.credentials.errors import CarrierUnreadable, CredentialErased, CredentialNotFound, TypingError
from app.credentials.face import Names, fact_lines, mode_words, told_figures
from app.credentials.public_classes import public_class
from app.foundation.web.asker import language_of_request, prefers_json
from app.foundation.web.gates import csrf
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import absolute_url, runtime
from app.verification.carried import carried
from app.verification.errors import NothingCarried
from app.verification.signed_ids import share_token_in
from app.verification.verdict import Reason
from app.verification.verify_credential import DocumentVerification, verify_credential, verify_document
from app.verification.views.answer_headers import conditional, count_look, etag_of
from app.verification.views.blueprint import bp, noindex, private
from app.verification.views.closed_answers import (
    HTML,
    SIGNED_JSON,
    closed,
    erased_answer,
    guessing,
    not_shown,
    problem_json,
    typing_error,
)

FILE_TYPES = frozenset(
    {SIGNED_JSON, "application/vc", "application/ld+json", jwt.MEDIA_TYPE, *carriers.PRINTED.values()}
)


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
    """The answer to a typed code or a file: its page, or the verdict as JSON for programs.

    A program may send the file as the body, under its own type.
    """
    if request.mimetype in FILE_TYPES:
        return _verify_file(request.get_data())
    file = request.files.get("file")
    if file is not None and file.filename:
        with closing(file):  # a large one lies in a temporary file
            content = file.read()
        return _verify_file(content)
    sent = request.get_json(silent=True) if request.is_json else request.form
    return _verify(str(sent.get("code", "")) if isinstance(sent, Mapping) else "", was_sent=True)


def _verify(typed: str, *, was_sent: bool = False) -> Any:
    wants_json = prefers_json()
    accepted = SIGNED_JSON if wants_json else HTML
    if not typed.strip() and not wants_json:
        page = render_template("verification/verify.html", typed="", error=False, empty=was_sent)
        return noindex(make_response(page, 422 if was_sent else 200))
    try:
        code = codes.read_code(typed)
        return _verdict_json(code) if wants_json else redirect(url_for(".certificate", typed=code), code=303)
    except TypingError:
        return closed(_no_code_json(typed), accepted) if wants_json else _no_code(typed)
    except CredentialNotFound:
        return closed(not_shown(accepted), accepted)
    except CredentialErased as erased:
        return closed(erased_answer(erased, accepted), accepted)


def _no_code(typed: str) -> Any:
    """A link for a single reader is followed, for it says what holds; anything else is typed again."""
    share = share_token_in(typed)
    if share is not None:
        return redirect(url_for(".shared_certificate", token=share), code=303)
    page = render_template("verification/verify.html", typed=typed, error=True)
    return noindex(make_response(page, 422))


def _no_code_json(typed: str) -> Response:
    if share_token_in(typed) is None:
        return typing_error(SIGNED_JSON)
    words = _("It is not looked through here, because each look is shown to the holder. Open it.")
    return problem_json("single-reader-link", _("This is a link for a single reader"), words, status=422)


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
        return private(jsonify({**facts, "lines": dict(facts["lines"])}))
    shown = {**facts, **_page_facts(found, facts)}
    return private(make_response(render_template("verification/document.html", **shown)))


def _page_facts(found: DocumentVerification, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the page prints of them, in the reader's language and with the labels of the certificate's own page."""
    document = found.document if facts["code"] else None
    mode = open_badge.told_facts(document).get("mode") if document else None
    reason = found.credential.revocation_reason if found.credential else None
    return {
        "checked_at": found.checked_at,
        "valid_until": validity.from_text(facts["valid_until"]) if document else None,
        "revoked_at": found.revoked_at if document else None,
        "public_class": public_class(reason, language_of_request()),
        "sat": mode_words(mode, _) if mode else None,
        **_printed_lines(found, document),
    }


def _printed_lines(found: DocumentVerification, document: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts line by line. Signed words are English: French ones stand beside them in the register alone.

    What our key signed outside our own way of issuing may have any form: of that, the plain words of the document.
    """
    if document is None:
        return {"lines": (), "are_english": False}
    language, display = language_of_request(), found.credential.display if found.credential else None
    try:
        told = open_badge.told_display(document)
        skill = display["skill_names"][language] if display else told["skill_name"]
        population = display["norm_population"][language] if display else told["norm_population"]
        lines = fact_lines(
            told_figures(document, language), told, _names_of(document, skill, population), language=language, gettext=_
        )
    except (KeyError, TypeError, IndexError, ValueError):
        return {"lines": open_badge.told_lines(document), "are_english": True}
    return {"lines": lines, "are_english": False}


def _names_of(document: Mapping[str, Any], skill: str, population: str) -> Names:
    return Names(
        skill,
        population,
        validity.from_text(document["validFrom"]),
        validity.from_text(document["validUntil"]),
        codes.grouped(document["id"].rpartition("/")[2]),
    )


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
        return problem_json(problem.code, _("This file cannot be checked"), words, status=422)
    return make_response(render_template("verification/verify.html", typed="", error=False, file_error=words), 422)


def _document_facts(found: DocumentVerification) -> dict[str, Any]:
    """What the signed document says, as far as a signature stands behind it; else nothing of it is repeated."""
    unsigned = {Reason.SIGNATURE_BROKEN, Reason.KEY_UNKNOWN, Reason.KEY_COMPROMISED}
    holds = found.document is not None and unsigned.isdisjoint(found.judgement.reasons)
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


def _verdict_json(code: str) -> Response:
    with runtime().reading() as database:
        found = verify_credential(code, session=database, clock=runtime().clock)
    count_look(found)
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
    return conditional(readable_everywhere(response), found, etag_of(found, "verdict"))
