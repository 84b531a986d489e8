"""Tells whoever runs Decile whether the process is up and whether it can do its work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.foundation.readiness import readiness
from app.foundation.web.limits import limiter
from app.foundation.web.process import runtime

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@limiter.exempt
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "up"}


@bp.get("/readyz")
@limiter.exempt
def readyz() -> tuple[dict[str, Any], int]:
    """Database reachable, migrated to this release's head, and a worker alive."""
    checks = readiness(runtime())
    ready = all(check["ok"] for check in checks.values())
    return {"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503
