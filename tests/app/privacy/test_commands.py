"""The operator answers requests that come by letter."""

from __future__ import annotations

import errno
import json
import re
import stat
import zipfile

import pytest
from click import Context
from click.testing import CliRunner
from sqlalchemy import func, select, update

from app.accounts.grant_role import grant_role
from app.accounts.models import Person
from app.cli import WHAT_HELPS, main
from app.credentials.models import Credential
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.reviews.models import ReviewCase
from tests.app.api.world import EDITOR, World
from tests.app.privacy.test_erase_person import RECORD
from tests.app.privacy.traces import EMAIL, found_again, owner_id, person_of, strings_of


def run(world: World, *words: str, typed: str | None = None):
    person = main.get_command(Context(main), "person")
    assert person is not None
    return CliRunner().invoke(person, list(words), obj=world.runtime, input=typed)


def test_export_writes_a_file_that_only_its_owner_reads(world: World):
    file = world.directory / "olivia.zip"
    done = run(world, "export", "Olivia@Owner.example.org", str(file))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(zipfile.ZipFile(file).read("data.json"))["tables"]["person"][0]["email"] == EMAIL


def test_a_copy_replaces_no_file_and_is_noted_only_where_it_was_written(world: World):
    there = world.directory / "there.zip"
    there.write_text("another's")
    there.chmod(0o644)
    for file, reason in ((there, "File exists"), (world.directory / "no" / "where.zip", "No such file or directory")):
        done = at_the_door(world, "person", "export", EMAIL, str(file))
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
        assert done.output.startswith(f"Refused: {file}: {reason}. ")
        assert done.output.endswith((f"{WHAT_HELPS[errno.EEXIST]}\n", f"{WHAT_HELPS[errno.ENOENT]}\n"))
    assert there.read_text() == "another's"
    assert exports_noted(world) == 0
    assert at_the_door(world, "person", "export", EMAIL, str(world.directory / "new.zip")).exit_code == 0
    assert exports_noted(world) == 1


def test_a_list_of_the_erased_that_cannot_be_written_is_refused_in_one_line(world: World):
    done = at_the_door(world, "person", "list-erased", str(world.directory / "no" / "where.json"))
    assert done.exit_code == 1
    assert done.output.startswith("Refused: ")
    assert done.output.count("\n") == 1


def at_the_door(world: World, *words: str):
    """As it is typed, under the settings of this world."""
    environment = {
        "DECILE_DATA": str(world.directory),
        "DECILE_DATABASE_URL": world.runtime.database.url,
        "DECILE_SECRET_KEYS": ",".join(world.runtime.settings.secret_keys),
    }
    return CliRunner().invoke(main, list(words), env=environment)


def exports_noted(world: World) -> int:
    with world.runtime.reading() as session:
        noted = select(func.count()).where(AuditEntry.kind == "person.exported")
        return session.scalar(noted) or 0


def test_erase_asks_first_and_then_leaves_nothing(world: World):
    strings = strings_of(world)
    assert run(world, "erase", EMAIL, "--certificates", "revoke", typed="n\n").exit_code == 1
    assert person_of(world, owner_id(world)) is not None
    done = run(world, "erase", EMAIL, "--certificates", "revoke", "--yes")
    assert done.exit_code == 0, done.output
    assert found_again(world, strings, but=RECORD) == []


def test_the_choice_about_certificates_has_no_default(world: World):
    assert run(world, "erase", EMAIL, "--yes").exit_code == 2
    assert person_of(world, owner_id(world)) is not None


def test_of_staff_the_operator_reads_whose_role_to_take_back_and_how(world: World):
    here = world.runtime
    with here.transaction() as session:
        for role in ("support", "reviewer", "recruiter"):
            grant_role(owner_id(world), role, session=session, clock=here.clock, actor=operator())
    done = at_the_door(world, "person", "erase", EMAIL, "--certificates", "revoke", "--yes")
    how = " and ".join(f"`decile person revoke-role {EMAIL} {role}`" for role in ("reviewer", "support"))
    told = f"Refused: {EMAIL} holds a staff role: {how} first. Nothing was erased.\n"
    assert (done.exit_code, done.output) == (1, told)
    for role in ("reviewer", "support"):
        assert at_the_door(world, "person", "revoke-role", EMAIL, role).exit_code == 0
    assert run(world, "erase", EMAIL, "--certificates", "revoke", "--yes").exit_code == 0


def _a_hold(world: World) -> None:
    done = at_the_door(world, "person", "restrict", EMAIL, "--cause", "legal-hold", "--reason", "file 7 of the court")
    assert done.exit_code == 0, done.output


def _an_open_case(world: World) -> None:
    with world.runtime.transaction() as session:
        session.execute(update(ReviewCase).values(state="open", closed_at=None))


def _a_suspended_certificate(world: World) -> None:
    with world.runtime.transaction() as session:
        session.scalars(select(Credential)).one().suspend(at=world.runtime.clock.now())


@pytest.mark.parametrize(
    ("happens", "reason", "remedy"),
    [
        (_a_hold, f"A legal hold stands on {EMAIL}", f"`decile person lift-restriction {EMAIL} --reason …`"),
        (_an_open_case, f"A reviewer is looking at a result of {EMAIL}", "/desk/cases"),
        (
            _a_suspended_certificate,
            f"A certificate of {EMAIL} is being looked at",
            f"`decile person erase {EMAIL} --certificates revoke`",
        ),
    ],
)
def test_what_stands_against_an_erasure_is_said_to_the_operator_and_not_to_the_person(
    world: World, happens, reason: str, remedy: str
):
    happens(world)
    _is_refused(world, EMAIL, reason, remedy)
    assert person_of(world, owner_id(world)) is not None


def test_who_signed_a_norm_is_named_to_the_operator_with_what_can_be_done_meanwhile(world: World):
    with world.runtime.reading() as session:
        email = session.get_one(Person, world.facts.people[EDITOR]).email
    remedy = f"`decile person restrict {email} --cause dispute --reason …`"
    _is_refused(world, email, f"{email} worked on norms or items", remedy)


def _is_refused(world: World, email: str, reason: str, remedy: str) -> None:
    done = at_the_door(world, "person", "erase", email, "--certificates", "keep", "--yes")
    assert done.exit_code == 1
    assert done.output.startswith(f"Refused: {reason}")
    assert remedy in done.output
    assert done.output.endswith("Nothing was erased.\n")
    assert not re.search(r"\b(you|yours?|us)\b", done.output, re.IGNORECASE)
