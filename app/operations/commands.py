"""`decile backup`, `restore`, `doctor` and `retention`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from app.credentials.adopt_keys import AdoptedKeys
from app.credentials.copied_keys import write_keys
from app.credentials.copied_lists import write_lists
from app.credentials.errors import ListOfUnknownKey, StatusListInvalid
from app.foundation import addresses, policies, schema
from app.foundation.access import operator
from app.foundation.clock import SystemClock
from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings, SettingsRefused, read_settings
from app.operations import archive
from app.operations.alarm_letters import NOTEBOOK, write_if_changed
from app.operations.apply_retention import apply_retention, due_for_retention
from app.operations.archive import Manifest
from app.operations.checks import Check, State
from app.operations.doctor import Instruments, examine
from app.operations.errors import RestoreRefused
from app.operations.law_policy import LawPolicy
from app.operations.make_backup import make_backup, passphrase_of
from app.operations.restore_backup import Restored, restore_backup
from app.transparency.published_copy import write_copy
from app.transparency.queries import unsigned

NEW_FILE = GivenPath(dir_okay=False, path_type=Path)
GIVEN_FILE = GivenPath(exists=True, dir_okay=False, path_type=Path)


def backup_command(build_runtime: Callable[[Settings], Runtime]) -> click.Command:
    """`decile backup`, which builds a runtime only to make one: to look at one, a data directory is not needed."""

    @click.command("backup")
    @click.argument("file", type=NEW_FILE)
    @click.option("--verify", is_flag=True, help="Open FILE and check every part of it instead; nothing is written.")
    def backup(file: Path, *, verify: bool) -> None:
        """Write everything that cannot be made again into one encrypted FILE; the system goes on running.

        DECILE_BACKUP_PASSPHRASE seals it. Run it as the worker's user, who can read the keys. With --verify it is
        read again where it is kept, on any machine that has this program and the passphrase.

        Example: decile backup /var/backups/decile/2026-11-28.backup
        """
        settings = read_settings()
        if verify:
            _tell_of_backup(file, archive.read_manifest(file, passphrase_of(settings)))
        else:
            _make_backup(file, build_runtime(settings))

    return backup


def _tell_of_backup(file: Path, manifest: Manifest) -> None:
    keys = sum(name.startswith(f"{archive.KEYS}/") for name in manifest.files)
    secrets = "with" if archive.SECRET_KEYS in manifest.files else "without"
    click.echo(f"{file} is whole, and this passphrase opens it: the state of {manifest.made_at}.")
    click.echo(
        f"It holds {sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables of {manifest.engine}, "
        f"{keys} files of signing keys, {secrets} the file of secret keys; every part was read and compared."
    )
    if manifest.schema_head == schema.head():
        click.echo(f"Its schema is {manifest.schema_head}, that of this release, which can restore it.")
    else:
        click.echo(
            f"Its schema is {manifest.schema_head}, and this release has {schema.head()}: restore it with the release "
            "that made it."
        )


def _make_backup(file: Path, runtime: Runtime) -> None:
    manifest = make_backup(file, runtime=runtime)
    rows, size = sum(manifest.rows.values()), file.stat().st_size
    click.echo(
        f"Backed up {rows:,} rows and {len(manifest.files)} files as of {manifest.made_at}: {file}, {size:,} bytes."
    )
    if runtime.settings.has_keys_in_a_device:
        click.echo("The signing keys are in the device and not in this file: back the device up by its own means.")


@click.command("copy")
@click.argument("folder", type=GivenPath(file_okay=False, path_type=Path))
@click.pass_obj
def copy_log(runtime: Runtime, folder: Path) -> None:
    """Write what is signed of the log, the public keys and the status lists into FOLDER. A restore needs all of them.

    Keep it elsewhere.

    Example: decile log copy /mnt/elsewhere/decile-log
    """
    with runtime.reading() as session:
        size = write_copy(folder, session=session)
        write_keys(folder, base_url=runtime.settings.base_url, session=session)
        lists = write_lists(folder, session=session)  # after the log, so that they tell of whatever it tells of
        untold = [str(one["key"]) for one in unsigned("key", session=session) if one["event"] == "published"]
    click.echo(f"Copied {size} entries, their checkpoint, the public keys and the status lists ({lists}) to {folder}.")
    if untold:
        click.echo(
            f"No signed checkpoint tells of {', '.join(untold)} yet: copy again in a minute. A backup from before "
            "would not believe what it signed."
        )


BeforeRestore = Callable[[Path, Settings], Callable[[Settings], None]]


def restore_command(reads_erased: BeforeRestore) -> click.Command:
    """`decile restore`, with what only the composition can build.

    `reads_erased` reads a file of erased people before anything is done; what it gives is called afterwards, with the
    settings of what was restored.
    """

    @click.command("restore")
    @click.argument("file", type=GIVEN_FILE)
    @click.option(
        "--status-list",
        "status_lists",
        type=GIVEN_FILE,
        multiple=True,
        help="A published status list, newer than FILE and kept elsewhere than in the folder of --log.",
    )
    @click.option(
        "--log",
        "log_copy",
        type=GivenPath(exists=True, file_okay=False, path_type=Path),
        help="A folder of `decile log copy`, newer than FILE: the public log, the public keys and the status lists.",
    )
    @click.option(
        "--erased", type=GIVEN_FILE, help="The list of erased people, newer than FILE (`decile person list-erased`)."
    )
    def restore(file: Path, status_lists: tuple[Path, ...], log_copy: Path | None, erased: Path | None) -> None:
        """Put a backup into an empty data directory and an empty database; nothing may be running.

        What the status lists say is revoked is revoked again; the log tells whether they tell of all, and which keys
        were retired or stolen since. All are in a folder of `decile log copy`; a list that a cache or mirror kept may
        be newer. Whom the list of erased people names is erased again.

        Example: decile restore 2026-11-28.backup --log decile-log --erased erased.json
        """
        settings = read_settings()
        signed = {path: path.read_text("utf-8", errors="replace") for path in status_lists}
        erase_again = reads_erased(erased, settings) if erased else None
        with _naming_lists(signed, log_copy):
            lists = tuple(signed.values())
            restored = restore_backup(
                file, settings=settings, clock=SystemClock(), signed_lists=lists, log_copy=log_copy
            )
        _tell_of_restore(restored, has_log=log_copy is not None)
        if erase_again:
            erase_again(settings)
            click.echo("Roles and tokens taken away since then are back: repeat that before you start.")
        else:
            click.echo(
                "Roles and tokens taken away, and people erased, since then are back: repeat that before you start."
            )

    return restore


@contextmanager
def _naming_lists(signed: Mapping[Path, str], log_copy: Path | None) -> Iterator[None]:
    """Whoever gave several lists is told which one does not hold."""
    try:
        yield
    except (StatusListInvalid, ListOfUnknownKey) as refused:
        place = next((path for path, text in signed.items() if text == refused.signed_list), log_copy)
        raise RestoreRefused(f"{place}: {refused} Nothing was restored.") from refused


def _tell_of_restore(restored: Restored, *, has_log: bool) -> None:
    click.echo(f"Restored the state of {restored.manifest.made_at}.")
    click.echo(f"Revoked again: {restored.reapplied.revoked}. Everybody signs in anew.")
    if restored.adopted.reversals:
        click.echo(
            f"{restored.adopted.reversals} revocations were reversed after the backup; the log does not say of which "
            "certificates. Two reviewers reverse them again on the desk."
        )
    if restored.reapplied.unknown:
        click.echo(
            f"{restored.reapplied.unknown} revoked entries belong to credentials issued, or signed anew, after the "
            "backup."
        )
    if restored.reapplied.waiting:
        click.echo(
            f"{restored.reapplied.waiting} credentials were signed with a compromised key, and the lists do not tell "
            "whether they were revoked besides: they are suspended until somebody decides. `decile credential reviews`"
        )
    if has_log:
        click.echo(f"Brought back {restored.adopted.entries} entries of the public log, which goes on from there.")
    else:
        click.echo(
            "No copy of the log was given: the worker will not sign a log that is shorter than what it signed, and a "
            "key that was retired or compromised since is in use again."
        )
    if not restored.lists and not has_log:  # a log that told of any would have been refused without them
        click.echo("No status list was given: revocations made after the backup are lost until you make them again.")
    _tell_of_keys(restored.keys, restored.keyless)


def _tell_of_keys(keys: AdoptedKeys, keyless: Sequence[str]) -> None:
    if keys.retired:
        click.echo(f"Retired since, or lost: {', '.join(keys.retired)}.")
    if keys.compromised:
        click.echo(f"Compromised, and used no more: {', '.join(keys.compromised)}.")
    if keys.lacking:
        click.echo(
            f"The copy holds no public half of {', '.join(keys.lacking)}, so what was signed with it does not verify. "
            "Save the issuer's DID document, as a cache or a verifier kept it, as did.json in the folder of the log, "
            "and restore again."
        )
    if keyless:
        click.echo(
            f"No {' and no '.join(keyless)} key is in use any more: run `decile keys init` as the worker's user before "
            "you start."
        )


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what is due, change nothing.")
@click.pass_obj
def retention(runtime: Runtime, *, dry_run: bool) -> None:
    """Forget what has been kept for as long as the policy says, as the worker does every night.

    Example: decile retention --dry-run
    """
    if dry_run:
        with runtime.reading() as session:
            due = due_for_retention(session=session, clock=runtime.clock)
        click.echo(f"Due: {due.responses} responses of {due.sittings} sittings.")
        return
    sittings = responses = 0
    while True:
        with runtime.transaction() as session:
            batch = apply_retention(session=session, clock=runtime.clock, actor=operator())
        if not batch.sittings:
            break
        sittings, responses = sittings + batch.sittings, responses + batch.responses
    click.echo(f"Forgot {responses} responses of {sittings} sittings.")


@click.command("law")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def law(runtime: Runtime, *, as_json: bool) -> None:
    """List the dates of law that this installation goes by, with source and the day they were looked up.

    They are policy data: `[[law.dates]]` in the policy file replaces the list, and the former one stays on record.

    Example: decile law
    """
    with runtime.reading() as session:
        policy = policies.current(LawPolicy, session=session, at=runtime.clock.now())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in policy.law_dates], default=str, ensure_ascii=False, indent=2))
        return
    for one in policy.law_dates:
        status = "held against the official text" if one.is_verified else "as reported, not verified"
        click.echo(f"{one.applies_on}  {one.law}: {one.duty}")
        click.echo(f"            {one.source}; looked up on {one.checked_on}, {status}")


def _mailbox(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    try:
        return text and addresses.mailbox(text)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}.") from None


def doctor_command(instruments: Instruments) -> click.Command:
    """`decile doctor`, with what only the composition can build."""

    @click.command("doctor")
    @click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
    @click.option("--records", "with_records", is_flag=True, help="Also whether anybody altered a record; slow.")
    @click.option("--only", multiple=True, metavar="NAME", help="This check alone, as a health check of one role.")
    @click.option(
        "--alarm",
        metavar="ADDRESS",
        callback=_mailbox,
        help="Write there when something begins to fail, and when it is over.",
    )
    def doctor(only: tuple[str, ...], alarm: str | None, *, with_records: bool, as_json: bool) -> None:
        """Look at settings, keys, mail, disk, database, worker and clock; exit 1 if anything fails.

        Nothing is changed; with --alarm a notebook in the data directory keeps what was told.

        Example: decile doctor --alarm operator@example.org
        """
        if alarm and only:
            raise click.UsageError("--alarm tells of everything that fails; leave --only out.")
        found = examine(os.environ, clock=SystemClock(), instruments=instruments, with_records=with_records, only=only)
        if len(found) < len(set(only)):
            raise click.ClickException("A check of that name was not made; run `decile doctor` to see them all.")
        if as_json:
            click.echo(json.dumps([asdict(check) for check in found], indent=2))
        else:
            for check in found:
                click.echo(f"{check.state:<4}  {check.name:<16} {check.saw}")
                if check.remedy:
                    click.echo(f"      {'':<16} {check.remedy}")
        if alarm:
            _tell(found, alarm, instruments)
        if any(check.state is State.FAIL for check in found):
            raise click.exceptions.Exit(1)

    return doctor


def _tell(found: Sequence[Check], address: str, instruments: Instruments) -> None:
    """Write the letter that is due. Where the settings cannot be read nobody knows a mail server."""
    try:
        settings, clock = read_settings(), SystemClock()
    except SettingsRefused:
        return
    subject = write_if_changed(
        found,
        address,
        base_url=settings.base_url,
        notebook=settings.data / NOTEBOOK,
        mailer=instruments.mailer_for(settings, clock),
        clock=clock,
    )
    if subject:
        click.echo(f"Wrote to {address}: {subject}", err=True)
