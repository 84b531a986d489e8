"""The page of a certificate, drawn once for all who read it without being signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template, request, session

from app.credentials import carriers
from app.credentials.public_classes import public_class
from app.foundation.web.asker import language_of_request
from app.foundation.web.process import absolute_url, runtime
from app.foundation.web.sign_ins import SIGN_IN_KEY
from app.verification.verify_credential import CertificateVerification

MOST_DRAWN = 500  # pages of about 12 kB
NOTICES_KEY = "_flashes"  # where Flask keeps notices in the cookie
CHECKED_MARK = "@@the-hour-of-the-check@@"
MOST_HOURS = 10
_drawn: dict[tuple[str, str, str], str] = {}
_hours: dict[tuple[str, datetime], str] = {}


def is_for_one_browser() -> bool:
    """Whether a page drawn now is nobody else's: somebody is signed in, or a notice waits to be shown."""
    return SIGN_IN_KEY in session or NOTICES_KEY in session


def drawn_page(found: CertificateVerification, etag: str | None) -> str:
    """The page, drawn once for an ETag: all it shows but the hour of the check is in it. Without one, drawn anew.

    So is a page that was asked for with more than a language: its links repeat the rest, and that is one reader's.
    """
    if etag is None or not request.args.keys() <= {"language"}:
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


def page_facts(found: CertificateVerification) -> dict[str, Any]:
    """What the page of a certificate prints."""
    row, language = found.credential, language_of_request()
    return {
        "verdict": found.verdict.value,
        "reasons": [reason.value for reason in found.judgement.reasons],
        "checked_at": found.checked_at,
        "credential": row,
        "public_class": public_class(row.revocation_reason, language),
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
