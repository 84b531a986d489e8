"""`decile bias-report`: rates and impact ratios by group, from a file that somebody else keeps."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path

import click

from app.awarding.bias_file import read_bias_file
from app.awarding.bias_report import Particulars, as_text, bias_report
from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime


@click.command("bias-report")
@click.argument("file", type=GivenPath(exists=True, dir_okay=False, path_type=Path))
@click.option("--skill", required=True, help="Which skill was decided about.")
@click.option("--by", multiple=True, required=True, help="Column of categories; several are also crossed.")
@click.option("--decision", help="Column of the award decision: 1 or 0.")
@click.option("--score", help="Column of a score.")
@click.option("--cut", "cuts", type=float, multiple=True, help="With --score: rates at or above this cut too.")
@click.option("--source", required=True, help="Where the data come from, and why these: historical or test data.")
@click.option("--distributed-on", type=click.DateTime(["%Y-%m-%d"]), help="First day of use in this form.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of Markdown.")
@click.pass_obj
def bias_report_command(
    runtime: Runtime,
    file: Path,
    skill: str,
    by: tuple[str, ...],
    *,
    decision: str | None,
    score: str | None,
    cuts: tuple[float, ...],
    source: str,
    distributed_on: datetime | None,
    as_json: bool,
) -> None:
    """Compute a self-assessment in the format of New York City's Local Law 144. Nothing of the file is stored.

    Example: decile bias-report awards.csv --skill collaboration --by sex --by race --decision awarded --source "2026"
    """
    if cuts and score is None:
        raise click.UsageError("--cut needs --score.")
    if not all(map(math.isfinite, cuts)):
        raise click.UsageError("--cut is a finite number.")
    data = read_bias_file(file, by=by, decision=decision, score=score)
    first_day = distributed_on.date() if distributed_on else None
    particulars = Particulars(skill, source, runtime.clock.now().date(), first_day)
    report = bias_report(data, particulars, cuts=cuts)
    click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) if as_json else as_text(report))
