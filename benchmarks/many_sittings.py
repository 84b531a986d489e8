"""A database with very many sittings, to measure against: real ones of simulated people, copied under new names.

    python benchmarks/many_sittings.py --directory /tmp/many                       100,000 sittings
    python benchmarks/many_sittings.py --directory /tmp/many --sittings 1000000

A demonstration norm is made as `decile demo load` makes one; simulated people sit through the use cases behind the
pages; then each copy is one new person with one of these sittings, moved by whole days over the last year and more.
Pins, responses, frozen numbers, checks, results, decisions and awards are those of the sitting it copies, so each
replays to the same score, and everything carries the demo mark. Left out: credentials, jobs and the audit record.

Copied by the database itself, one INSERT … SELECT for each table and chunk, on SQLite and PostgreSQL
(`--url postgresql+psycopg://…`). The same seed gives the same database, but for the ids of what was copied from.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.sql.elements import ColumnElement

import app.worker  # noqa: F401  with it come the tables of every context
from app.accounts.consents import ASSESSMENT
from app.accounts.models import Consent, Person
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting, SittingCheck, State
from app.awarding.models import Award, AwardDecision
from app.demo.cohorts import everybody
from app.demo.load_demo import BANK, ITEM_BANKS, answers_of_bank
from app.demo.make_norms import PLAN, make_norms
from app.demo.simulated_sittings import JobsAtOnce, take_all
from app.demo.stage import Stage
from app.foundation import schema
from app.foundation.access import operator
from app.foundation.clock import SystemClock
from app.foundation.db import Database, UtcDateTime
from app.foundation.entropy import SystemEntropy
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills
from app.results.models import SkillResult

SEED, TEMPLATES, NORM_SAMPLE, AT_ONCE = 20_261_128, 300, 5_000, 20_000
FIRST_DAYS_AGO, DAYS = 420.0, 415  # the norm took effect 422 days ago; copies are spread over the days since
FILE = "many.sqlite3"
ID_KINDS = ("person", "consent", "sitting", "result", "decision", "award")

COPIES = Table(
    "benchmark_copy",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("days", Integer, nullable=False),
    Column("of_person", Uuid, nullable=False),
    Column("of_sitting", Uuid, nullable=False),
    Column("email", String, nullable=False),
    Column("display_name", String, nullable=False),
    *(Column(f"{kind}_id", Uuid, nullable=False) for kind in ID_KINDS),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What there is now, and what making it took."""

    sittings: int
    templates_seconds: float
    copying_seconds: float


def runtime_at(directory: Path, url: str = "") -> Runtime:
    """A runtime over the database of this benchmark."""
    settings = Settings(
        data=directory, secret_keys=("simulated people only, no secret" * 2,), base_url="http://localhost"
    )
    clock, database = SystemClock(), Database(url or f"sqlite:///{directory / FILE}")
    mailer = SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock)
    return Runtime(settings, database, clock, SystemEntropy(), JobsAtOnce(), Links(("simulated",)), mailer)


def fill(runtime: Runtime, sittings: int, *, seed: int = SEED, templates: int = TEMPLATES) -> Filled:
    """Make the norm and the sittings to copy, then as many copies as asked for."""
    started = time.monotonic()
    schema.upgrade(runtime.database)
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
    with runtime.reading() as session:
        stage = Stage(runtime, None, answers_of_bank(session), runtime.clock.now())
    make_norms(NORM_SAMPLE, stage=stage, told=lambda _: None, plan=PLAN[:1])
    people = tuple(one for one in everybody(templates, seed) if one.cohort.sittings == one.cohort.accounts == 1)
    begun = stage.now - timedelta(days=FIRST_DAYS_AGO)
    for _ in take_all(people, stage.answers, runtime=runtime, start=begun, seed=seed):
        pass
    ready = time.monotonic()
    copied = copy(runtime.database, sittings, seed)
    return Filled(copied, ready - started, time.monotonic() - ready)


def copy(database: Database, sittings: int, seed: int) -> int:
    """Copy completed sittings until there are so many more."""
    rng = np.random.default_rng(seed)
    with database.writing.begin() as connection:
        COPIES.create(connection)
        query = select(Sitting.person_id, Sitting.id).where(Sitting.state == State.COMPLETED).order_by(Sitting.seed)
        originals = connection.execute(query).all()
    for first in range(0, sittings, AT_ONCE):
        rows = list(_copies(range(first, min(first + AT_ONCE, sittings)), originals, rng))
        with database.writing.begin() as connection:
            connection.execute(insert(COPIES), rows)
            for statement in _statements(connection):
                connection.execute(statement)
            connection.execute(COPIES.delete())
    with database.writing.begin() as connection:
        COPIES.drop(connection)
        connection.execute(text("ANALYZE"))
    return sittings


def _copies(numbers: range, originals: Any, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    which, days = rng.integers(0, len(originals), len(numbers)), rng.integers(0, DAYS, len(numbers))
    for number, place, moved in zip(numbers, which, days, strict=True):
        person_id, sitting_id = originals[place]
        ids = {f"{kind}_id": UUID(int=(k + 1) << 96 | number) for k, kind in enumerate(ID_KINDS)}
        yield {
            "number": number, "days": int(moved), "of_person": person_id, "of_sitting": sitting_id,
            "email": f"many-{number}@people.decile.invalid", "display_name": f"Simulated {number}", **ids,
        }  # fmt: skip


def _statements(connection: Connection) -> Iterator[Any]:
    """One for each table, from what is referred to, to what refers."""
    new = COPIES.c
    person, sitting = {"person_id": new.person_id}, {"sitting_id": new.sitting_id}
    of_person, of_sitting = new.of_person, new.of_sitting
    named = {"id": new.person_id, "email": new.email, "display_name": new.display_name}
    result = {"id": new.result_id, **sitting, **person}
    tables: tuple[tuple[Any, Mapping[str, Any], ColumnElement[bool]], ...] = (
        (Person, named, Person.id == of_person),
        (Consent, {"id": new.consent_id, **person}, (Consent.person_id == of_person) & (Consent.kind == ASSESSMENT)),
        (Sitting, {"id": new.sitting_id, **person}, Sitting.id == of_sitting),
        (Presentation, sitting, Presentation.sitting_id == of_sitting),
        (Response, sitting, Response.sitting_id == of_sitting),
        (FrozenSitting, sitting, FrozenSitting.sitting_id == of_sitting),
        (SittingCheck, sitting, SittingCheck.sitting_id == of_sitting),
        (SkillResult, result, SkillResult.sitting_id == of_sitting),
    )
    for model, replaced, is_its in tables:
        yield _copied(model, replaced, select(COPIES, model.__table__).join(model, is_its), connection)
    for model, kind in ((AwardDecision, "decision"), (Award, "award")):
        replaced = {"id": new[f"{kind}_id"], "result_id": new.result_id}
        replaced |= person if model is Award else {}
        joined = select(COPIES).join(SkillResult, SkillResult.sitting_id == of_sitting)
        yield _copied(model, replaced, joined.join(model, model.result_id == SkillResult.id), connection)


def _copied(model: Any, replaced: Mapping[str, Any], joined: Any, connection: Connection) -> Any:
    table = model.__table__
    columns = [replaced.get(column.name, _moved(column, connection)) for column in table.c]
    ordered = joined.with_only_columns(*columns).order_by(COPIES.c.number)
    return insert(table).from_select([column.name for column in table.c], ordered)


def _moved(column: Column[Any], connection: Connection) -> ColumnElement[Any]:
    """An instant so many days later; anything else as it is."""
    if not isinstance(column.type, UtcDateTime):
        return column
    if connection.dialect.name != "sqlite":
        return column + func.make_interval(0, 0, 0, COPIES.c.days)
    shift = cast(COPIES.c.days, String).concat(literal(" days"))  # kept as text: day and time of day are apart
    written = cast(column, String)
    return func.date(func.substr(written, 1, 10), shift).concat(func.substr(written, 11))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--sittings", type=int, default=100_000)
    given = parser.parse_args()
    given.directory.mkdir(parents=True)
    runtime, processor = runtime_at(given.directory, given.url), time.process_time()
    filled = fill(runtime, given.sittings)
    runtime.database.dispose()
    size = sum(path.stat().st_size for path in given.directory.glob(f"{FILE}*"))
    print(
        f"{filled.sittings:,} sittings: {filled.copying_seconds:.0f} s to copy, after {filled.templates_seconds:.0f} s"
    )
    print(f"for norm and originals; {time.process_time() - processor:.0f} s of processor time in all")
    print(f"{size / (1 << 20):,.0f} MiB on disk, {size / filled.sittings / 1024:.1f} KiB a sitting")


if __name__ == "__main__":
    main()
