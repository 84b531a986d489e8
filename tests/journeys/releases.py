"""A former release of this very program, taken from its history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.foundation import schema
from tests.journeys.installation import ROOT

VERSIONS = "migrations/versions"
MOST_COMMITS = 400  # that are looked through for the release before


def unpack_former(place: Path, *, steps: int) -> str:
    """Lay out the newest commit that lacks exactly our last migrations, at least so many; the revision it needs.

    Which release is meant says its schema: everything committed since then is the new one.
    """
    ours = {file.name for file in (ROOT / VERSIONS).glob("*.py")}
    newest_first = schema.revisions()
    for commit in _git("log", f"--max-count={MOST_COMMITS}", "--format=%H").split():
        theirs = {Path(name).name for name in _git("ls-tree", "--name-only", commit, f"{VERSIONS}/").split()}
        if theirs < ours and len(ours) - len(theirs) >= steps:
            _unpack(commit, place)
            needs = said_by(place, "from app.foundation import schema; print(schema.head())")
            if needs in newest_first and newest_first.index(needs) == len(ours) - len(theirs):
                return needs
    pytest.skip("the history here does not reach back to a release with a former schema")


def policy_known_to(tree: Path, policy: str) -> str:
    """The policy file without the rates that only ours knows: a former release refuses what it has no name for."""
    program = "from app.foundation.rates import RatePolicy; print(*RatePolicy.__dataclass_fields__)"
    ours, theirs = (set(said_by(place, program).split()) for place in (ROOT, tree))
    unknown = ours - theirs
    return "".join(line for line in policy.splitlines(keepends=True) if line.partition(" ")[0] not in unknown)


def said_by(tree: Path, program: str) -> str:
    """What a program prints that is run by the release in this tree."""
    done = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no checkout, so there is no former release")
    return done.stdout


def _unpack(commit: str, place: Path) -> None:
    place.mkdir(exist_ok=True)
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=place, input=packed, check=True)
