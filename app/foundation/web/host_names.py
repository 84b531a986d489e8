"""Whoever looks after this process asks for its health under whatever name or address it is reached by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OF_HEALTH = ("/healthz", "/readyz")  # they say nothing of hosts, and what probes a container knows no public name


@dataclass(frozen=True, slots=True)
class HealthUnderAnyName:
    """The application, for which these pages were always asked for under the public host."""

    application: WSGIApplication
    host: str

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer."""
        if environ.get("PATH_INFO") in OF_HEALTH:
            environ["HTTP_HOST"] = self.host
        return self.application(environ, start_response)
