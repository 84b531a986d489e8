"""What the documents tell people to type is there to be typed: the command, and its options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import main
from app.demo.cast import EDITOR

ROOT = Path(__file__).resolve().parents[2]
SPOKEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"```(?:sh|text)?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
CALL = re.compile(r"(?:^|[\s|(;&/])decile((?: [^\s|;&)#]+)+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
WORD = re.compile(r"[a-z][a-z-]*")


def calls(path: Path) -> Iterator[list[str]]:
    """The words after `decile`, wherever a document shows them as code."""
    for block, inline in CODE.findall(path.read_text(encoding="utf-8")):
        for words in CALL.findall((block or inline).replace("\\\n", " ")):
            yield words.split()


def faults(words: list[str]) -> Iterator[str]:
    """What of these words no command of ours understands."""
    command, rest = main, list(words)
    while isinstance(command, click.Group) and rest and WORD.fullmatch(rest[0]):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            yield rest[0]
            return
        command, rest = found, rest[1:]
    known = {"-h", "--help", *(name for option in command.params for name in (*option.opts, *option.secondary_opts))}
    yield from (word for word in rest if word.startswith("--") and word.partition("=")[0].rstrip(".,:`") not in known)


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_that_a_document_shows_exist_with_their_options(path: Path):
    assert {" ".join(words): fault for words in calls(path) for fault in faults(words)} == {}


def test_the_recipes_leave_out_only_blocks_that_their_mapping_names():
    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"^blocks: \{(.*?)\}", recipes, re.MULTILINE) or ("",)
    left_out = re.findall(r"--without (\w+)=", recipes)
    assert left_out
    assert set(left_out) <= set(re.findall(r"(\w+):", named))


def test_the_norm_editor_that_the_readme_names_is_the_one_that_make_up_brings():
    assert set(re.findall(r"--as (\S+)", (ROOT / "README.md").read_text(encoding="utf-8"))) == {EDITOR.email}


def test_the_operators_guide_names_every_matter_that_the_doctor_looks_at():
    sources = (ROOT / "app/operations" / name for name in ("checks.py", "doctor.py"))
    named = {name for file in sources for name in re.findall(r'Check\(\s*"([^"]+)"', file.read_text(encoding="utf-8"))}
    guide = (ROOT / "docs/operators_guide.md").read_text(encoding="utf-8")
    assert len(named) > 15
    assert {name for name in named if f"`{name}`" not in guide} == set()


def test_links_of_the_first_pages_lead_somewhere():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/runbooks").glob("*.md")]:
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), (path.name, link)


def test_many_calls_are_found():
    assert sum(1 for path in SPOKEN for _ in calls(path)) > 150


def test_a_command_or_an_option_that_is_not_there_is_seen():
    assert list(faults(["norm", "recalibrate", "extraversion", "--as", "editor@try.decile.invalid"])) == []
    assert list(faults(["norm", "renew"])) == ["renew"]
    assert list(faults(["backup", "FILE", "--fast"])) == ["--fast"]
