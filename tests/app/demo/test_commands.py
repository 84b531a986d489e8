"""`decile demo load` as an operator runs it, in a data directory of its own."""

from __future__ import annotations

import json
import time

from tests.journeys.installation import Installation

CANDIDATES = "1000"


def test_the_command_loads_once_and_tells_what_there_is(tmp_path):
    installation = Installation(tmp_path / "demo")
    assert "decile db upgrade" in installation.cli("demo", "load", code=1)
    installation.cli("db", "upgrade")
    assert "Refused" in installation.cli("demo", "load", code=1)  # there is no signing key yet
    installation.cli("keys", "init")
    assert "--candidates 1000 or more" in installation.cli("demo", "load", "--candidates", "10", code=1)
    first = json.loads(installation.cli("demo", "load", "--candidates", CANDIDATES, "--json"))
    began = time.perf_counter()
    again = installation.cli("demo", "load")
    print(f"second `decile demo load`: {time.perf_counter() - began:.2f} s")
    assert first["loaded_now"] is True
    assert "loaded already" in again
    assert all(f"{count:4} {what}" in again for what, count in first["counts"].items())
