"""The floors hold: contracts kept, and no context reaches into another's tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("app", "scoring", cache_dir=None)


def test_every_import_contract_is_kept():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_context_imports_the_models_of_another(graph):
    faults = [
        (importer, model)
        for model in graph.modules
        if model.startswith("app.") and model.endswith(".models")
        for importer in graph.find_modules_that_directly_import(model)
        if importer.split(".")[1] != model.split(".")[1] and importer != "app.composition"
    ]
    assert faults == []


def test_importing_app_touches_no_third_party_module():
    code = "import sys; before = set(sys.modules); import app; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['app']"


@pytest.mark.parametrize("heavy", ["scipy", "pandas", "numba", "alembic", "dbos"])
def test_the_web_application_starts_without_the_heavy_libraries(heavy):
    code = f"import sys, app.factory; print({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_module_name_invites_strangers(graph):
    banned = {"utils", "util", "common", "helpers", "services", "manager", "misc"}
    assert [
        name for name in graph.modules if name.rsplit(".", 1)[-1] in banned and name.startswith(("app", "scoring"))
    ] == []
