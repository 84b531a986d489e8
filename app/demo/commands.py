"""`decile demo load` and `decile demo found`: simulated people, labelled demo everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import click
from rich.console import Console
from rich.progress import Progress, TaskID

from app.demo.found import DEVELOPER_RESPONSES, FEWEST_RESPONSES, found
from app.demo.load_demo import CANDIDATES, Loaded, load_demo
from app.foundation import schema
from app.foundation.runtime import Runtime


def demo_commands(
    with_signer: Callable[[Runtime], Runtime], checklist_of: Callable[[Runtime, str], Iterable[str]]
) -> click.Group:
    """The group. Only the doors can reach the worker's key store, and the founding desk's list of a skill."""

    @click.group()
    def demo() -> None:
        """A demonstration: simulated people, specimens only.

        Example: decile demo load
        """

    @demo.command("load")
    @click.option(
        "--candidates",
        type=click.IntRange(1, 1_000_000),
        default=CANDIDATES,
        show_default=True,
        help="Simulated people behind each norm.",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
    @click.pass_obj
    def load_command(runtime: Runtime, candidates: int, *, as_json: bool) -> None:
        """Load simulated people, demo norms and some invented lives. Run it under the worker's account.

        Loaded before, it changes nothing. Beside real people it refuses.

        Example: DECILE_DATA=demo decile demo load --candidates 5000
        """
        schema.require_head(runtime.database)
        loaded = _shown_loading(lambda told: load_demo(candidates, runtime=with_signer(runtime), told=told))
        if as_json:
            click.echo(json.dumps({"loaded_now": loaded.is_new, "counts": loaded.counts}, indent=2))
            return
        click.echo("Loaded the demonstration." if loaded.is_new else "The demonstration is loaded already.")
        for what, count in sorted(loaded.counts.items()):
            click.echo(f"  {count:4} {what}")

    @demo.command("found")
    @click.argument("skill")
    @click.option(
        "--responses",
        type=click.IntRange(FEWEST_RESPONSES, 2000),
        default=DEVELOPER_RESPONSES,
        show_default=True,
        help="Usable responses of each item; a real founding phase takes 300.",
    )
    @click.option(
        "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same people."
    )
    @click.pass_obj
    def found_command(runtime: Runtime, skill: str, *, responses: int, seed: int) -> None:
        """Play the founding phase of SKILL with simulated people, up to its first certificate: a specimen.

        Judges key the bank, founders sit until each item has its responses, and a norm is calibrated, approved by a
        second admin and published; first sittings are compared with the founders', and decisions made. The issuer is
        a trial issuer; where a gate fails at small numbers it is loosened, and the log says so. Run it under the
        worker's account, in a data directory of its own.

        Example: DECILE_DATA=founding decile demo found adaptability --responses 60
        """
        schema.require_head(runtime.database)
        console = Console(stderr=True)
        with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
            tasks: dict[str, TaskID] = {}

            def shown(scene: str, done: int, total: int) -> None:
                if scene not in tasks:
                    tasks[scene] = progress.add_task(scene, total=total)
                progress.update(tasks[scene], completed=done, total=total)

            found(skill, responses, seed=seed, runtime=with_signer(runtime), said=click.echo, progress=shown)
        for line in checklist_of(runtime, skill):
            click.echo(line)

    return demo


def _shown_loading(load: Callable[[Callable[[str], None]], Loaded]) -> Loaded:
    """Show what is being loaded, on a terminal; anywhere else there is nothing to see."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return load(lambda _: None)
    with console.status("Loading the demonstration") as status:
        return load(status.update)
