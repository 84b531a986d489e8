"""How long a copy and an erasure take for somebody who left very much, and what counting looks costs a verification.

    python -m benchmarks.own_place                 200 sittings of 60 answers
    python -m benchmarks.own_place --sittings 20

SQLite, synchronous=FULL, in a temporary directory. The page is asked for through the application without a network.
The yardsticks, in the same run: reading the same tables as plain rows, and the verification page as a whole, of which
counting the look is a part.
"""

from __future__ import annotations

import argparse
import io
import platform
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, select

from app.credentials import queries as credentials
from app.foundation.access import operator
from app.foundation.db import Base
from app.privacy.erase_person import erase_person
from app.privacy.export_person import export_person
from app.privacy.models import Certificates
from app.verification.count_verification import count_verification
from tests.app.api.world import FILE, World, a_runtime, make_world, open_world
from tests.app.privacy.traces import leave_traces_everywhere, owner_id
from tests.fakes import CountingEntropy

ANSWERS, LOOKS = 60, 200


def a_world(directory: Path) -> World:
    first, second = directory / "first", directory / "second"
    first.mkdir()
    second.mkdir()
    runtime = a_runtime(first, CountingEntropy())
    Base.metadata.create_all(runtime.database.writing)
    facts = make_world(runtime, first)
    runtime.database.dispose()
    return open_world(first / FILE, second, facts)


def multiply(world: World, sittings: int) -> None:
    """Give the owner so many more sittings, each a copy of the one that ended, with `ANSWERS` answers."""
    tables = Base.metadata.tables
    with world.runtime.transaction() as session:
        own = select(tables["sitting"]).where(tables["sitting"].c.id == world.facts.ended_sitting)
        original = dict(session.execute(own).mappings().one())
        ids = [uuid4() for _ in range(sittings)]
        session.execute(insert(tables["sitting"]), [{**original, "id": one} for one in ids])
        shown = [
            {"sitting_id": one, "position": n, "item_id": uuid4(), "item_code": f"I{n}", "kind": "statement",
             "presented_at": original["started_at"]}
            for one in ids for n in range(1, ANSWERS + 1)
        ]  # fmt: skip
        session.execute(insert(tables["presentation"]), shown)
        kept = [{"sitting_id": row["sitting_id"], "position": row["position"], "value": 3, "client_sequence": 1,
                 "received_at": original["started_at"]} for row in shown]  # fmt: skip
        session.execute(insert(tables["response"]), kept)


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def export(world: World) -> bytes:
    here = world.runtime
    with here.transaction() as session:
        return export_person(owner_id(world), session=session, clock=here.clock, links=here.links, actor=operator())


def read_plainly(world: World) -> None:
    with world.runtime.reading() as session:
        for name in ("sitting", "presentation", "response"):
            session.execute(select(Base.metadata.tables[name])).all()


def erase(world: World) -> None:
    here = world.runtime
    with here.transaction() as session:
        erase_person(owner_id(world), Certificates.KEEP, session=session, clock=here.clock, entropy=here.entropy,
                     links=here.links, jobs=here.jobs, mailer=here.mailer, actor=operator())  # fmt: skip


def look(world: World) -> list[float]:
    browser, path = world.app.test_client(), f"/c/{world.facts.code}"
    browser.get(path)
    return [1000 * seconds(lambda: browser.get(path, headers={"Accept": "text/html"})) for _ in range(LOOKS)]


def count(world: World) -> list[float]:
    here = world.runtime
    with here.reading() as session:
        (credential_id,) = credentials.ids_of(owner_id(world), session=session)
    return [
        1000 * seconds(lambda: count_verification(credential_id, database=here.database, clock=here.clock))
        for _ in range(LOOKS)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sittings", type=int, default=200)
    sittings = parser.parse_args().sittings
    with tempfile.TemporaryDirectory() as directory:
        world = a_world(Path(directory))
        leave_traces_everywhere(world)
        page, counting = look(world), count(world)
        multiply(world, sittings)
        plain = seconds(lambda: read_plainly(world))
        took = seconds(lambda: export(world))
        size = sum(one.file_size for one in zipfile.ZipFile(io.BytesIO(export(world))).infolist())
        gone = seconds(lambda: erase(world))
        world.runtime.database.dispose()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{sittings} sittings of {ANSWERS} answers: copy {took:.2f} s ({size / 1e6:.1f} MB unpacked)")
    print(f"the same tables read as plain rows {plain:.2f} s; the copy takes {took / plain:.1f} times that")
    print(f"erasure {gone:.2f} s")
    for name, times in (("verification page", page), ("of it, counting the look", counting)):
        p95 = sorted(times)[int(0.95 * LOOKS)]
        print(f"{name}: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


if __name__ == "__main__":
    main()
