"""`decile demo load`: simulated people, labelled demo everywhere, to look around with."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
from rich.console import Console

from app.demo.load_demo import CANDIDATES, Loaded, load_demo
from app.foundation import schema
from app.foundation.runtime import Runtime


def demo_commands(with_signer: Callable[[Runtime], Runtime]) -> click.Group:
    """The group; `with_signer` opens the worker's key store, which only the doors can reach."""

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
        with runtime.reading() as session:
            if not schema.is_at_head(session.connection()):
                raise schema.SchemaBehind
        loaded = _shown_loading(lambda told: load_demo(candidates, runtime=with_signer(runtime), told=told))
        if as_json:
            click.echo(json.dumps({"loaded_now": loaded.is_new, "counts": loaded.counts}, indent=2))
            return
        click.echo("Loaded the demonstration." if loaded.is_new else "The demonstration is loaded already.")
        for what, count in sorted(loaded.counts.items()):
            click.echo(f"  {count:4} {what}")

    return demo


def _shown_loading(load: Callable[[Callable[[str], None]], Loaded]) -> Loaded:
    """Show what is being loaded, on a terminal; anywhere else there is nothing to see."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return load(lambda _: None)
    with console.status("Loading the demonstration") as status:
        return load(status.update)
