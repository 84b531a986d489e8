"""How a browser stays signed in: one signed cookie with the token of a row in our own table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, cast
from uuid import UUID

from flask import Flask, current_app, g, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user, logout_user
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from app.foundation.access import ANONYMOUS, Actor
from app.foundation.kept_forms import forget_forms_of_others
from app.foundation.web.asker import is_for_programs, language_of_request
from app.foundation.web.process import runtime

SIGN_IN_KEY = "_user_id"  # where flask-login keeps the token in the cookie
FORM_MARK = "form"  # in the cookie, by which this browser finds again what was typed as a sign-in ended
login_manager = LoginManager()


class Holders(NamedTuple):
    """Who holds a token: of a sign-in that is open, and of one that ended by itself."""

    of_open: Callable[[str], Actor | None]
    of_ended: Callable[[str], UUID | None]


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


def keep_sign_ins(app: Flask, holders: Holders) -> None:
    """Let the application know by `holders` whose token a cookie holds."""
    app.extensions["decile_holders"] = holders
    app.session_interface = SignedCookies(app)
    login_manager.session_protection = None  # it only marks a sign-in as stale, and ours carry their own proofs
    login_manager.init_app(app)
    login_manager.user_loader(lambda token: _signed_in(token, holders.of_open))


def remember_sign_in(token: str, holder: Actor = ANONYMOUS) -> None:
    """Bind this browser to a freshly made sign-in; of a former one only a form survives, for the same person.

    `holder` is who the rest of this request shows as signed in.
    """
    language, mark = language_of_request(), session.get(FORM_MARK)
    session.clear()
    if mark:
        _leave_forms_to(token, mark)
        session[FORM_MARK] = mark
    login_user(SignedIn(token, holder))
    g.language = language


def _leave_forms_to(token: str, mark: str) -> None:
    """Forget what was typed in this browser unless it is kept for who signed in."""
    holder = _holders().of_open(token)
    with runtime().transaction() as database:
        forget_forms_of_others(mark, holder.person_id if holder else None, session=database)


def former_holder() -> UUID | None:
    """Whose sign-in in this browser ended by itself; None where it goes on, was ended, or never was."""
    token = session.get(SIGN_IN_KEY)
    return _holders().of_ended(token) if token else None


def _holders() -> Holders:
    return cast("Holders", current_app.extensions["decile_holders"])


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
