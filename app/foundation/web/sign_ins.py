"""How a browser stays signed in: one signed cookie with the token of a row in our own table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from flask import Flask, g, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user, logout_user
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from app.foundation.access import ANONYMOUS, Actor
from app.foundation.web.asker import is_for_programs, language_of_request

SIGN_IN_KEY = "_user_id"  # where flask-login keeps the token in the cookie
login_manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """What flask-login keeps: the token of a row in our own table, so that any sign-in can be ended by us."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.id, self.actor = token, actor


class SignedCookies(SecureCookieSessionInterface):
    """The library's signed cookies; what checks them depends on the application's keys alone, and is made once."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _serializer(self) -> URLSafeTimedSerializer | None:
        return super().get_signing_serializer(self._app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:  # noqa: ARG002  the one it was made for
        """What signs a cookie, and reads it under the present key and the former ones."""
        return self._serializer


def keep_sign_ins(app: Flask, load_actor: Callable[[str], Actor | None]) -> None:
    """Let the application know by `load_actor` whose token a cookie holds."""
    app.session_interface = SignedCookies(app)
    login_manager.session_protection = None  # it only marks a sign-in as stale, and ours carry their own proofs
    login_manager.init_app(app)
    login_manager.user_loader(lambda token: _signed_in(token, load_actor))


def remember_sign_in(token: str, holder: Actor = ANONYMOUS) -> None:
    """Bind this browser to a freshly made sign-in; nothing of a former one survives.

    `holder` is who the rest of this request shows as signed in.
    """
    language = language_of_request()
    session.clear()
    login_user(SignedIn(token, holder))
    g.language = language


def forget_sign_in() -> None:
    """Empty this browser's cookie."""
    logout_user()
    session.clear()


def _signed_in(token: str, load_actor: Callable[[str], Actor | None]) -> SignedIn | None:
    """Nobody, where programs ask; nor once the database has failed: the page that says so must not ask it again."""
    if is_for_programs() or g.get("database_failed"):
        return None
    try:
        found = load_actor(token)
    except (DBAPIError, NoConnectionLeft):
        g.setdefault("database_failed", True)
        raise
    return SignedIn(token, found) if found is not None else None
