"""The runbooks travel with the program: listed, printed, and named by every remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli import main
from app.foundation import shipped

ROOT = Path(__file__).resolve().parents[3]
NAMES = {path.stem for path in (ROOT / "docs/runbooks").glob("*.md")} - {"README"}


def asked(*words: str) -> Result:
    """Without settings or a database: whoever asks may have lost them."""
    return CliRunner().invoke(main, ["runbook", *words], env={"DECILE_DATA": "/proc/nowhere"})


def test_without_a_name_all_are_listed_with_their_titles():
    done = asked()
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert {line.split()[0] for line in lines[:-1]} == NAMES
    assert re.search(r"^worker_dead +The worker is dead or behind$", done.output, re.MULTILINE)
    assert lines[-1].endswith(str(shipped.DEPLOY))


@pytest.mark.parametrize("name", ["worker_dead", "worker_dead.md", "docs/runbooks/worker_dead.md"])
def test_one_is_printed_as_it_is(name: str):
    page = (ROOT / "docs/runbooks/worker_dead.md").read_text(encoding="utf-8")
    assert (asked(name).exit_code, asked(name).output) == (0, page)


@pytest.mark.parametrize(("name", "nearest"), [("worker_ded", "worker_dead"), ("restor", "restore"), ("../README", "")])
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str):
    done = asked(name)
    assert done.exit_code == 1
    assert done.output.startswith(f"Refused: There is no runbook {name}. The nearest name is {nearest}")
    assert done.output.count("\n") == 1


def test_every_remedy_names_a_runbook_that_can_be_printed():
    named = set()
    for path in (ROOT / "app").rglob("*.py"):
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))  # a sentence over two lines of source
        named |= set(re.findall(r"`decile runbook ([a-z_]+)`", text))
        assert "see docs/runbooks" not in text.lower(), path
    assert named <= NAMES
    assert len(named) >= 6


def test_every_alert_says_the_command_beside_the_page():
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    for rule in rules:
        notes = rule["annotations"]
        assert notes["command"] == f"decile runbook {Path(notes['runbook']).stem}"
