"""`decile item`: the life of items, for whoever holds the machine. People with the role do it on the item desk."""

from __future__ import annotations

import json

import click

from app.accounts import queries as accounts
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.item_bank import item_record, queries
from app.item_bank.change_item_state import change_item_state
from app.item_bank.item_states import ItemState
from app.item_bank.name_item_author import name_item_author


@click.group("item")
def item() -> None:
    """The state, the author and the history of an item.

    Example: decile item list collaboration
    """


@item.command("list")
@click.argument("skill")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def list_command(runtime: Runtime, skill: str, *, as_json: bool) -> None:
    """List the items of a skill's latest release with their state in each language.

    Example: decile item list collaboration
    """
    with runtime.reading() as session:
        release = queries.latest_release(skill, session=session)
        items = queries.release_items(release.id, release.languages[0], session=session)
        ledgers = {
            language: item_record.state_ledger(release.id, language, session=session) for language in release.languages
        }
    rows = [
        {
            "code": one.code,
            "kind": one.kind,
            "facet": one.facet,
            "states": {language: ledger.state_of(one.code, at=ledger.latest) for language, ledger in ledgers.items()},
        }
        for one in items
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for one, row in zip(items, rows, strict=True):
        states = ", ".join(f"{language} {state}" for language, state in row["states"].items())  # type: ignore[attr-defined]
        click.echo(f"{one.code}  {one.kind:9}  {one.facet}  {states}")


@item.command("state")
@click.argument("skill")
@click.argument("code")
@click.argument("state", type=click.Choice([state.value for state in ItemState]), metavar="STATE")
@click.option("--reason", required=True, help="Why; it stays on record.")
@click.option("--language", "languages", multiple=True, help="Only in this language; otherwise in all.")
@click.pass_obj
def state_command(
    runtime: Runtime, skill: str, code: str, state: str, *, reason: str, languages: tuple[str, ...]
) -> None:
    """Take an item one step further in its life.

    Example: decile item state collaboration col-j04 suspended --reason "two options say the same" --language fr
    """
    with runtime.transaction() as session:
        item_id = item_record.item_id_of(skill, code, session=session)
        moved = change_item_state(
            item_id,
            ItemState(state),
            reason=reason,
            languages=languages or None,
            session=session,
            clock=runtime.clock,
            actor=operator(),
        )
    click.echo(f"{code} is {state} ({', '.join(moved)})." if moved else f"{code} was {state} already.")


@item.command("author")
@click.argument("skill")
@click.argument("code")
@click.argument("email")
@click.pass_obj
def author_command(runtime: Runtime, skill: str, code: str, email: str) -> None:
    """Put on record who wrote an item, so that they cannot review it.

    Example: decile item author collaboration col-j04 ada@example.org
    """
    with runtime.transaction() as session:
        person = accounts.person_by_email(email, session=session)
        item_id = item_record.item_id_of(skill, code, session=session)
        name_item_author(item_id, person.id, session=session, clock=runtime.clock, actor=operator())
    click.echo(f"{person.email} is on record as an author of {code}.")
