"""`decile responses`, `decile calibrate`: from a file or founding sittings to a calibrated sample."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.foundation import policies
from app.foundation.access import operator
from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime
from app.norming import phases, queries
from app.norming.cluster import placing_on
from app.norming.draw_founding_sample import draw_founding_sample
from app.norming.import_responses import described_as, import_responses
from app.norming.mapping import SampleMapping, read_mapping
from app.norming.norm_options import shown_working
from app.norming.policy import NormPolicy
from app.norming.sample_errors import MappingInvalid
from app.norming.sample_file import SampleFile, read_sample

FILE = GivenPath(dir_okay=False, path_type=Path)
MAPPING_SUFFIX = ".mapping.yaml"


@click.group()
def responses() -> None:
    """Samples of responses that were collected elsewhere.

    Example: decile responses import extraversion.csv --skill extraversion --population "Adults online, 2012"
    """


@responses.command("import")
@click.argument("file", type=GivenPath(exists=True, dir_okay=False, path_type=Path))
@click.option("--skill", required=True, help="Slug of the skill the responses belong to.")
@click.option("--population", required=True, help="Who these people are, in one line: it is printed with every rank.")
@click.option("--mapping", "mapping_path", type=FILE, help="What the columns mean; default: FILE with .mapping.yaml.")
@click.option("--dry-run", is_flag=True, help="Check everything, import nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def import_command(
    runtime: Runtime,
    file: Path,
    skill: str,
    population: str,
    mapping_path: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a legacy sample: all of it, or nothing and one report of every problem.

    Example: decile responses import big5.csv.gz --skill extraversion --population "Adults, online" --mapping e.yaml
    """
    population = described_as(population)
    mapping = _mapping(runtime, mapping_path or _beside(file))
    sample = shown_working(f"Reading {file.name}", lambda: read_sample(file, mapping))
    shown = _shown_sample(sample) | {"dry_run": dry_run}
    with runtime.transaction() as session:
        stored = import_responses(
            sample,
            mapping,
            skill=skill,
            population=population,
            file_name=file.name,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            actor=operator(),
        )
        if dry_run:  # it went all the way, so that nothing is left to be refused
            session.rollback()
    if not dry_run:
        shown["sample_id"] = str(stored.id)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    aside = "".join(f"\n  set aside, {reason}: {count}" for reason, count in sample.set_aside.items())
    click.echo(f"{'Would import' if dry_run else 'Imported'} {len(sample.codes)} of {sample.rows_read} rows.{aside}")
    if not dry_run:
        click.echo(f"Next: decile calibrate {skill}")


@responses.command("founding")
@click.option("--skill", required=True, help="Slug of the skill.")
@click.option("--language", type=click.Choice(["en", "fr"]), required=True, help="Language of the sittings.")
@click.pass_obj
def founding_command(runtime: Runtime, skill: str, language: str) -> None:
    """Make the sample of a first norm out of founding sittings, once every item has enough responses.

    Example: decile responses founding --skill adaptability --language en
    """
    with runtime.transaction() as session:
        stored = draw_founding_sample(
            skill, language, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator()
        )
        n = stored.n
    click.echo(f"Stored {n} founding sittings as a sample.\nNext: decile calibrate {skill}")


def _beside(file: Path) -> Path:
    return file.with_name(file.name.partition(".")[0] + MAPPING_SUFFIX)


def _mapping(runtime: Runtime, path: Path) -> SampleMapping:
    if not path.is_file():
        raise MappingInvalid([f"there is no file {path}; name one with --mapping"])
    with runtime.reading() as session:
        policy = policies.current(NormPolicy, session=session, at=runtime.clock.now())
    return read_mapping(path, youngest_adult_years=policy.youngest_adult_years)


def _shown_sample(sample: SampleFile) -> dict[str, object]:
    return {
        "imported": len(sample.codes),
        "rows": sample.rows_read,
        "set_aside": sample.set_aside,
        "sha256": sample.sha256,
    }


@click.command()
@click.argument("skill")
@click.pass_obj
def calibrate(runtime: Runtime, skill: str) -> None:
    """Estimate the item parameters from the latest sample of a skill.

    Example: decile calibrate extraversion
    """
    with placing_on(runtime.settings.dask_scheduler) as placing:
        run_id = shown_working(
            f"Calibrating {skill}",
            lambda: phases.calibrate(
                skill,
                database=runtime.database,
                clock=runtime.clock,
                entropy=runtime.entropy,
                actor=operator(),
                placing=placing,
            ),
        )
    with runtime.reading() as session:
        run = queries.run(run_id, session=session)
    click.echo(f"Calibrated {skill} on {run.n} people.{run.summary}")
    click.echo(f"Next: decile norm draft {skill} --as EMAIL --code CODE")
