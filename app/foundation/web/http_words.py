"""What people read where the web library refuses a request before any view of ours is asked."""

from __future__ import annotations

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import ngettext

SHORT_PAUSE_SECONDS = 120  # below it nobody wants to know a number


def http_words(status: int) -> tuple[str, str]:
    """Headline and advice."""
    words = {
        400: (
            _("We could not read this"),
            _("What was sent is incomplete or garbled. Go back, reload the page and send it again."),
        ),
        405: (
            _("This cannot be done at this address"),
            _("The address exists, but it takes no requests of this kind. Go back, or start from the front page."),
        ),
        413: (_("This is too large"), _too_large()),
        415: (
            _("We could not read this"),
            _("What was sent is of a kind that this address does not take. Go back and use the form of the page."),
        ),
    }
    unknown = (
        _("We cannot answer this"),
        _("What was sent is nothing that we know how to answer. Go back, or start from the front page."),
    )
    return words.get(status, unknown)


def _too_large() -> str:
    if request.mimetype != "multipart/form-data":  # no file
        return str(_("This is more than we take at once. Send less at a time."))
    most = current_app.config["MAX_CONTENT_LENGTH"] // 1_000_000
    return str(
        _("This file is too large: at most %(most)s MB. Choose a smaller one, or type codes instead.", most=most)
    )


def pause_words(seconds: int) -> str:
    """What to do where too many requests came, with so many seconds to wait."""
    if seconds < SHORT_PAUSE_SECONDS:
        return str(_("Too many requests came from your network. Wait a moment, then try again."))
    return str(
        ngettext(
            "Too many requests came from your network. Try again in %(num)d minute.",
            "Too many requests came from your network. Try again in %(num)d minutes.",
            -(-seconds // 60),
        )
    )
