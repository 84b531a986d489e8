"""Would the fault suites notice? A defect is planted in a copy of this tree, and the suite for it must fail.

    python scripts/plant_faults.py            every defect of scripts/planted_faults.yaml
    python scripts/plant_faults.py F1 F12     those of some suites
    python scripts/plant_faults.py --list     what there is

A suite that cannot fail proves nothing, so the column of docs/faults.md that names its defect rests on this. Exits with
1 when a suite passes over a defect, or when the text that a defect replaces is there no longer. Ten minutes for all.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
DEFECTS = Path(__file__).with_name("planted_faults.yaml")
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "__pycache__", "node_modules", "instance", "dist", ".*_cache")
MOST_SECONDS = 600
FAILED = 1  # pytest's exit code for tests that ran and failed; any other says that none did


def planted(defect: dict[str, Any], place: Path) -> Path:
    """A copy of this tree with the defect in it."""
    tree = place / "tree"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    for change in defect["changes"]:
        file, old = tree / change["file"], change["old"]
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{defect['name']}: {old!r} stands {text.count(old)} times in {change['file']}")
        file.write_text(text.replace(old, change["new"]), encoding="utf-8")
    return tree


def is_caught(defect: dict[str, Any], *, say: bool) -> bool:
    """Whether the suite fails; it may take as long as it likes, up to a limit, which counts as caught."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        tree = planted(defect, Path(place))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "long or not long"]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
        environment.setdefault("DECILE_TEST_SHARED", str(ROOT.parent / "shared"))
        try:
            done = subprocess.run(
                [*command, *shlex.split(defect["tests"])],
                cwd=tree,
                env=environment,
                capture_output=True,
                text=True,
                timeout=MOST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        if say or done.returncode not in (0, FAILED):
            sys.stdout.write(
                "".join(f"    {line}\n" for line in done.stdout.splitlines() if line.startswith("E  "))[:1500]
            )
        if done.returncode not in (0, FAILED):
            raise SystemExit(
                f"{defect['name']}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr}"
            )
        return done.returncode == FAILED


def main() -> int:
    """Plant what was asked for; 1 if anything was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", help="F1, F2, …")
    parser.add_argument("--list", action="store_true", help="say what there is, and plant nothing")
    parser.add_argument("--say", action="store_true", help="show how each suite failed")
    wanted = parser.parse_args()
    missed = 0
    for defect in yaml.safe_load(DEFECTS.read_text(encoding="utf-8")):
        suites = defect["suites"].split()
        if wanted.suites and not set(suites) & set(wanted.suites):
            continue
        line = f"{' '.join(suites):9} {defect['name']}"
        if wanted.list:
            sys.stdout.write(f"{line}\n")
            continue
        began = time.monotonic()
        caught = is_caught(defect, say=wanted.say)
        missed += not caught
        sys.stdout.write(f"{line}: {'caught' if caught else 'MISSED'} in {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
