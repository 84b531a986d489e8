"""The web process of `decile web`: the application behind waitress, refusing to start on an older schema."""

from __future__ import annotations

import signal
from types import FrameType

import dbos  # noqa: F401  the first sitting that ends would import it while it holds the write lock
import waitress

from app import composition
from app.factory import create_app
from app.foundation import running, schema, settled_memory
from app.foundation.listening import listening_at
from app.foundation.runtime import Runtime
from app.foundation.settings import PREFIX
from app.foundation.switching import switch_often
from app.operations.metrics import WsgiApplication, counting, new_registry, serve_metrics
from app.operations.overload import WAITING_PER_THREAD, turning_away

CONNECTION_LIMIT = 1000
CHANNEL_TIMEOUT_SECONDS = 30


def serve(runtime: Runtime, *, upgrade: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, letting requests in hand finish; `upgrade` the schema before."""
    with running.marked_as_running(runtime.settings.data):
        if upgrade:
            schema.upgrade(runtime.database)
        _serve(runtime)


def _serve(runtime: Runtime) -> None:
    settled_memory.keep_one_heap()
    schema.require_head(runtime.database)
    composition.load_policy_file(runtime)
    settings = runtime.settings

    def waiting() -> int:
        return len(server.task_dispatcher.queue)

    most = WAITING_PER_THREAD * settings.threads
    application = turning_away(_measured(runtime), waiting, most=most, base_url=settings.base_url)
    with listening_at(settings.host, settings.port, setting=PREFIX):
        server = waitress.create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=CHANNEL_TIMEOUT_SECONDS,
            ident="decile",
            clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
        )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    settled_memory.settle()
    switch_often()
    server.run()


def _measured(runtime: Runtime) -> WsgiApplication:
    """The application; with metrics on a port of their own where the settings name one."""
    application = create_app(runtime)
    if not runtime.settings.metrics_port:
        return application
    registry = new_registry(runtime)
    serve_metrics(runtime.settings, registry)
    return counting(application, registry)
