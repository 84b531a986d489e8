"""`decile credential` and `decile keys`: look at what was issued, ask the worker to issue, make and list keys."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import click

from app.awarding import queries as awards
from app.credentials import codes, queries
from app.credentials.errors import CredentialNotFound
from app.credentials.queries import CredentialView
from app.foundation.runtime import Runtime

LISTED = 100


def _facts(view: CredentialView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "code": view.printed_code,
        "skill": view.skill,
        "specimen": view.is_specimen,
        "issued_at": view.issued_at.isoformat() if view.issued_at else None,
        "valid_until": view.valid_until.isoformat(),
        "revoked_at": view.revoked_at.isoformat() if view.revoked_at else None,
        "visibility": view.visibility,
    }


@click.group("credential")
def credential() -> None:
    """Credentials: what was issued and in which state it is."""


@credential.command("list")
@click.option("--limit", default=LISTED, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
@click.pass_obj
def list_command(runtime: Runtime, limit: int, *, as_json: bool) -> None:
    """List credentials, newest first.

    Example: decile credential list --json
    """
    with runtime.reading() as session:
        found = [_facts(view) for view in queries.credentials(session=session, limit=limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        state = "revoked" if row["revoked_at"] else "issued" if row["issued_at"] else "reserved"
        mark = " specimen" if row["specimen"] else ""
        click.echo(f"{row['code']}  {row['skill']}  until {row['valid_until']}  {state}{mark}  {row['visibility']}")
    click.echo(f"{len(found)} credentials")


@credential.command("show")
@click.argument("code")
@click.pass_obj
def show_command(runtime: Runtime, code: str) -> None:
    """Print a credential's signed document.

    Example: decile credential show 7Q4F-XK2M-9TBD-W3HN-5
    """
    with runtime.reading() as session:
        view = queries.credential_of_code(codes.read_code(code), session=session)
    if view is None or view.signed_document is None:
        raise CredentialNotFound
    click.echo(view.signed_document)


@credential.command("issue")
@click.argument("award_id", type=click.UUID)
@click.pass_obj
def issue_command(runtime: Runtime, award_id: UUID) -> None:
    """Ask the worker to issue the credential of an award, where its job was lost; once issued, nothing happens.

    Example: decile credential issue 7e9d9f5c-1111-4222-8333-944455556666
    """
    with runtime.transaction() as session:
        awards.award(award_id, session=session)
        asked = runtime.entropy.uuid()
        arguments = {"award_id": str(award_id)}
        runtime.jobs.enqueue("reserve_credential", f"reserve:{award_id}:{asked}", session=session, arguments=arguments)
    click.echo("The worker was asked to issue it.")


@click.group("keys")
def keys() -> None:
    """Signing keys. Private keys stay with the worker."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def keys_list_command(runtime: Runtime, *, as_json: bool) -> None:
    """List the published public keys.

    Example: decile keys list
    """
    with runtime.reading() as session:
        found = [
            {
                "key_id": key.key_id,
                "algorithm": key.algorithm,
                "activated_at": key.activated_at.isoformat(),
                "retired_at": key.retired_at.isoformat() if key.retired_at else None,
            }
            for key in queries.keys(session=session)
        ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        click.echo(f"{row['key_id']}  {row['algorithm']}  since {row['activated_at']}")
    click.echo(f"{len(found)} keys published; the worker publishes its key when it starts")
