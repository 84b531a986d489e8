"""The command line: `decile <context> <verb>`, thin over the same use cases as pages and jobs. Knows no Flask.

Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.foundation import settled_memory
from app.foundation.errors import DecileError
from app.foundation.logs import configure_logs
from app.foundation.settings import Settings, read_settings

if TYPE_CHECKING:
    from app.foundation.runtime import Runtime

# the first starts others before it loads anything itself; backup builds a runtime where it makes one
SETTINGS_ALONE = ("up", "backup", "restore", "doctor", "runbook")
NOT_UTF8 = "surrogates not allowed"  # so Python keeps the bytes of an argument that are no UTF-8
SERVERS = ("web", "worker")
# what the machine refuses without naming a file: a full disk, a port that is taken, not ours to open or not here
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EADDRINUSE, errno.EADDRNOTAVAIL}
WHAT_HELPS = {  # where the file is named
    errno.ENOENT: " Make the directory that it should be in, or correct the name.",
    errno.ENOTDIR: " Something on the way there is a file; correct the name.",
    errno.EISDIR: " Name a file in it.",
    errno.EEXIST: " Nothing is written over; give a new name.",
    errno.EACCES: " Let the user of this program in there, or name another place.",
    errno.EROFS: " Name a place that can be written.",
    errno.ENOSPC: " Make room, or name a place that has some.",
}
ROOM = " Make room in DECILE_DATA; `decile doctor --only disk` says how much is left."
WHAT_HELPS_UNNAMED = {errno.ENOSPC: ROOM, errno.EDQUOT: ROOM}  # nearly all that is written lies there
WHERE_IT_IS = (
    "Look at DECILE_DATA and DECILE_DATABASE_URL; `decile db upgrade` makes its tables, `decile doctor` says more."
)


class Doorkeeper(click.Group):
    """Turns a refusal into one line on standard error and exit code 1; never a traceback for bad input."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DecileError as refusal:
            click.echo(f"Refused: {refusal}", err=True)
            ctx.exit(1)
        except UnicodeEncodeError as problem:
            if problem.reason != NOT_UTF8:
                raise
            click.echo(f"Refused: {problem.object!a} is not text in UTF-8.", err=True)
            ctx.exit(1)
        except OSError as problem:
            file = problem.filename2 or problem.filename
            if file is None and problem.errno not in OF_THE_MACHINE:
                raise
            remedy = (WHAT_HELPS if file else WHAT_HELPS_UNNAMED).get(problem.errno or 0, "")
            click.echo(f"Refused: {f'{file}: ' if file else ''}{problem.strerror}.{remedy}", err=True)
            ctx.exit(1)
        except Exception as problem:
            said = _said_by_database(problem)
            if said is None:
                raise
            click.echo(f"Refused: the database says: {said}. {WHERE_IT_IS}", err=True)
            ctx.exit(1)


def _said_by_database(problem: Exception) -> str | None:
    """What the database could not do, in the driver's words; None for what is not its doing."""
    from sqlalchemy import exc  # noqa: PLC0415  whoever is here has loaded it, or has no database

    if isinstance(problem, exc.TimeoutError):
        return "no connection is left"
    is_away = isinstance(problem, exc.OperationalError) or type(problem) is exc.DatabaseError  # the latter: no database
    is_empty = isinstance(problem, exc.ProgrammingError) and type(problem.orig).__name__ == "UndefinedTable"
    if isinstance(problem, exc.DBAPIError) and (is_away or is_empty):
        return (str(problem.orig).strip().splitlines() or [type(problem.orig).__name__])[0]
    return None


class Directory(Doorkeeper):
    """Commands that are imported when they are asked for: `decile jobs` need not wait for the libraries of norms."""

    elsewhere: dict[str, Callable[[], click.Command]]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Their names in order."""
        return sorted({*self.elsewhere, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or none."""
        if cmd_name in self.elsewhere:
            self.add_command(self.elsewhere.pop(cmd_name)(), cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=Directory, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Decile: soft skills, measured, normed and certified.

    Example: decile up
    """
    if not {"-h", "--help"} & set(sys.argv):
        configure_logs()
        if ctx.invoked_subcommand in SERVERS:
            settled_memory.defer()
        # building a runtime makes secrets in the data directory; restore and doctor must find it as it is
        ctx.obj = None if ctx.invoked_subcommand in SETTINGS_ALONE else _runtime(read_settings())


def _runtime(settings: Settings) -> Runtime:
    from app import composition  # noqa: PLC0415  every table: `decile up` need not wait for them

    return composition.build_runtime(settings)


@main.command("up")
@click.option("--demo/--no-demo", "with_demo", default=True, help="Load the demonstration at the first start.")
def up_command(*, with_demo: bool) -> None:
    """Everything in one: database, keys, item banks, web, worker and demonstration; Ctrl-C stops it.

    Example: decile up
    """
    from app import up  # noqa: PLC0415  as every command here

    sys.exit(up.up(read_settings(), with_demo=with_demo))


@main.command("web")
@click.option("--upgrade", is_flag=True, help="Bring the database's schema up to date first. For a web process alone.")
@click.pass_obj
def web_command(runtime: Runtime, *, upgrade: bool) -> None:
    """The web process alone. It holds no signing key.

    Example: DECILE_DATA=instance decile web
    """
    from app import web  # noqa: PLC0415  Flask, which no other command needs

    web.serve(runtime, upgrade=upgrade)


@main.command("worker")
@click.pass_obj
def worker_command(runtime: Runtime) -> None:
    """The worker process alone: jobs, mail and signatures.

    Example: DECILE_DATA=instance decile worker
    """
    from app import worker  # noqa: PLC0415  the job library, which no other command needs

    worker.run(runtime)


@click.command("init")
@click.pass_obj
def keys_init_command(runtime: Runtime) -> None:
    """Make the worker's signing keys, those that are missing; run it under its account. Refuses to replace one.

    Example: decile keys init
    """
    from app import composition  # noqa: PLC0415
    from app.credentials.errors import KeyStoreRefused  # noqa: PLC0415

    made = composition.init_signing_keys(runtime)
    if not made:
        raise KeyStoreRefused("The signing keys are there already; none was made. To replace a key is a rotation.")
    for key_id in made:
        click.echo(f"Made {key_id}. The worker publishes it when it starts.")


def _from(place: str, name: str) -> Callable[[], Any]:
    return lambda: getattr(import_module(f"app.{place}"), name)


def _group(place: str, name: str, *others: Callable[[], Any]) -> Callable[[], click.Group]:
    """A context's group with what belongs under it and comes from elsewhere."""

    def whole() -> click.Group:
        group: click.Group = _from(place, name)()
        for other in others:
            group.add_command(other())
        return group

    return whole


def _demo() -> click.Command:
    from app import composition  # noqa: PLC0415  as all that stands in the directory
    from app.demo.commands import demo_commands  # noqa: PLC0415
    from app.desk import founding_list  # noqa: PLC0415

    return demo_commands(composition.with_signer, founding_list.lines)


def _backup() -> click.Command:
    from app import composition  # noqa: PLC0415
    from app.operations.commands import backup_command  # noqa: PLC0415

    return backup_command(composition.build_runtime)


def _restore() -> click.Command:
    from app import composition  # noqa: PLC0415
    from app.operations.commands import restore_command  # noqa: PLC0415
    from app.privacy.commands import reads_erased  # noqa: PLC0415

    return restore_command(reads_erased(composition.build_runtime))


def _doctor() -> click.Command:
    from app import composition  # noqa: PLC0415
    from app.operations.commands import doctor_command  # noqa: PLC0415
    from app.operations.doctor import Instruments  # noqa: PLC0415

    instruments = Instruments(
        mailer_for=composition.mailer_for,
        open_keys=composition.open_keys,
        require_policy_file=composition.require_policy_file,
        strange_policy_values=composition.strange_policy_values,
    )
    return doctor_command(instruments)


main.elsewhere = {
    "backup": _backup,
    "bank": _from("item_bank.commands", "bank"),
    "bias-report": _from("awarding.commands", "bias_report_command"),
    "calibrate": _from("norming.sample_commands", "calibrate"),
    "credential": _group(
        "credentials.commands",
        "credential",
        _from("verification.commands", "bundle"),
        _from("verification.commands", "export"),
    ),
    "db": _from("foundation.database_commands", "db"),
    "demo": _demo,
    "doctor": _doctor,
    "item": _from("item_bank.item_commands", "item"),
    "jobs": _from("foundation.job_commands", "jobs_group"),
    "keys": _group("credentials.commands", "keys", lambda: keys_init_command),
    "law": _from("operations.commands", "law"),
    "log": _group("transparency.commands", "log", _from("operations.commands", "copy_log")),
    "manual": _from("manual.commands", "manual"),
    "norm": _from("norming.commands", "norm"),
    "person": _group(
        "accounts.commands",
        "person",
        _from("privacy.commands", "export_command"),
        _from("privacy.commands", "erase_command"),
        _from("privacy.commands", "list_erased_command"),
        _from("privacy.commands", "erase_again_command"),
        _from("privacy.commands", "restrict_command"),
        _from("privacy.commands", "lift_restriction_command"),
        _from("privacy.commands", "restrictions_command"),
    ),
    "responses": _from("norming.sample_commands", "responses"),
    "restore": _restore,
    "retention": _from("operations.commands", "retention"),
    "runbook": _from("operations.runbook_command", "runbook"),
    "simulate": _from("demo.simulate_command", "simulate_command"),
    "sitting": _from("assessment.commands", "sitting"),
}


if __name__ == "__main__":
    main(prog_name=Path(sys.argv[0]).name)
