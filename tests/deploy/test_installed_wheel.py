"""A wheel in an environment of its own, far from any checkout, is a whole Decile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from app.foundation import shipped
from tests.journeys.installation import PATIENCE_SECONDS, Installation

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
WHERE = "from app.foundation import shipped as at; print(at.MIGRATIONS, at.ITEM_BANKS, at.RUNBOOKS, at.DEPLOY)"


def files_of(folder: Path) -> dict[str, bytes]:
    """Content by relative path, without what Python keeps beside its sources, and settings with secrets."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".env")
    }


def test_the_wheel_holds_every_migration_every_item_bank_the_runbooks_and_the_french(tmp_path):
    command = [str(UV), "build", "--wheel", "--quiet", "--out-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist()}
    for folder in (shipped.MIGRATIONS, shipped.ITEM_BANKS, shipped.RUNBOOKS, shipped.DEPLOY):
        inside = f"app/shipped/{folder.relative_to(ROOT).as_posix()}/"
        assert {name.removeprefix(inside): packed[name] for name in packed if name.startswith(inside)} == files_of(
            folder
        )
    assert "Compétences".encode() in packed["app/translations/fr/LC_MESSAGES/messages.mo"]


class Installed(Installation):
    """The same processes, run by the program that was installed instead of the checkout's."""

    def __init__(self, program: Path, data: Path) -> None:
        super().__init__(data)
        self.tree, self.program = data, (str(program),)
        for name in ("PYTHONPATH", "VIRTUAL_ENV"):
            self.environment.pop(name, None)

    def wait_for_item_banks(self) -> None:
        """At the first start pages answer before `decile up` has loaded what ships with it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "/skills/collaboration" not in self.page("/skills", "en"):
            assert time.monotonic() < deadline, "no item bank came"
            time.sleep(0.2)

    def page(self, path: str, language: str) -> str:
        request = Request(self.base_url + path, headers={"Accept-Language": language})
        with urlopen(request, timeout=30) as answer:
            return answer.read().decode()


@pytest.mark.long
def test_an_installed_wheel_makes_its_database_comes_up_and_speaks_french(tmp_path):
    """Installed as deploy/Containerfile does it: locked, and not as a link to the checkout."""
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv")}
    command = [str(UV), "sync", "--locked", "--no-dev", "--no-editable", "--reinstall-package", "decile", "--quiet"]
    subprocess.run([*command, "--python", sys.executable], cwd=ROOT, check=True, env=environment)
    program = tmp_path / "venv" / "bin" / "decile"
    with Installed(program, tmp_path / "data") as installation:
        told = subprocess.run(
            [program.with_name("python"), "-c", WHERE], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert all(Path(word).is_relative_to(tmp_path) for word in told.stdout.split())
        installation.cli("db", "upgrade")
        assert installation.cli("runbook", "worker_dead") == (ROOT / "docs/runbooks/worker_dead.md").read_text("utf-8")
        assert installation.cli("db", "check") == "Database and models agree.\n"
        installation.start("up --no-demo", "web")
        installation.wait_until_up()
        installation.wait_for_item_banks()
        pages = [
            installation.page(path, language) for path in ("/", "/skills/collaboration") for language in ("en", "fr")
        ]
        assert [re.search(r'<html[^>]* lang="(\w+)"', text).group(1) for text in pages] == ["en", "fr"] * 2
        assert "Compétences" in pages[1]
