"""The auditor finds every cheat that is seeded. The cheat is the issuer: it holds database, keys and pages."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import worker
from app.credentials import log_months
from app.transparency import merkle
from app.transparency.models import LogCheckpoint, LogEntry
from tests.app.credentials.worker_house import ask, issue, key_in_use, since
from tests.app.transparency.copy_of_log import AUDIT, auditor, copied, document, key_of, sign

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Scene:
    """An issuer, its auditor's notebook, and the certificates that were handed to the auditor."""

    def __init__(self, house, clock, client, folder: Path) -> None:
        self.house, self.clock, self.client, self.folder = house, clock, client, folder
        self.codes = issue(house, 3)
        sign(house)
        self.notebook: list[dict] = []
        self.copies = 0
        self.month_told()
        assert self.audit() == set()
        clock.advance(timedelta(days=1))
        self.codes += issue(house, 2)
        sign(house)
        self.key = key_of(client)

    def month_told(self) -> None:
        """Let a month end and be told, with the scores that stand behind its certificates."""
        self.clock.advance(timedelta(days=9))
        worker.JOBS["log_months"](self.house)
        sign(self.house)
        self.key = key_of(self.client)

    def audit(self, key: list[str] | None = None) -> set[str]:
        """Kinds of what the auditor finds in a fresh copy."""
        self.copies += 1
        place = copied(self.client, self.folder / str(self.copies), self.codes)
        certificates = [document(self.client, code) for code in self.codes]
        found = auditor().audit(
            str(place), key or key_of(self.client), self.notebook, certificates, at=self.clock.now()
        )
        return {kind for kind, _ in found}

    def entry(self, session, number: int) -> LogEntry:
        return session.scalars(select(LogEntry).where(LogEntry.number == number)).one()

    def first_issue(self, session) -> LogEntry:
        issues = select(LogEntry).where(LogEntry.kind == "issue").order_by(LogEntry.number)
        return session.scalars(issues.limit(1)).one()

    def forget_what_was_signed(self, session) -> None:
        """The cheat removes what would stop its own worker."""
        (self.house.settings.key_directory / "log-head.json").unlink(missing_ok=True)
        for row in session.scalars(select(LogCheckpoint)):
            session.delete(row)


@pytest.fixture
def scene(house, clock, client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(log_months, "FEWEST_TOLD", 1)  # three sit here in place of many
    return Scene(house, clock, client, tmp_path / "copies")


def count(scene: Scene) -> int:
    with scene.house.reading() as session:
        return len(session.scalars(select(LogEntry.id)).all())


def rewrite_in_place(scene: Scene) -> None:
    with scene.house.transaction() as session:
        row = scene.first_issue(session)
        row.entry = row.entry.replace('"specimen":false', '"specimen":true')


def rewrite_and_sign(scene: Scene) -> None:
    with scene.house.transaction() as session:
        row = scene.first_issue(session)
        row.entry = row.entry.replace('"specimen":false', '"specimen":true')
        row.leaf_hash = merkle.leaf_hash(row.entry.encode())
        scene.forget_what_was_signed(session)
    sign(scene.house)


def truncate(scene: Scene) -> None:
    with scene.house.transaction() as session:
        for number in range(count(scene) - 1, 2, -1):
            session.delete(scene.entry(session, number))
        scene.forget_what_was_signed(session)
    sign(scene.house)


def fork(scene: Scene) -> None:
    """Another last entry of the same number, with everything signed anew."""
    with scene.house.transaction() as session:
        row = scene.entry(session, int(scene.notebook[-1]["size"]) - 1)
        row.entry = row.entry.replace('"certified":3', '"certified":2')
        row.leaf_hash = merkle.leaf_hash(row.entry.encode())
        for number in range(count(scene) - 1, row.number, -1):
            session.delete(scene.entry(session, number))
        scene.forget_what_was_signed(session)
    sign(scene.house)


def omit(scene: Scene) -> None:
    """A certificate is signed and handed out, and its entry dropped before it gets a number."""
    (code,) = issue(scene.house)
    with scene.house.transaction() as session:
        session.delete(session.scalars(select(LogEntry).where(LogEntry.number.is_(None))).one())
    scene.codes.append(code)
    sign(scene.house)


def tell_month(scene: Scene, **figures: int) -> None:
    """An entry for the month of the two last certificates, with figures of the cheat's choice."""
    with scene.house.transaction() as session:
        month = session.scalars(select(LogEntry).where(LogEntry.kind == "month")).one()
        told = {**json.loads(month.entry), "month": scene.clock.now().strftime("%Y-%m"), **figures}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        another = LogEntry(id=scene.house.entropy.uuid(), kind="month", subject="x", at=scene.clock.now(), entry=text)
        session.add(another)
    sign(scene.house)


def over_issue(scene: Scene) -> None:
    """More entries of issues than the month says were certified."""
    tell_month(scene, certified=1, above=5, eligible=50)


def more_certified_than_above(scene: Scene) -> None:
    tell_month(scene, certified=2, above=1, eligible=50)


def too_large_a_share(scene: Scene) -> None:
    tell_month(scene, certified=2, above=300, eligible=900)


def backdate_entry(scene: Scene) -> None:
    with scene.house.transaction() as session:
        at = scene.clock.now() - timedelta(days=60)
        told = {"v": 1, "kind": "issue", "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "skill": "x", "norm": "y", "specimen": True}
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        session.add(LogEntry(id=scene.house.entropy.uuid(), kind="issue", subject="late", at=at, entry=text))
    sign(scene.house)


def backdate_certificate(scene: Scene) -> None:
    """The clock of the machine is set back for the signature, and set right for the log."""
    true = scene.clock.now()
    scene.clock.instant = true - timedelta(days=90)
    (code,) = issue(scene.house)
    scene.clock.instant = true
    with scene.house.transaction() as session:
        row = session.scalars(select(LogEntry).where(LogEntry.number.is_(None))).one()
        told = {**json.loads(row.entry), "at": f"{true:%Y-%m-%dT%H:%M:%SZ}"}
        row.entry, row.at = json.dumps(told, sort_keys=True, separators=(",", ":")), true
    scene.codes.append(code)
    sign(scene.house)


def leave_a_month_out(scene: Scene) -> None:
    """The month of the two last certificates is over, and nothing is said of it."""
    scene.clock.advance(timedelta(days=60))
    issue(scene.house)
    sign(scene.house)


def say_signed_anew(scene: Scene, *, count: int = 1, **facts: str) -> None:
    """Entries of certificates signed anew, alike to the first issue, for which there is no certificate of before."""
    with scene.house.transaction() as session:
        issued = json.loads(scene.first_issue(session).entry)
        for number in range(count):
            at = f"{scene.clock.now():%Y-%m-%dT%H:%M:%SZ}"
            told = {**issued, "kind": "reissue", "at": at, "commitment": f"{number:064d}", **facts}
            del told["month"]
            text = json.dumps(told, sort_keys=True, separators=(",", ":"))
            subject = f"made-up:{number}"
            row = LogEntry(
                id=scene.house.entropy.uuid(), kind="reissue", subject=subject, at=scene.clock.now(), entry=text
            )
            session.add(row)
    sign(scene.house)


def sign_anew_what_was_never_issued(scene: Scene) -> None:
    say_signed_anew(scene, replaces="0" * 64)


def sign_one_anew_twice(scene: Scene) -> None:
    with scene.house.reading() as session:
        first = json.loads(scene.first_issue(session).entry)["commitment"]
    lose_the_key(scene)
    say_signed_anew(scene, replaces=first)


def sign_more_anew_than_were_issued(scene: Scene) -> None:
    """As entries did that are older than the rule: they name nothing."""
    say_signed_anew(scene, count=6)


def lose_the_key(scene: Scene) -> None:
    """Every certificate is signed anew."""
    scene.clock.advance(timedelta(hours=1))
    ask(scene.house, "compromise", key_in_use(scene.house), "--since", since(scene.clock.now()))
    sign(scene.house)


CHEATS = {
    rewrite_in_place: "rewrite",
    rewrite_and_sign: "fork",
    truncate: "truncation",
    fork: "fork",
    omit: "omission",
    over_issue: "over-issue",
    more_certified_than_above: "over-issue",
    too_large_a_share: "over-issue",
    backdate_entry: "backdating",
    backdate_certificate: "backdating",
    leave_a_month_out: "omission",
    sign_anew_what_was_never_issued: "over-issue",
    sign_one_anew_twice: "over-issue",
    sign_more_anew_than_were_issued: "over-issue",
}


ONE_OF_EACH_KIND = (rewrite_in_place, truncate, fork, omit, over_issue, backdate_certificate, sign_one_anew_twice)


@pytest.mark.parametrize(
    "cheat",
    [
        pytest.param(cheat, marks=() if cheat in ONE_OF_EACH_KIND else pytest.mark.long, id=cheat.__name__)
        for cheat in CHEATS
    ],
)
def test_case_054_the_auditor_finds_the_cheat(scene: Scene, cheat: Callable[[Scene], None]) -> None:
    cheat(scene)
    assert CHEATS[cheat] in scene.audit()


def test_an_honest_log_that_grows_is_found_honest(scene: Scene) -> None:
    assert scene.audit() == set()
    scene.clock.advance(timedelta(days=2))
    issue(scene.house, 2)
    sign(scene.house)
    assert scene.audit() == set()


def test_certificates_signed_anew_twice_are_found_honest_and_so_are_entries_of_before_that_name_nothing(
    scene: Scene,
) -> None:
    for _ in range(2):
        lose_the_key(scene)
        assert scene.audit() == set()
    with scene.house.reading() as session:
        reissues = session.scalars(select(LogEntry).where(LogEntry.kind == "reissue")).all()
    assert len(reissues) == 10
    assert all("replaces" in json.loads(one.entry) for one in reissues)


def test_entries_of_before_that_name_nothing_are_no_cheat(scene: Scene) -> None:
    say_signed_anew(scene, count=5)
    assert scene.audit() == set()
    lose_the_key(scene)
    assert scene.audit() == set()


def test_case_055_a_log_signed_by_another_key_is_refused(scene: Scene) -> None:
    (key,) = scene.key
    name, key_hash, encoded = key.split("+", 2)
    assert scene.audit([f"{name}+{key_hash}+{encoded[:-4]}AAA="]) == {"fork"}


def test_the_script_runs_by_itself_and_keeps_its_notebook(scene: Scene, tmp_path: Path) -> None:
    place = copied(scene.client, tmp_path / "log", scene.codes)
    certificate, notebook = tmp_path / "certificate.json", tmp_path / "seen.json"
    certificate.write_text(document(scene.client, scene.codes[0]))
    command = [sys.executable, "-I", "-S", str(AUDIT), str(place), str(certificate), "--key", scene.key[0]]
    done = subprocess.run([*command, "--notebook", str(notebook)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0 problems found\n"), done.stderr
    assert len(json.loads(notebook.read_text())) == 1
    (place / "log/tile/0").rename(place / "log/tile/gone")
    done = subprocess.run([*command, "--notebook", str(notebook)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "truncation" in done.stdout


def test_the_line_of_the_guide_runs_as_it_stands_there(scene: Scene, tmp_path: Path) -> None:
    guide = (AUDIT.parents[1] / "operators_guide.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"`python docs/audit/audit_log\.py ([^`]+)`", guide)
    place = copied(scene.client, tmp_path / "log", scene.codes)
    (tmp_path / "certificate.json").write_text(document(scene.client, scene.codes[0]))
    here = {
        "https://decile.example": str(place),
        "$(curl -s https://decile.example/log/keys)": scene.key[0],
        "seen.json": str(tmp_path / "seen.json"),
        "certificate.json": str(tmp_path / "certificate.json"),
    }
    words = shlex.split(line)
    assert set(here) <= set(words)
    command = [sys.executable, "-I", "-S", str(AUDIT), *(here.get(word, word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0 problems found\n"), done.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"verdict": "altered"}'])
def test_a_file_that_is_no_certificate_is_named(scene: Scene, tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    command = [
        sys.executable,
        "-I",
        "-S",
        str(AUDIT),
        str(tmp_path),
        "--key",
        scene.key[0],
        str(tmp_path / "other.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "other.json is no certificate; take its JSON from its page" in done.stderr


def test_what_a_demonstration_does_to_the_dates_is_said_where_backdating_is_told(scene: Scene, tmp_path: Path) -> None:
    backdate_entry(scene)
    place = copied(scene.client, tmp_path / "log", scene.codes)
    command = [sys.executable, "-I", "-S", str(AUDIT), str(place), "--key", scene.key[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "A demonstration is dated back" in done.stdout
