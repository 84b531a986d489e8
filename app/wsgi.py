"""The web process: settings from the environment, then the application. `app.wsgi:application` for any WSGI server."""

from __future__ import annotations

import sys

from app.composition import build_runtime
from app.factory import create_app
from app.foundation import running, schema
from app.foundation.logs import configure_logs
from app.foundation.settings import read_settings

configure_logs()
_runtime = build_runtime(read_settings())
_running = running.marked_as_running(_runtime.settings.data)
_running.__enter__()  # for as long as the server's process lives
try:
    schema.require_head(_runtime.database)
except schema.SchemaBehind as refusal:
    sys.exit(f"Refused: {refusal}")  # as `decile web` says it
application = create_app(_runtime)
