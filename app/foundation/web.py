"""The web edge shared by all contexts: who is asking, in which language, how errors look, which headers go out.

This module alone knows status codes, and it alone (with views and the factory) knows Flask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from flask import Flask, Response, current_app, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.foundation.access import ANONYMOUS, Actor, ProofNotFresh, SecondFactorNeeded, SignInNeeded, require
from app.foundation.errors import Conflict, DecileError, Invalid, NotFound, Refused, Unavailable
from app.foundation.rate_storage import SHARED, SteadyMemoryStorage
from app.foundation.rates import RatePolicy, SharedNetworkPolicy, network_of
from app.foundation.runtime import Runtime

STATUS_OF_KIND: dict[type[DecileError], int] = {
    NotFound: 404,
    Refused: 403,
    Invalid: 422,
    Conflict: 409,
    Unavailable: 503,
}
STATUS_OF_ERROR: dict[type[DecileError], int] = {SignInNeeded: 401}
SIGN_IN_KEY = "_user_id"  # where flask-login keeps the token in the cookie
LANGUAGES = ("en", "fr")
LANGUAGE_COOKIE = "decile_language"
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
RETRY_AFTER_SECONDS = 5
LARGEST_BODY_BYTES = 1_000_000
PROGRAMS = "/api/"  # below it programs ask, with tokens: cookies are not looked at, and errors are never pages

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"

csrf = CSRFProtect()
babel = Babel()
limiter = Limiter(key_func=get_remote_address, headers_enabled=True)
login_manager = LoginManager()
log = structlog.get_logger("decile.web")

P = ParamSpec("P")
R = TypeVar("R")


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


class Decile(NamedTuple):
    """Our corner of `app.extensions`."""

    runtime: Runtime
    rates: RatePolicy
    shared: SharedNetworkPolicy


def _ours() -> Decile:
    return cast("Decile", current_app.extensions["decile"])


def runtime() -> Runtime:
    """The runtime of this web process. It holds no signer."""
    return _ours().runtime


def actor() -> Actor:
    """Who is asking; `ANONYMOUS` when nobody is signed in."""
    return current_user.actor if current_user.is_authenticated else ANONYMOUS


def person_id() -> UUID:
    """Who is signed in; for views behind `require_signed_in`."""
    found = actor().person_id
    if found is None:
        raise SignInNeeded
    return found


def browser_token() -> str | None:
    """The token of this browser's sign-in, or None."""
    return cast("str", current_user.id) if current_user.is_authenticated else None


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


def asks_for_proof(back: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Where the act needs a fresh proof of who is asking, ask for it, then lead back to the page `back`.

    What was sent is not kept: the person sees the page again and presses the button again.
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
                return cast("R", _ask_for_proof(url_for(back, **place)))

        return led

    return decorate


def _ask_for_proof(back: str) -> Any:
    notice(_("This is a sensitive step, so we ask again who you are. Then you come back here and can go on."))
    return redirect(url_for("accounts.prove_page", next=back), code=303)


def rate(name: str, window: str) -> Callable[[], str]:
    """A limit read from the rate policy: `@limiter.limit(rate("sign_in_requests_per_hour", "hour"))`."""
    return lambda: f"{getattr(_ours().rates, name)} per {window}"


def limit_beginnings(view: Callable[P, R]) -> Callable[P, R]:
    """Let a network begin so many things a day that show our content; a view says by `note_beginning` that it did.

    Programs that collect content begin again and again. What was begun goes on whatever the count is.
    """
    limited = limiter.shared_limit(
        _beginnings_allowed,
        scope="beginnings",
        key_func=lambda: network_of(get_remote_address()),
        deduct_when=lambda _response: g.get("has_begun", False),
        error_message=lambda: _(
            "So much was begun from your network today that no more may begin there until tomorrow. This keeps "
            "programs from collecting the questions. It is no judgement of you: nothing of yours is lost or counted, "
            "and what you have begun goes on. Another network works at once. Where many people share one, as in a "
            "school, whoever runs this site can allow more."
        ),
    )
    return cast("Callable[P, R]", limited(view))


def note_beginning() -> None:
    """Count this request against its network."""
    g.setdefault("has_begun", True)


def _beginnings_allowed() -> str:
    ours = _ours()
    allowed = ours.shared if ours.shared.holds(get_remote_address()) else ours.rates
    return f"{allowed.beginnings_per_day} per day"


def absolute_url(endpoint: str, **values: Any) -> str:
    """A URL under the one configured origin, whatever Host the request named."""
    return runtime().settings.base_url + url_for(endpoint, **values)


def is_for_programs() -> bool:
    """Whether this address is part of the API, known to it or not."""
    return request.path.startswith(PROGRAMS)


def prefers_json() -> bool:
    """Whether the asker would rather read JSON than a page."""
    if is_for_programs():
        return True
    if request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def language_of_request() -> str:
    """`en` or `fr`: what the person chose, else what the browser asks for."""
    if "language" in g:
        return cast("str", g.language)
    chosen = request.args.get("language") or request.cookies.get(LANGUAGE_COOKIE)
    g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    return cast("str", g.language)


def init_web(
    app: Flask,
    runtime: Runtime,
    *,
    rates: RatePolicy,
    shared: SharedNetworkPolicy,
    load_actor: Callable[[str], Actor | None],
) -> None:
    """Everything every page needs, on a fresh Flask application."""
    settings = runtime.settings
    app.extensions["decile"] = Decile(runtime, rates, shared)
    host = urlsplit(settings.base_url).hostname or "localhost"
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        SESSION_COOKIE_NAME="__Host-decile" if settings.is_https else "decile",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_BODY_BYTES,
        TRUSTED_HOSTS=[host, "127.0.0.1", "localhost"] if settings.is_embedded else [host],
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our own Referrer-Policy withholds; SameSite stays
        BABEL_TRANSLATION_DIRECTORIES="translations",
        RATELIMIT_STORAGE_URI=f"{SHARED}{settings.redis_url}"
        if settings.redis_url
        else f"{SteadyMemoryStorage.STORAGE_SCHEME[0]}://",
        RATELIMIT_DEFAULT=f"{rates.all_pages_per_minute} per minute",
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    app.after_request(_finish)  # before the limiter's, so that it runs after it and has the last word
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=language_of_request)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, count: _translations().ungettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _translations().upgettext(context, text),
        npgettext=lambda context, one, many, count: _translations().unpgettext(context, one, many, count),
    )
    app.session_interface = SignedCookies(app)
    login_manager.session_protection = None  # it only marks a sign-in as stale, and ours carry their own proofs
    login_manager.init_app(app)
    login_manager.user_loader(lambda token: _signed_in(token, load_actor))
    app.before_request(_start_clock)
    app.context_processor(_page_values)
    _register_errors(app)


def _translations() -> Any:
    """The words of this request's language, looked for once: the library looks anew at every text of a template."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


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


def _page_values() -> dict[str, Any]:
    return {
        "actor": actor(),
        "language": str(get_locale() or LANGUAGES[0]),
        "languages": {"en": "English", "fr": "Français"},
        "base_url": runtime().settings.base_url,
    }


def _start_clock() -> None:
    g.started_at = runtime().clock.now()


def _finish(response: Response) -> Response:
    present = {name.lower() for name, _ in response.headers}  # once: the headers' own look-up reads them all
    for name, value in _headers_due():
        if name.lower() not in present:
            response.headers.add(name, value)
    if response.status_code == 503:  # the limiter put the end of its own window there
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    _remember_language(response)
    _log_request(response)
    return response


def _headers_due() -> Iterator[tuple[str, str]]:
    """What goes out unless the view has said otherwise."""
    yield from HEADERS.items()
    if runtime().settings.is_https:
        yield "Strict-Transport-Security", STRICT_TRANSPORT
    if SIGN_IN_KEY in session or request.method != "GET":  # asking who it is would need the database
        yield "Cache-Control", "no-store"


def _remember_language(response: Response) -> None:
    if request.args.get("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            request.args["language"],
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=runtime().settings.is_https,
            httponly=True,
            samesite="Lax",
        )


def _log_request(response: Response) -> None:
    """The rule and never the path: a path may hold a token or a code, a rule holds neither."""
    rule = request.url_rule.rule if request.url_rule else None
    request.environ["decile.rule"] = rule  # for whoever counts answers around the application
    started_at = g.get("started_at")
    elapsed = (runtime().clock.now() - started_at).total_seconds() * 1000 if started_at else None
    log.info("request", method=request.method, rule=rule, status=response.status_code, milliseconds=elapsed)


def _register_errors(app: Flask) -> None:
    app.register_error_handler(DecileError, _answer_error)
    app.register_error_handler(CSRFError, _answer_csrf)
    app.register_error_handler(RateLimitExceeded, _answer_too_many)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(NoConnectionLeft, _answer_database)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(error: DecileError) -> int:
    """The HTTP status for an error of ours, by its kind."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[DecileError]) -> int:
    """The HTTP status for every error of this kind."""
    for parent in kind.__mro__:
        status = STATUS_OF_ERROR.get(parent) or STATUS_OF_KIND.get(parent)
        if status:
            return status
    return 500


def _answer_error(error: DecileError) -> Any:
    if not prefers_json():
        if isinstance(error, SignInNeeded):
            return redirect(url_for("accounts.sign_in_page", next=_return_path()), code=303)
        if isinstance(error, SecondFactorNeeded):
            return redirect(url_for("accounts.second_factor_page", next=_return_path()), code=303)
        if isinstance(error, ProofNotFresh):
            return _ask_for_proof(_return_path())
    return problem(error.code, status_of(error), str(error), headline=_headline(error), is_ours=True)


def _return_path() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def _headline(error: DecileError) -> str:
    headlines = {
        404: _("We found nothing here"),
        403: _("This is not open to you"),
        422: _("Something in what you sent needs correcting"),
        409: _("This is no longer possible"),
        401: _("Please sign in"),
    }
    return str(headlines.get(status_of(error), _("We cannot answer right now")))


def problem(code: str, status: int, detail: str, *, headline: str, is_ours: bool = False) -> Response:
    """An error as `application/problem+json` for programs, as a page in plain words for people."""
    base_url = runtime().settings.base_url
    if prefers_json():
        response = jsonify(type=f"{base_url}/problems/{code}", title=headline, status=status, detail=detail, code=code)
        response.mimetype = "application/problem+json"
    else:
        page = render_template(
            "error.html", status=status, code=code, headline=headline, detail=detail, is_ours=is_ours
        )
        response = Response(page, mimetype="text/html")
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer_csrf(_error: CSRFError) -> Response:
    detail = _("The form was open too long or came from elsewhere. Go back, reload the page and send it again.")
    return problem("form-expired", 403, detail, headline=_("Please send the form again"))


def _answer_too_many(error: RateLimitExceeded) -> Response:
    detail = _("Too many requests came from your network. Wait a moment, then try again.")
    detail = (error.description or detail) if error.limit.error_message else detail
    return problem("too-many-requests", 429, detail, headline=_("A short pause, please"))


def _answer_http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, InternalServerError) and error.original_exception:  # raised outside the view
        return _answer_fault(error.original_exception)
    if isinstance(error, SecurityError):  # a Host we do not answer to: no page can be built under it
        return Response("This host name is not ours.\n", status=status, mimetype="text/plain")
    if status == 404:
        detail = _("There is no page at this address. Check the link, or start from the front page.")
        return problem("not-found", 404, detail, headline=_("We found nothing here"))
    detail = error.description or ""
    response = problem(f"http-{status}", status, detail, headline=error.name)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _answer_fault(fault: BaseException) -> Response:
    if isinstance(fault, DBAPIError | NoConnectionLeft):
        return _answer_database(fault)
    return _answer_unexpected(fault)


def _answer_database(fault: DBAPIError | NoConnectionLeft) -> Response:
    """Busy, restarting, or no connection left: that passes, so say to try again. Any other fault is a bug."""
    passes = isinstance(fault, OperationalError | NoConnectionLeft) or fault.connection_invalidated
    if not passes:
        return _answer_unexpected(fault)
    g.setdefault("database_failed", True)
    log.error("database.failed", error=type(fault).__name__, cause=type(getattr(fault, "orig", None)).__name__)
    detail = _("Nothing was lost, and what you just sent was not confirmed. Wait a moment, then send it again.")
    return problem("database-unavailable", 503, detail, headline=_("We cannot answer right now"))


def _answer_unexpected(error: BaseException) -> Response:
    """A fault of ours: say so, log its kind and place, show nothing of the inside."""
    log.error("unexpected", exc_info=error)
    detail = _("The fault is ours and has been recorded. What you had already sent and seen confirmed is kept.")
    return problem("internal", 500, detail, headline=_("Something went wrong on our side"))


def notice(text: str) -> None:
    """Show `text` once, on the next page."""
    flash(text)
