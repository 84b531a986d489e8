"""What a request must show before a view is asked: a form of ours, a sign-in, a role, a fresh proof."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect

from app.foundation.access import ProofNotFresh, SecondFactorNeeded, SignInNeeded, require
from app.foundation.web.asker import actor, notice, prefers_json
from app.foundation.web.typed import KEEPS, Keeps, keep_typed, keep_typed_before_sign_in, keeps_of_request

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
    form = Keeps(back, keeps)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def led(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return view(*args, **kwargs)
            except ProofNotFresh:
                if prefers_json():
                    raise
                path = form.path(kwargs)
                return cast("R", ask_for_proof(path, is_kept=keep_typed(path, keeps) if keeps else None))

        vars(led)[KEEPS] = form
        return led

    return decorate


def ask_for_proof(back: str, *, is_kept: bool | None = None) -> Any:
    """Lead to the page that asks who it is, and from there back to `back`; say whether what was typed `is_kept`."""
    notice(_("This is a sensitive step, so we ask again who you are. Then you come back here and can go on."))
    if is_kept:
        notice(_("What you typed is not lost: it is kept for an hour, for you alone, and you find it there again."))
    elif is_kept is False:
        _say_that_it_is_lost()
    return redirect(url_for("accounts.prove_page", next=back), code=303)


def ask_to_sign_in() -> Any:
    """Lead to the sign-in, and from there back to the page, or to the one whose form was sent."""
    form = keeps_of_request() if request.method == "POST" else None
    back = form.path(request.view_args or {}) if form else return_path()
    if form and form.fields:
        _say_what_becomes_of_it(is_kept=keep_typed_before_sign_in(back, form.fields))
    return redirect(url_for("accounts.sign_in_page", next=back), code=303)


def _say_what_becomes_of_it(*, is_kept: bool) -> None:
    notice(_("Your sign-in had ended, so nothing was sent."))
    if is_kept:
        notice(
            _(
                "What you typed is kept for an hour. Sign in again in this browser, as the same person, and you find "
                "it in the form."
            )
        )
    else:
        _say_that_it_is_lost()


def _say_that_it_is_lost() -> None:
    notice(_("We could not keep what you typed. If your browser goes back a page, it may still stand there."))


def return_path() -> str:
    """The page that was asked for, with what its address says; after a form, the front page."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
