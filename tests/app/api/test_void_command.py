"""An operator voids a sitting that a fault of ours broke; its person reads so and may begin again."""

from __future__ import annotations

from uuid import UUID

from click.testing import CliRunner, Result
from sqlalchemy import select

from app.accounts.restrict_account import restrict_account
from app.accounts.restrictions import Cause
from app.cli import Doorkeeper, main
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from tests.app.api.world import OWNER, World

CAUSE = "no answer was saved for an hour"
NOBODYS = UUID(int=7)


def void(world: World, sitting_id: UUID, *words: str, typed: str | None = None) -> Result:
    """As it is typed, behind the door that turns refusals into one line."""
    sitting = main.elsewhere["sitting"]() if "sitting" in main.elsewhere else main.commands["sitting"]
    door = Doorkeeper("decile", commands=[sitting])
    return CliRunner().invoke(door, ["sitting", "void", str(sitting_id), *words], obj=world.runtime, input=typed)


def state_of(world: World, sitting_id: UUID) -> str:
    return str(world.call(OWNER, "GET", f"/sittings/{sitting_id}").json["state"])


def causes(world: World) -> list[object]:
    with world.runtime.reading() as session:
        kept = session.scalars(select(AuditEntry).where(AuditEntry.kind == "sitting.void")).all()
        return [entry.detail for entry in kept]


def test_an_open_sitting_is_voided_after_a_question_and_its_page_says_whose_fault_it_was(world: World) -> None:
    broken = world.facts.open_sitting
    assert void(world, broken, "--cause", CAUSE, typed="n\n").exit_code == 1
    assert state_of(world, broken) == "open"
    done = void(world, broken, "--cause", f" {CAUSE} ", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "may begin again at once" in done.output
    assert state_of(world, broken) == "void"
    assert causes(world) == [{"cause": CAUSE}]
    page = world.browser(OWNER).get(f"/sittings/{broken}", follow_redirects=True).text
    assert "This assessment was interrupted by a fault of ours" in page
    start = {"skill": "collaboration", "language": "en", "honesty_statement": "1"}
    assert world.call(OWNER, "POST", "/sittings", json=start).status_code == 201


def test_once_more_it_changes_nothing_and_says_so(world: World) -> None:
    broken = world.facts.open_sitting
    void(world, broken, "--cause", CAUSE, "--yes")
    again = void(world, broken, "--cause", "another", "--yes")
    assert (again.exit_code, "was void already. Nothing was changed." in again.output) == (0, True)
    assert causes(world) == [{"cause": CAUSE}]


def test_what_has_ended_is_unknown_or_only_kept_is_refused_in_one_line(world: World) -> None:
    for sitting_id, reason in (
        (world.facts.ended_sitting, "takes no more answers"),
        (NOBODYS, f"There is no sitting {NOBODYS}"),
    ):
        done = void(world, sitting_id, "--cause", CAUSE, "--yes")
        assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
        assert done.output.startswith("Refused: ")
        assert reason in done.output
    here = world.runtime
    with here.transaction() as session:
        restrict_account(
            world.facts.people[OWNER], Cause.LEGAL_HOLD, "file 12 of the court",
            session=session, clock=here.clock, entropy=here.entropy, actor=operator(),
        )  # fmt: skip
    assert void(world, world.facts.open_sitting, "--cause", CAUSE, "--yes").exit_code == 1
    assert causes(world) == []


def test_a_cause_is_said_in_words(world: World) -> None:
    assert void(world, world.facts.open_sitting, "--yes").exit_code == 2
    assert void(world, world.facts.open_sitting, "--cause", " ", "--yes").exit_code == 2
    assert causes(world) == []
