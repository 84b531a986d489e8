from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.accounts import queries
from app.accounts.close_merged_account import close_merged_account
from app.accounts.commands import person
from app.accounts.errors import AccountClosed, EmailInvalid, PersonNotFound, SecondFactorMissing
from app.accounts.models import RoleGrant, SignInRequest
from app.accounts.roles import Role

ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture
def run(runtime):
    return lambda *arguments: CliRunner().invoke(person, arguments, obj=runtime)


def test_a_role_is_granted_listed_and_revoked(run):
    assert run("grant", " Ada@Example.org", "norm_editor").exit_code == 0
    assert run("list").output == "ada@example.org  norm_editor  (not joined)\n1 accounts\n"
    [row] = json.loads(run("list", "--json").output)
    assert (row["email"], row["roles"], row["has_joined"]) == (ADA, ["norm_editor"], False)
    assert run("revoke-role", ADA, "norm_editor").exit_code == 0
    assert json.loads(run("list", "--json").output)[0]["roles"] == []


@pytest.mark.parametrize("command", ["grant", "revoke-role"])
def test_the_help_says_which_roles_there_are_and_what_each_does(run, command):
    lines = [" ".join(line.split()) for line in run(command, "--help").output.splitlines()]
    for role in Role:
        assert any(line.startswith(f"{role.value} ") and len(line) > len(role.value) + 5 for line in lines)


def test_taking_back_a_role_that_was_not_held_says_so(run):
    run("link", ADA)
    answer = run("revoke-role", ADA, "norm_editor")
    assert answer.exit_code == 0
    assert answer.output.startswith(f"{ADA} did not hold the role norm_editor. Nothing was changed")


@pytest.fixture
def merged(run, runtime):
    """Ada's account, which was merged into Eve's."""
    for address in (ADA, EVE):
        run("link", address)
    with runtime.transaction() as session:
        ada, eve = (queries.person_by_email(address, session=session).id for address in (ADA, EVE))
        close_merged_account(ada, eve, session=session, at=runtime.clock.now())
    return ada


@pytest.mark.parametrize("arguments", [("grant", ADA, "support"), ("link", ADA), ("link", ADA, "--role", "support")])
def test_a_merged_account_is_given_no_role_and_no_link_and_the_one_that_stays_is_named(run, merged, runtime, arguments):
    refused = run(*arguments).exception
    assert isinstance(refused, AccountClosed)
    assert f"Name {EVE} instead" in str(refused)
    with runtime.reading() as session:
        assert session.scalars(select(SignInRequest).where(SignInRequest.email == ADA)).all() == []
    assert [row["roles"] for row in json.loads(run("list", "--json").output)] == [[], []]


def test_a_role_of_a_merged_account_is_taken_from_it_and_not_from_the_one_that_stays(run, merged, runtime):
    """As a release before gave it."""
    run("grant", EVE, "support")
    with runtime.transaction() as session:
        session.add(RoleGrant(person_id=merged, role="support", granted_at=runtime.clock.now()))
    assert run("revoke-role", ADA, "support").output == f"{ADA} no longer holds the role support.\n"
    held = {row["email"]: row["roles"] for row in json.loads(run("list", "--json").output)}
    assert held == {ADA: [], EVE: ["support"]}


def test_a_printed_link_signs_in_once_and_staff_still_set_up_their_second_factor(run, visit):
    answer = run("link", ADA, "--role", "norm_approver")
    parts = urlsplit(answer.output.strip())
    assert (answer.exit_code, parts.scheme, parts.netloc) == (0, "http", "localhost")
    visitor, late = visit(), visit()
    link = f"{parts.path}?{parts.query}"
    visitor.open_link(link)
    assert visitor.press(meant="yes").location == "/join"
    assert visitor.join().location == "/second-factor?next=/"
    assert visitor.name_shown() == ADA
    assert late.open_link(link).status_code == 409


def test_a_link_made_again_leaves_a_person_who_holds_the_role_signed_in(run, staff):
    visitor = staff(ADA, "norm_editor")
    assert run("link", ADA, "--role", "norm_editor").exit_code == 0
    assert visitor.name_shown() == ADA


def test_a_lost_second_factor_is_forgotten_by_an_operator(run, staff):
    visitor = staff(ADA)
    visitor.enrol()
    assert run("forget-second-factor", ADA).exit_code == 0
    assert visitor.name_shown() is None
    assert isinstance(run("forget-second-factor", ADA).exception, SecondFactorMissing)


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("grant", "nonsense", "support"), EmailInvalid),
        (("revoke-role", "nobody@example.org", "support"), PersonNotFound),
        (("link", "nonsense"), EmailInvalid),
        (("forget-second-factor", "nobody@example.org"), PersonNotFound),
    ],
)
def test_bad_input_is_refused_with_a_reason(run, arguments, refusal):
    assert isinstance(run(*arguments).exception, refusal)


@pytest.mark.parametrize(
    "arguments", [("grant", ADA, "admin"), ("grant", ADA), ("link",), ("link", ADA, "--role", "x")]
)
def test_wrong_usage_ends_with_exit_code_two(run, arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", sorted(person.commands))
def test_every_command_explains_itself_with_an_example(run, command):
    assert f"Example: decile person {command}" in run(command, "--help").output
