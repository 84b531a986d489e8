"""The receipt of a check: a page to print, and a file that other software can check without us."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, redirect, render_template, url_for

from app.credentials import codes
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.verification.receipt import Receipt, receipt_of
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_credential
from app.verification.views.blueprint import bp, unkept
from app.verification.views.closed_answers import (
    HTML,
    NOTHING_SHOWN,
    SIGNED_JSON,
    guessing,
    nothing_shown,
)
from app.verification.views.drawn_pages import page_facts


@bp.get("/c/<typed>/receipt")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def receipt_page(typed: str) -> Any:
    """Check now, and say so on a page to print."""
    try:
        receipt = _receipt(typed)
    except NOTHING_SHOWN as because:
        return unkept(nothing_shown(because, HTML))
    if receipt.verification.verdict is Verdict.ALTERED:
        return redirect(url_for(".certificate", typed=receipt.verification.credential.code), 303)
    facts = page_facts(receipt.verification)
    return unkept(make_response(render_template("verification/receipt.html", **facts, receipt=receipt)))


@bp.get("/c/<typed>/receipt.json")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def receipt_file(typed: str) -> Any:
    """The same with the signed documents, to keep."""
    try:
        receipt = _receipt(typed)
    except NOTHING_SHOWN as because:
        return unkept(nothing_shown(because, SIGNED_JSON))
    found = receipt.verification
    if found.verdict is Verdict.ALTERED:
        return redirect(url_for(".certificate_json", typed=found.credential.code), 303)
    told = receipt.as_dict(base_url=runtime().settings.base_url)
    response = Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    name = f"{found.credential.printed_code}-{found.checked_at:%Y%m%dT%H%M%SZ}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return unkept(readable_everywhere(response))


def _receipt(typed: str) -> Receipt:
    here = runtime()
    with here.reading() as session:
        found = verify_credential(codes.read_code(typed), session=session, clock=here.clock)
        return receipt_of(found, base_url=here.settings.base_url, session=session)
