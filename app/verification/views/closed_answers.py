"""Answers that show no credential: the same for whoever asks, whichever codes exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, render_template
from flask_babel import gettext as _

from app.credentials.errors import CredentialErased, CredentialNotFound, TypingError
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.verification.views.blueprint import private

HTML = "text/html"
SIGNED_JSON = "application/vc+ld+json"
NOT_FOUND = 404
GONE = 410
NOTHING_SHOWN = (TypingError, CredentialNotFound, CredentialErased)
guessing = limiter.shared_limit(
    rate("not_found_per_minute", "minute"),
    scope="codes-not-found",
    deduct_when=lambda response: response.status_code == NOT_FOUND,
)


def nothing_shown(because: TypingError | CredentialNotFound | CredentialErased, accepted: str) -> Response:
    """The answer where one of these kept a credential from being shown."""
    if isinstance(because, TypingError):
        return typing_error(accepted)
    return erased_answer(because, accepted) if isinstance(because, CredentialErased) else not_shown(accepted)


def _not_shown_words() -> str:
    return str(_("Nothing is shown under this code: it may be mistyped, or its holder keeps it private."))


def not_shown(accepted: str) -> Response:
    """One answer for unknown and private codes: it depends on nothing but the language and kind asked for."""
    if accepted == HTML:
        return make_response(render_template("verification/not_shown.html"), NOT_FOUND)
    return problem_json(
        "credential-not-found", _("Nothing is shown under this code"), _not_shown_words(), status=NOT_FOUND
    )


def erased_answer(line: CredentialErased, accepted: str) -> Response:
    """What the register still says; nothing of the skill or the holder is left."""
    if accepted == HTML:
        return make_response(render_template("verification/erased.html", line=line), GONE)
    words = _("The holder erased their data. The register knows when this number was issued and when it ends.")
    return problem_json(line.code, _("The holder erased their data"), words, status=GONE, members=line.members())


def typing_error(accepted: str) -> Response:
    """For what cannot be a code, whichever codes exist."""
    if accepted == HTML:
        return make_response(render_template("verification/typing_error.html"), NOT_FOUND)
    words = _("The characters of this code do not fit together. Compare it with the certificate and type it again.")
    return problem_json("code-typing-error", _("Is there a typing error?"), words)


def problem_json(
    code: str, title: str, detail: str, *, status: int = NOT_FOUND, members: Mapping[str, Any] | None = None
) -> Response:
    """For programs, as every error; `members` are what they are told beside the words."""
    told = {"type": f"{runtime().settings.base_url}/problems/{code}", "title": title, "status": status}
    response = jsonify(told | {"detail": detail, "code": code} | dict(members or {}))
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def closed(response: Response, accepted: str) -> Response:
    """An answer that shows no credential."""
    return private(response if accepted == HTML else readable_everywhere(response))
