"""The web process: settings from the environment, then the application. `app.wsgi:application` for any WSGI server."""

from __future__ import annotations

from app.composition import build_runtime
from app.factory import create_app
from app.foundation.logs import configure_logs
from app.foundation.settings import read_settings

configure_logs()
application = create_app(build_runtime(read_settings()))
