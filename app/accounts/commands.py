"""`decile person …`: roles, one-time links and help for people who lost their second factor."""

from __future__ import annotations

import json

import click

from app.accounts import queries
from app.accounts.forget_second_factors import forget_second_factors
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.make_sign_in_link import make_sign_in_link
from app.accounts.revoke_role import revoke_role
from app.accounts.roles import Role
from app.foundation.access import operator
from app.foundation.runtime import Runtime

ROLE = click.Choice([role.value for role in Role])
WHAT_ROLES_DO = {
    Role.NORM_EDITOR: "drafts norms",
    Role.NORM_APPROVER: "approves what another person drafted",
    Role.ITEM_EDITOR: "reviews items and changes their state",
    Role.REVIEWER: "decides cases, and changes of the register by two people",
    Role.SUPPORT: "decides about odd sittings, sees names where norms are renewed",
    Role.RECRUITER: "marks who verifies; opens nothing more",
}
ROLES = "\b\nROLE is one of\n" + "\n".join(f"  {role.value:14} {does}" for role, does in WHAT_ROLES_DO.items())


@click.group()
def person() -> None:
    """People: their roles and one-time sign-in links.

    Example: decile person link ada@example.org
    """


@person.command("grant", epilog=ROLES)
@click.argument("email")
@click.argument("role", type=ROLE, metavar="ROLE")
@click.pass_obj
def grant_command(runtime: Runtime, email: str, role: str) -> None:
    """Give the owner of an address a role, joined already or not.

    Example: decile person grant ada@example.org norm_editor
    """
    with runtime.transaction() as session:
        person_id = invite_person(email, session=session, clock=runtime.clock, entropy=runtime.entropy)
        grant_role(person_id, role, session=session, clock=runtime.clock, actor=operator())
    click.echo(f"{email} now holds the role {role}. Anyone signed in as {email} signs in again.")


@person.command("revoke-role", epilog=ROLES)
@click.argument("email")
@click.argument("role", type=ROLE, metavar="ROLE")
@click.pass_obj
def revoke_role_command(runtime: Runtime, email: str, role: str) -> None:
    """Take a role back from the account of this very address.

    Example: decile person revoke-role ada@example.org norm_editor
    """
    with runtime.transaction() as session:
        found = queries.account_of(email, session=session)
        was_held = revoke_role(found.id, role, session=session, clock=runtime.clock, actor=operator())
    if was_held:
        click.echo(f"{email} no longer holds the role {role}.")
    else:
        click.echo(f"{email} did not hold the role {role}. Nothing was changed; `decile person list` shows who does.")


@person.command("link")
@click.argument("email")
@click.option("--role", "roles", multiple=True, type=ROLE, help="Also grant this role; may be repeated.")
@click.pass_obj
def link_command(runtime: Runtime, email: str, roles: tuple[str, ...]) -> None:
    """Print a link that signs the owner of an address in, once, within a day.

    Example: decile person link ada@example.org --role norm_approver
    """
    with runtime.transaction() as session:
        path = make_sign_in_link(
            email, roles=roles, session=session, clock=runtime.clock, entropy=runtime.entropy, links=runtime.links
        )
    click.echo(runtime.settings.base_url + path)


@person.command("forget-second-factor")
@click.argument("email")
@click.pass_obj
def forget_second_factor_command(runtime: Runtime, email: str) -> None:
    """Let somebody who lost passkeys, phone and recovery codes set up a second factor anew. Check first who is asking.

    Example: decile person forget-second-factor ada@example.org
    """
    with runtime.transaction() as session:
        found = queries.person_by_email(email, session=session)
        forget_second_factors(found.id, session=session, clock=runtime.clock, jobs=runtime.jobs, actor=operator())
    click.echo(f"Passkeys and authenticator app of {email} are removed and every sign-in ended.")


@person.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def list_command(runtime: Runtime, as_json: bool) -> None:
    """Everyone known here, with their roles.

    Example: decile person list --json
    """
    with runtime.reading() as session:
        found = queries.people(session=session)
    if as_json:
        click.echo(json.dumps([_as_dict(one) for one in found], indent=2))
        return
    for one in found:
        click.echo(
            f"{one.email}  {', '.join(sorted(one.roles)) or '-'}  {'' if one.has_joined else '(not joined)'}".rstrip()
        )
    click.echo(f"{len(found)} accounts")


def _as_dict(one: queries.PersonView) -> dict[str, object]:
    return {
        "id": str(one.id),
        "email": one.email,
        "display_name": one.display_name,
        "language": one.language,
        "roles": sorted(one.roles),
        "has_joined": one.has_joined,
    }
