"""What goes with an answer about a certificate: its verdict, when to ask again, and that it was counted."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from flask import Response, request

from app.credentials.states import Visibility
from app.foundation.web.asker import actor, language_of_request
from app.foundation.web.process import runtime
from app.verification.count_verification import count_verification
from app.verification.verify_credential import CertificateVerification
from app.verification.views.blueprint import private

VERDICT_HEADER = "Decile-Verdict"
PROXY_SECONDS = 1  # as short as nginx can; its clock ticks once a second, so a revocation shows within two
ETAG_BYTES = 16


def count_look(found: CertificateVerification) -> None:
    """The holder's own looks are no verifications, and a HEAD is no look."""
    if request.method != "HEAD" and actor().person_id != found.credential.person_id:
        count_verification(found.credential.id, database=runtime().database, clock=runtime().clock)


def etag_of(found: CertificateVerification, accepted: str) -> str:
    """Changes with the verdict and with everything shown, not with the time of the check."""
    place = found.log_place and found.log_place.number
    shown = f"{accepted} {language_of_request()} {place} {found.shown_sha256}"
    return hashlib.sha256(shown.encode()).hexdigest()[: 2 * ETAG_BYTES]


def conditional(response: Response, found: CertificateVerification, etag: str) -> Response:
    """Asked again each time, and answered in one line while nothing has changed."""
    response.set_etag(etag)
    private(response)
    if response.status_code == HTTPStatus.OK and "Cookie" not in request.headers:  # the same for whoever asks
        response.headers["X-Accel-Expires"] = str(PROXY_SECONDS)  # for our own proxy, which takes it off
    if found.credential.visibility == Visibility.PUBLIC:
        del response.headers["X-Robots-Tag"]  # the holder chose to be found
    response.make_conditional(request)
    return response
