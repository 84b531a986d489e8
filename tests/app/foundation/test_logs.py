"""A traceback in the log names places, never the values that stood in variables there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FAULT = """
import structlog
from app.foundation.logs import configure_logs

def fail(email):
    raise RuntimeError("a fault")

configure_logs()
try:
    fail("somebody" + "@example.org")
except RuntimeError as fault:
    structlog.get_logger("test").error("unexpected", exc_info=fault)
"""


def test_a_logged_fault_shows_where_and_not_whose() -> None:
    said = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=True).stderr
    frames = json.loads(said)["exception"][0]["frames"]
    assert [frame["name"] for frame in frames][-1] == "fail"
    assert "somebody" not in said


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    code = FAULT + "\nprint('went on', flush=True)"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "went on\n"
