"""`decile person export`, `erase`, `restrict` …, for requests that come by letter. Check first who is asking."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from app.accounts import queries as accounts
from app.accounts.restrictions import Cause, RestrictionView, restrictions
from app.foundation.access import operator
from app.foundation.given_paths import GivenPath
from app.foundation.links import Links
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.foundation.whole_files import write_whole
from app.privacy.erase_again import erase_again
from app.privacy.erase_person import erase_for_operator
from app.privacy.erased_people import ErasedList, read_erased, write_erased
from app.privacy.export_person import export_person
from app.privacy.models import Certificates
from app.privacy.restrict_person import erasure_asked_for, lift_restriction, restrict_person


@click.command("export")
@click.argument("email")
@click.argument("file", type=GivenPath(dir_okay=False, path_type=Path))
@click.pass_obj
def export_command(runtime: Runtime, email: str, file: Path) -> None:
    """Write a complete copy of somebody's data to FILE, a new ZIP that only you may read.

    Example: decile person export ada@example.org ada.zip
    """
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        packed = export_person(found.id, session=session, clock=runtime.clock, links=runtime.links, actor=operator())
        write_whole(file, packed, replacing=False)  # a copy that could not be written is not noted as taken
    click.echo(f"Wrote {file} ({len(packed)} bytes): data.json and data.html.")


@click.command("erase")
@click.argument("email")
@click.option(
    "--certificates",
    required=True,
    type=click.Choice([choice.value for choice in Certificates]),
    help="revoke: they end now. keep: a bare register line stays to their end.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase_command(runtime: Runtime, email: str, certificates: str, *, yes: bool) -> None:
    """Erase a person for good. The days of their sittings stay under a keyed hash while limits count them.

    Example: decile person erase ada@example.org --certificates revoke
    """
    if not yes:
        click.confirm(f"Erase everything kept of {email}, for good?", abort=True)
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        mailboxes = erase_for_operator(found.id, Certificates(certificates), session=session, runtime=runtime)
    mailboxes.empty(runtime.mailer)
    click.echo("Erased. The audit record says when, and names nobody.")
    if not runtime.database.empty_log():
        click.echo("Somebody was reading: the database's log still holds what was erased, until the worker's night.")


@click.command("list-erased")
@click.argument("file", type=GivenPath(dir_okay=False, path_type=Path))
@click.pass_obj
def list_erased_command(runtime: Runtime, file: Path) -> None:
    """Write who was erased to FILE, as keyed hashes that name nobody. Run it every hour and keep FILE elsewhere.

    A restore needs it: a backup made before an erasure still holds the person.

    Example: decile person list-erased /mnt/elsewhere/erased.json
    """
    with runtime.reading() as session:
        lines = write_erased(file, session=session, clock=runtime.clock, links=runtime.links)
    click.echo(f"Wrote {file}: {lines} erasures.")


@click.command("erase-again")
@click.argument("file", type=GivenPath(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def erase_again_command(runtime: Runtime, file: Path) -> None:
    """Erase whom FILE names and a restore brought back; exit 1 if something stands against one of them.

    `decile restore --erased FILE` does it by itself.

    Example: decile person erase-again /mnt/elsewhere/erased.json
    """
    _erase_again(read_erased(file), runtime)


def reads_erased(
    build_runtime: Callable[[Settings], Runtime],
) -> Callable[[Path, Settings], Callable[[Settings], None]]:
    """For `decile restore`: read the file first, erase in what was restored afterwards.

    Keys that come with the backup are known only then; those of the settings can be tried before.
    """

    def read(file: Path, settings: Settings) -> Callable[[Settings], None]:
        listed = read_erased(file)
        if settings.secret_keys:
            listed.require_key(Links(settings.secret_keys))
        return lambda restored: _erase_again(listed, build_runtime(restored))

    return read


def _erase_again(listed: ErasedList, runtime: Runtime) -> None:
    again = erase_again(listed, runtime=runtime)
    click.echo(f"Erased again: {again.erased}.")
    for person_id, reason in again.kept:
        click.echo(f"Not erased: {person_id}. {reason}", err=True)
    if again.kept:
        click.echo("Remove what stands against it, then `decile person erase-again` before anything opens.", err=True)
    if again.keys_lacking:
        click.echo(
            f"{again.keys_lacking} of the keys that the list was made with are not in DECILE_SECRET_KEYS: whoever was "
            "erased under them is not recognised. Add them behind those of now, then `decile person erase-again`.",
            err=True,
        )
    if again.kept or again.keys_lacking:
        raise click.exceptions.Exit(1)


@click.command("restrict")
@click.argument("email")
@click.option(
    "--cause", required=True, type=click.Choice([cause.value for cause in Cause]), help="Why the data is only kept."
)
@click.option("--reason", required=True, help="Words for the record: who told us, which file of the court.")
@click.pass_obj
def restrict_command(runtime: Runtime, email: str, cause: str, reason: str) -> None:
    """Only keep somebody's data from now on: after a death, on a legal hold, or while something is disputed.

    Every sign-in and token ends, and nobody is let in. No reminder goes out, no norm uses it, an open assessment stays
    as it is. Under a legal hold nothing is erased or forgotten, and an erasure asked for before waits; beside any other
    cause erasures go on, and in a dispute nothing is forgotten by age. Certificates go on being what they are; whether
    their pages show says the policy `credentials.hidden_when_restricted`.

    Example: decile person restrict ada@example.org --cause death --reason "death certificate shown by her brother"
    """
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        is_hidden = restrict_person(
            found.id,
            Cause(cause),
            reason,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            actor=operator(),
        )
        is_leaving = erasure_asked_for(found.id, session=session) is not None
    pages = "show nothing" if is_hidden else "show what the holder chose"
    click.echo(f"{email} is restricted ({cause}); the pages of certificates {pages}.")
    if is_leaving:
        waits = Cause(cause) is Cause.LEGAL_HOLD
        click.echo(f"An erasure was asked for before; it {'waits for the end of this' if waits else 'goes on'}.")


@click.command("lift-restriction")
@click.argument("email")
@click.option("--reason", required=True, help="Words for the record.")
@click.pass_obj
def lift_restriction_command(runtime: Runtime, email: str, reason: str) -> None:
    """End a restriction: everything is as it was left. An erasure that waited for the end of a hold is carried out.

    Example: decile person lift-restriction ada@example.org --reason "the court closed the file"
    """
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        is_leaving = erasure_asked_for(found.id, session=session) is not None
        lift_restriction(
            found.id, reason, session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs,
            actor=operator(),
        )  # fmt: skip
    click.echo(f"{email} is no longer restricted.")
    if is_leaving:
        click.echo("An erasure that was asked for before is carried out now, within minutes and for good.")


@click.command("restrictions")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def restrictions_command(runtime: Runtime, *, as_json: bool) -> None:
    """List restrictions that stand or stood, with their reasons.

    Example: decile person restrictions
    """
    with runtime.reading() as session:
        found = restrictions(session=session)
    if as_json:
        click.echo(json.dumps([_as_dict(one) for one in found], indent=2))
        return
    for one in found:
        until = f"lifted {one.lifted_at:%Y-%m-%d} ({one.lifted_reason})" if one.lifted_at else "stands"
        click.echo(f"{one.email}  {one.cause.value}  since {one.restricted_at:%Y-%m-%d}  {until}  {one.reason}")
    click.echo(f"{len(found)} restrictions")


def _as_dict(one: RestrictionView) -> dict[str, object]:
    return {
        "email": one.email,
        "cause": one.cause.value,
        "reason": one.reason,
        "restricted_at": one.restricted_at.isoformat(),
        "lifted_at": one.lifted_at.isoformat() if one.lifted_at else None,
        "lifted_reason": one.lifted_reason,
    }
