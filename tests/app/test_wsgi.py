"""The application as another WSGI server imports it."""

from __future__ import annotations

import os
import subprocess
import sys

from app.foundation.schema import SchemaBehind


def test_over_a_database_without_our_tables_it_ends_with_the_line_of_decile_web(tmp_path):
    environment = {**os.environ, "DECILE_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import app.wsgi"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, f"Refused: {SchemaBehind()}\n")
