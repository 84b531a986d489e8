"""The web process: settings from the environment, then the application. `app.wsgi:application` for any WSGI server."""

from __future__ import annotations

from app.composition import build_runtime
from app.factory import create_app
from app.foundation import running
from app.foundation.logs import configure_logs
from app.foundation.settings import read_settings

configure_logs()
_runtime = build_runtime(read_settings())
_running = running.marked_as_running(_runtime.settings.data)
_running.__enter__()  # for as long as the server's process lives
application = create_app(_runtime)
