"""What a request must show before a view is asked: a form of ours, a sign-in, a role, a fresh proof."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import current_app, redirect, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect

from app.foundation.access import ProofNotFresh, SecondFactorNeeded, SignInNeeded, require
from app.foundation.web.asker import actor, notice, prefers_json
from app.foundation.web.typed import keep_typed

csrf = CSRFProtect()
P = ParamSpec("P")
R = TypeVar("R")


def require_signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let only signed-in people through."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not actor().is_signed_in:
            raise SignInNeeded
        return view(*args, **kwargs)

    return checked


def require_role(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only people with one of these staff roles through, and only after their second factor."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not actor().is_signed_in:
                raise SignInNeeded
            require(actor(), *roles)
            if actor().second_factor_at is None:
                raise SecondFactorNeeded
            return view(*args, **kwargs)

        return checked

    return decorate


def asks_for_proof(back: str, *, keeps: tuple[str, ...] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Where the act needs a fresh proof of who is asking, ask for it, then lead back to the page `back`.

    What was typed into the fields that `keeps` names, none of them a secret, stands there again: see `typed_form`.
    Nothing is done by itself. The person presses the button again.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def led(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return view(*args, **kwargs)
            except ProofNotFresh:
                if prefers_json():
                    raise
                expects = current_app.url_map.is_endpoint_expecting
                place: dict[str, Any] = {name: value for name, value in kwargs.items() if expects(back, name)}
                path = url_for(back, **place)
                if keeps:
                    keep_typed(path, keeps)
                return cast("R", ask_for_proof(path, keeps_text=bool(keeps)))

        return led

    return decorate


def ask_for_proof(back: str, *, keeps_text: bool = False) -> Any:
    """Lead to the page that asks who it is, and from there back to `back`."""
    notice(_("This is a sensitive step, so we ask again who you are. Then you come back here and can go on."))
    if keeps_text:
        notice(_("What you typed is not lost: it is kept for an hour, for you alone, and you find it there again."))
    return redirect(url_for("accounts.prove_page", next=back), code=303)
