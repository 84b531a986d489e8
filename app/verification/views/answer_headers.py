"""What goes with an answer about a certificate: its verdict, when to ask again, and that it was counted."""

from __future__ import annotations

import hashlib
from functools import partial
from http import HTTPStatus

from flask import Response, request

from app.credentials.states import Visibility
from app.foundation.runtime import Runtime
from app.foundation.shipped import drawing
from app.foundation.web.asker import actor, language_of_request
from app.foundation.web.process import runtime
from app.foundation.web.repeated_answers import repeat_while
from app.verification.count_verification import count_verification
from app.verification.verify_credential import CertificateVerification, is_unchanged
from app.verification.views.blueprint import private
from app.verification.views.closed_answers import HTML
from app.verification.views.drawn_pages import is_for_one_browser

VERDICT_HEADER = "Decile-Verdict"
PROXY_SECONDS = 1  # as short as nginx can; its clock ticks once a second, so a revocation shows within two
ETAG_BYTES = 16


def count_look(found: CertificateVerification) -> None:
    """The holder's own looks are no verifications, and a HEAD is no look."""
    if request.method != "HEAD" and actor().person_id != found.credential.person_id:
        count_verification(found.credential.id, database=runtime().database, clock=runtime().clock)


def etag_of(found: CertificateVerification, accepted: str) -> str | None:
    """Changes with the verdict, with all that is shown and how, not with the time of the check; None for one browser's.

    Such a page names who is signed in: by a tag that others have too, a shared browser would show it to the next one.
    """
    if accepted == HTML and is_for_one_browser():
        return None
    place = found.log_place and found.log_place.number
    shown = f"{accepted} {language_of_request()} {place} {drawing()} {found.shown_sha256}"
    return hashlib.sha256(shown.encode()).hexdigest()[: 2 * ETAG_BYTES]


def _holds_for_another(found: CertificateVerification, here: Runtime) -> bool:
    """Whether the next stranger may be given the same answer; if so, their look is counted."""
    holds = is_unchanged(found, database=here.database, clock=here.clock)
    if holds:
        count_verification(found.credential.id, database=here.database, clock=here.clock)
    return holds


def conditional(response: Response, found: CertificateVerification, etag: str | None) -> Response:
    """Asked again each time, and answered in one line while nothing has changed; without an ETag kept nowhere."""
    private(response)
    if etag is None:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.set_etag(etag)
    if found.credential.visibility == Visibility.PUBLIC:
        del response.headers["X-Robots-Tag"]  # the holder chose to be found
    response.make_conditional(request)
    if response.status_code == HTTPStatus.OK and "Cookie" not in request.headers:  # the same for whoever asks
        response.headers["X-Accel-Expires"] = str(PROXY_SECONDS)  # for our own proxy, which takes it off
        repeat_while(partial(_holds_for_another, found, runtime()))
    return response
