"""`decile simulate`: the operating characteristics of the rules as shipped, by simulated people, labelled demo."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from app.demo.characteristics import characteristics
from app.demo.characteristics_report import write_report
from app.demo.simulate import simulate
from app.foundation.given_paths import GivenPath

PEOPLE, SEED = 2000, 1


@click.command("simulate")
@click.option("--people", type=click.IntRange(20, 1_000_000), default=PEOPLE, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="The same seed, the same people.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default="all cores",
    help="Each has a database of its own.",
)  # fmt: skip
@click.option(
    "--out", "directory", type=GivenPath(path_type=Path, file_okay=False), required=True,
    help="Where report and pictures go.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the gates as JSON.")
def simulate_command(*, people: int, seed: int, processes: int, directory: Path, as_json: bool) -> None:
    """Let simulated people take the demo skill and write how the rules did. Touches no data of yours.

    Honest, careless, faking, coached, assisted, retaking, with three accounts, slow, with a screen reader; through the
    use cases behind the pages. About two sittings a second on each core. A gate that fails is printed as failing, and
    the exit code stays 0: the report is the result.

    Example: decile simulate --people 2000 --seed 1 --out report
    """
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Simulated people", total=None)
        simulated = simulate(
            people,
            seed=seed,
            processes=processes,
            told=lambda done, total: progress.update(task, completed=done, total=total),
        )
    found = characteristics(simulated)
    command = f"decile simulate --people {people} --seed {seed} --processes {processes}"
    report = write_report(simulated, found, command=command, directory=directory)
    if as_json:
        gates = [{"name": gate.name, "found": gate.found, "short": gate.short} for gate in found.gates]
        click.echo(json.dumps({"report": str(report), "gates": gates}, indent=2))
        return
    for gate in found.gates:
        verdict = "met" if gate.short == 0 else f"FAILS by {gate.short:.3f}"
        click.echo(f"{gate.name:<46}{gate.found:7.3f}   {gate.low:g} to {gate.high:g}   {verdict}")
    click.echo(f"Demo. Report: {report}")
