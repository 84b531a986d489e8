"""Each rule of our own finds what is broken for it, line by line, and nothing in what we ship."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "tests" / "architecture" / "semgrep"
COMMAND = re.search(r"^SEMGREP := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE).group(1)

pytestmark = pytest.mark.long


def found_in(*places: Path, config: Path) -> Counter[tuple[str, str, int]]:
    """(rule, file, line) of every finding."""
    command = [*COMMAND.replace("$(BIN)", ".venv/bin").split(), "scan", "--json", "--quiet", "--metrics", "off"]
    options = ["--disable-version-check", "--no-git-ignore", "--config", str(config)]
    done = subprocess.run([*command, *options, *map(str, places)], cwd=ROOT, capture_output=True, check=False)
    if not done.stdout:
        pytest.skip(f"semgrep cannot be fetched here: {done.stderr.decode()[-200:]}")
    told = json.loads(done.stdout)
    assert told["errors"] == []
    return Counter(
        (one["check_id"].rpartition(".")[2], Path(one["path"]).name, one["start"]["line"]) for one in told["results"]
    )


def test_each_rule_finds_the_lines_that_break_it_and_no_other(tmp_path):
    """In a place of its own, because semgrep passes over folders of tests."""
    for file in RULES.iterdir():
        shutil.copy(file, tmp_path)
    lines = (RULES / "broken.py").read_text(encoding="utf-8").splitlines()
    wanted = {
        (match.group(1), "broken.py", number)
        for number, line in enumerate(lines, 1)
        if (match := re.search(r"# breaks (\S+)$", line))
    }
    wanted |= {("safe-filter-in-a-template", "broken.html", 1), ("script-in-a-template", "broken.html", 2)}
    rules = set(re.findall(r"^  - id: (\S+)$", (RULES / "rules.yaml").read_text(encoding="utf-8"), re.MULTILINE))
    assert rules == {rule for rule, _, _ in wanted}
    assert set(found_in(tmp_path, config=tmp_path / "rules.yaml")) == wanted


def test_what_we_ship_breaks_none():
    places = [ROOT / name for name in ("app", "scoring", "migrations", "scripts")]
    assert found_in(*places, config=RULES / "rules.yaml") == Counter()
