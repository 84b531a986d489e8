"""The command line: `decile <context> <verb>`, thin over the same use cases as pages and jobs. Knows no Flask.

Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app import composition, up
from app.accounts.commands import person
from app.assessment.commands import sitting
from app.awarding.commands import bias_report_command
from app.credentials.commands import credential, keys
from app.credentials.errors import KeyStoreRefused
from app.demo.commands import demo_commands
from app.demo.simulate_command import simulate_command
from app.desk import founding_list
from app.foundation.database_commands import db
from app.foundation.errors import DecileError
from app.foundation.job_commands import jobs_group
from app.foundation.logs import configure_logs
from app.foundation.runtime import Runtime
from app.foundation.settings import read_settings
from app.item_bank.commands import bank
from app.item_bank.item_commands import item
from app.manual.commands import manual
from app.norming.commands import calibrate, norm, responses
from app.operations.commands import backup, doctor_command, law, restore, retention
from app.operations.doctor import Instruments
from app.privacy.commands import erase_command, export_command
from app.transparency.commands import log
from app.verification.commands import bundle

SETTINGS_ALONE = ("restore", "doctor")


class Doorkeeper(click.Group):
    """Turns a refusal into one line on standard error and exit code 1; never a traceback for bad input."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DecileError as refusal:
            click.echo(f"Refused: {refusal}", err=True)
            ctx.exit(1)


@click.group(cls=Doorkeeper, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Decile: soft skills, measured, normed and certified.

    Example: decile up
    """
    if not {"-h", "--help"} & set(sys.argv):
        configure_logs()
        # building a runtime makes secrets in the data directory; restore and doctor must find it as it is
        ctx.obj = None if ctx.invoked_subcommand in SETTINGS_ALONE else composition.build_runtime(read_settings())


@main.command("up")
@click.option("--demo/--no-demo", "with_demo", default=True, help="Load the demonstration at the first start.")
@click.pass_obj
def up_command(runtime: Runtime, *, with_demo: bool) -> None:
    """Everything in one: database, keys, item banks, web, worker and demonstration; Ctrl-C stops it.

    Example: decile up
    """
    sys.exit(up.up(runtime, with_demo=with_demo))


@main.command("web")
@click.pass_obj
def web_command(runtime: Runtime) -> None:
    """The web process alone. It holds no signing key.

    Example: DECILE_DATA=instance decile web
    """
    from app import web  # noqa: PLC0415  Flask, which no other command needs

    web.serve(runtime)


@main.command("worker")
@click.pass_obj
def worker_command(runtime: Runtime) -> None:
    """The worker process alone: jobs, mail and signatures.

    Example: DECILE_DATA=instance decile worker
    """
    from app import worker  # noqa: PLC0415  the job library, which no other command needs

    worker.run(runtime)


@keys.command("init")
@click.pass_obj
def keys_init_command(runtime: Runtime) -> None:
    """Make the worker's signing keys, those that are missing; run it under its account. Refuses to replace one.

    Example: decile keys init
    """
    made = composition.init_signing_keys(runtime)
    if not made:
        raise KeyStoreRefused("The signing keys are there already; none was made. To replace a key is a rotation.")
    for key_id in made:
        click.echo(f"Made {key_id}. The worker publishes it when it starts.")


for command in (export_command, erase_command):
    person.add_command(command)
credential.add_command(bundle)
demo = demo_commands(composition.with_signer, founding_list.lines)
doctor = doctor_command(Instruments(composition.mailer_for, composition.open_keys))
for group in (
    db,
    bank,
    item,
    responses,
    calibrate,
    norm,
    sitting,
    credential,
    keys,
    log,
    jobs_group,
    person,
    backup,
    restore,
    doctor,
    retention,
    law,
    demo,
    simulate_command,
    bias_report_command,
    manual,
):
    main.add_command(group)


if __name__ == "__main__":
    main(prog_name=Path(sys.argv[0]).name)
