"""Figures for Prometheus, on a port of their own that only the machine itself hears unless told otherwise.

They name routes and counts, never a path, a person or a code. Requests are counted by the web process that answered
them; how the installation stands is read from the database at each scrape, by every process, so that a dead worker
cannot hide its own silence.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.assessment import queries as assessment
from app.credentials import queries as credentials
from app.foundation import audit, job_health
from app.foundation.listening import listening_at
from app.foundation.rate_storage import why_not_shared
from app.foundation.readiness import readiness
from app.foundation.runtime import Runtime
from app.foundation.settings import PREFIX, Settings
from app.foundation.web.headers import RULE

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def new_registry(runtime: Runtime) -> CollectorRegistry:
    """A registry with the process's own figures and how the installation stands."""
    from prometheus_client import CollectorRegistry, ProcessCollector  # noqa: PLC0415  only where metrics are asked for

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Standing(runtime))
    return registry


def serve_metrics(settings: Settings, registry: CollectorRegistry) -> None:
    """Answer scrapes in a thread of their own until the process ends.

    Raises
    ------
    AddressUnusable, PortTaken
    """
    from prometheus_client import start_http_server  # noqa: PLC0415

    host, port = settings.metrics_host, settings.metrics_port
    with listening_at(host, port, setting=f"{PREFIX}METRICS_"):
        start_http_server(port, addr=host, registry=registry)


def counting(application: WsgiApplication, registry: CollectorRegistry) -> WsgiApplication:
    """The application, with each answer counted by route and status, and the time until it began."""
    from prometheus_client import Histogram  # noqa: PLC0415

    seconds = Histogram(
        "decile_request_seconds",
        "Time until an answer began, by route and status.",
        ("method", "route", "status"),
        buckets=SECONDS,
        registry=registry,
    )

    def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            route = environ.get(RULE) or "none"  # an unknown path is no label: anybody could invent millions
            seconds.labels(_known(environ["REQUEST_METHOD"]), route, status[:3]).observe(time.perf_counter() - began)
            return start_response(status, headers, *rest)

        return application(environ, start)

    return counted


def _known(method: str) -> str:
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"


class _Standing:
    """Asked by the registry at each scrape."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

        checks = GaugeMetricFamily("decile_ready", "1 where a check of /readyz holds.", labels=["check"])
        for name, check in readiness(self._runtime).items():
            checks.add_metric([name], float(check["ok"]))
        yield checks
        redis_url = self._runtime.settings.redis_url
        if redis_url:
            shared = float(not why_not_shared(redis_url))
            yield GaugeMetricFamily("decile_rates_shared", "1 where Redis counts for all web processes.", value=shared)
        try:
            with self._runtime.reading() as session:
                found = list(self._figures(session))
        except SQLAlchemyError:
            return  # decile_ready{check="database"} has said so
        for name, about, figure in found:
            if figure is not None:
                yield GaugeMetricFamily(name, about, value=figure)

    def _figures(self, session: Session) -> Iterator[tuple[str, str, float | None]]:
        now, data = self._runtime.clock.now(), self._runtime.settings.data
        heartbeat = job_health.worker_heartbeat_age_seconds(session, now)
        backup = audit.latest("backup.made", session=session)
        yield "decile_worker_heartbeat_age_seconds", "Since any worker was heard of.", heartbeat
        yield (
            "decile_job_oldest_waiting_seconds",
            "Age of the oldest job that waits for a worker.",
            (job_health.oldest_waiting_seconds(session, now)),
        )
        yield "decile_jobs_failed", "Jobs on the dead list.", job_health.failed_count(session)
        yield "decile_jobs_unfinished", "Jobs that wait or run.", job_health.unfinished_count(session)
        yield "decile_sittings_open", "Sittings under way.", assessment.open_sittings(session=session)
        yield (
            "decile_credentials_unsigned",
            "Credentials reserved and not yet signed.",
            (len(credentials.pending(before=now, session=session))),
        )
        yield (
            "decile_status_lists_behind",
            "Status lists whose latest change is not signed yet.",
            (credentials.status_lists_behind(session=session)),
        )
        yield (
            "decile_last_backup_timestamp_seconds",
            "When the last backup was made.",
            (backup.timestamp() if backup else None),
        )
        yield "decile_data_free_bytes", "Free space where the data directory is.", float(shutil.disk_usage(data).free)
