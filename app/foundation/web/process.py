"""What one web process holds for its requests, and addresses under its one origin."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from flask import current_app, url_for

from app.foundation.rates import RatePolicy, SharedNetworkPolicy
from app.foundation.runtime import Runtime


class Decile(NamedTuple):
    """Our corner of `app.extensions`."""

    runtime: Runtime
    rates: RatePolicy
    shared: SharedNetworkPolicy


def ours() -> Decile:
    """Our corner of this application."""
    return cast("Decile", current_app.extensions["decile"])


def runtime() -> Runtime:
    """The runtime of this web process. It holds no signer."""
    return ours().runtime


def absolute_url(endpoint: str, **values: Any) -> str:
    """A URL under the one configured origin, whatever Host the request named."""
    return runtime().settings.base_url + url_for(endpoint, **values)
