"""Everything every page needs, on a fresh Flask application."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from flask import Flask, g
from flask.json.provider import DefaultJSONProvider
from flask_babel import Babel, get_locale, get_translations
from jinja2 import pass_context
from jinja2.filters import do_format
from jinja2.runtime import Context
from werkzeug.middleware.proxy_fix import ProxyFix

from app.foundation import written
from app.foundation.rate_storage import SHARED, SteadyMemoryStorage
from app.foundation.rates import RatePolicy, SharedNetworkPolicy
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.foundation.web.asker import LANGUAGES, actor, here_in, language_of_request
from app.foundation.web.gates import csrf
from app.foundation.web.headers import finish
from app.foundation.web.host_names import HealthUnderAnyName
from app.foundation.web.limits import limiter
from app.foundation.web.numbers import StoredNumber
from app.foundation.web.problems import register_errors
from app.foundation.web.process import Decile, runtime
from app.foundation.web.repeated_answers import RepeatedAnswers, raise_what_was_met
from app.foundation.web.sign_ins import Holders, keep_sign_ins
from app.foundation.web.static_files import name_by_content

LARGEST_BODY_BYTES = 1_000_000
babel = Babel()


class ReadableJson(DefaultJSONProvider):
    """What Python's reader gives up on is unreadable like any other text, and no fault of ours."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """The value behind a JSON text; a ValueError for one that is nested too deep."""
        try:
            return super().loads(s, **options)
        except RecursionError:
            raise ValueError("the JSON is nested too deep") from None


def init_web(
    app: Flask,
    runtime: Runtime,
    *,
    rates: RatePolicy,
    shared: SharedNetworkPolicy,
    holders: Holders,
) -> None:
    """Everything every page needs, on a fresh Flask application."""
    app.extensions["decile"] = Decile(runtime, rates, shared)
    app.config.update(_configuration(runtime.settings, rates))
    public = urlsplit(runtime.settings.base_url).netloc
    app.wsgi_app = HealthUnderAnyName(RepeatedAnswers(app.wsgi_app), public)  # type: ignore[method-assign]
    proxies = runtime.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.url_map.converters["int"] = StoredNumber
    app.json = ReadableJson(app)
    app.after_request(finish)  # before the limiter's, so that it runs after it and has the last word
    csrf.init_app(app)
    limiter.init_app(app)
    _speak_languages(app)
    _write_figures(app)
    keep_sign_ins(app, holders)
    app.before_request(_start_clock)
    app.before_request(raise_what_was_met)
    app.context_processor(_page_values)
    name_by_content(app)
    register_errors(app)


def _configuration(settings: Settings, rates: RatePolicy) -> dict[str, Any]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "SESSION_COOKIE_NAME": "__Host-decile" if settings.is_https else "decile",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": LARGEST_BODY_BYTES,
        "TRUSTED_HOSTS": [host, "127.0.0.1", "localhost"] if settings.is_embedded else [host],
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # it wants a Referer, which our own Referrer-Policy withholds; SameSite stays
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "RATELIMIT_STORAGE_URI": f"{SHARED}{settings.redis_url}"
        if settings.redis_url
        else f"{SteadyMemoryStorage.STORAGE_SCHEME[0]}://",
        "RATELIMIT_DEFAULT": f"{rates.all_pages_per_minute} per minute",
    }


def _speak_languages(app: Flask) -> None:
    babel.init_app(app, locale_selector=language_of_request)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _unbroken(_translations().ugettext(text)),
        ngettext=lambda one, many, count: _unbroken(_translations().ungettext(one, many, count)),
        newstyle=True,
        pgettext=lambda context, text: _translations().upgettext(context, text),
        npgettext=lambda context, one, many, count: _translations().unpgettext(context, one, many, count),
    )


def _write_figures(app: Flask) -> None:
    """Figures on pages follow the page's language, those of Jinja's own `format` too, so that none is forgotten."""
    app.jinja_env.filters.update(number=_number, format=_format, day=_day, minute=_minute, language_name=_language_name)


@pass_context  # so that no figure is folded into a compiled template, which serves both languages
def _number(_: Context, printed: float | str) -> str:
    return written.number(printed, language_of_request())


@pass_context
def _format(_: Context, form: str, *values: Any) -> str:
    return written.number(do_format(form, *values), language_of_request())


@pass_context
def _day(_: Context, told: date | str, pattern: str = written.DAY) -> str:
    return written.day(told, language_of_request(), pattern)


@pass_context
def _minute(_: Context, at: datetime) -> str:
    return written.minute(at, language_of_request())


@pass_context
def _language_name(_: Context, code: str) -> str:
    """A language in the words of the page: French, français. Its own name is for whoever looks for it in a list."""
    return str(Locale.parse(code).get_display_name(language_of_request()))


def _unbroken(text: str) -> str:
    """No line ends between a number and its per cent sign; a French text says so itself."""
    return text.replace(" %%", "\N{NO-BREAK SPACE}%%")


def _translations() -> Any:
    """The words of this request's language, looked for once: the library looks anew at every text of a template."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def _page_values() -> dict[str, Any]:
    return {
        "actor": actor(),
        "language": str(get_locale() or LANGUAGES[0]),
        "languages": {"en": "English", "fr": "Français"},
        "base_url": runtime().settings.base_url,
        "here_in": here_in,
    }


def _start_clock() -> None:
    g.started_at = runtime().clock.now()
