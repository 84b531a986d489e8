"""The floors hold: contracts kept, and no context reaches into another's tables."""

from __future__ import annotations

import ast
import re
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


def test_the_web_application_starts_without_the_heavy_libraries():
    code = (
        "import sys, app.factory; print(sorted({'scipy', 'pandas', 'numba', 'alembic', 'dbos'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_worker_starts_without_what_only_some_jobs_compute_with():
    code = "import sys, app.worker; print(sorted({'scipy', 'pandas', 'numba', 'alembic'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_case_078_nothing_but_mail_and_the_start_page_reaches_out():
    """Whoever fetches addresses needs a guard against those of the inside; nobody fetches, so there is none."""
    doors = r"socket|ssl|smtplib|ftplib|http\.client|urllib\.request|requests|httpx|aiohttp|urllib3"
    reaches = re.compile(rf"^\s*(?:from|import) ({doors})\b", re.MULTILINE)
    found = {
        (path.relative_to(ROOT).as_posix(), module)
        for path in (ROOT / "app").rglob("*.py")
        for module in reaches.findall(path.read_text(encoding="utf-8"))
    }
    assert found == {
        ("app/foundation/mail.py", "smtplib"),
        ("app/foundation/mail.py", "ssl"),
        ("app/up.py", "socket"),  # whether the port is free: it binds, and connects to nothing
        ("app/up.py", "urllib.request"),
    }


def test_edge_082_every_message_to_a_person_is_kept_for_them_too():
    """`person.email` is where somebody who has an account is written to; alarms go to staff, who find them at work."""
    calls = [
        (file.relative_to(ROOT).as_posix(), call)
        for file in (ROOT / "app").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Message"
    ]
    to_people = [(file, call) for file, call in calls if "person.email" in {ast.unparse(one) for one in call.args}]
    unkept = {file for file, call in to_people if "person_id" not in {one.arg for one in call.keywords}}
    assert len(to_people) >= 10
    assert unkept == {"app/monitoring/send_alarm_mail.py"}


def test_no_module_name_invites_strangers(graph):
    banned = {"utils", "util", "common", "helpers", "services", "manager", "misc"}
    assert [
        name for name in graph.modules if name.rsplit(".", 1)[-1] in banned and name.startswith(("app", "scoring"))
    ] == []
