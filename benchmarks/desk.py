"""What the pages of the desk cost the server over very many sittings, and a preview whose renewals touch as many.

    PYTHONPATH=. python benchmarks/many_sittings.py --directory /tmp/many --sittings 1000000
    PYTHONPATH=. python benchmarks/desk.py --directory /tmp/many

Each page is fetched five times by a client in the process: milliseconds of the clock the first time, then the quickest
of the clock and of the processor. What the worker counts and watches at night runs before and is timed, as are a
sample of results computed anew from their pins and a later norm's preview. The yardstick is the health page.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask.testing import FlaskClient
from many_sittings import NORM_SAMPLE, runtime_at
from sqlalchemy import select

from app import worker
from app.accounts.browser_sessions import Browser, open_session
from app.accounts.models import Person, RoleGrant
from app.accounts.policy import AccountPolicy
from app.assessment.models import Presentation
from app.demo.load_demo import answers_of_bank
from app.demo.make_norms import PLAN, make_norms
from app.demo.stage import SKILL, Stage
from app.factory import create_app
from app.foundation.runtime import Runtime
from app.monitoring.recompute_results import Recomputed, recompute_results
from app.norming import queries as norms
from app.norming.models import NormState
from app.results import queries as results

REPEATS, GOAL_MS, RECOMPUTED = 5, 300, 200
ROLES = ("norm_editor", "norm_approver", "item_editor", "reviewer", "support")
NIGHTLY = ("count_uses", "watch_norms")


def timed(what: str, call: Callable[[], object]) -> None:
    started, processor = time.monotonic(), time.process_time()
    call()
    clock, processor = time.monotonic() - started, time.process_time() - processor
    print(f"{what}: {clock:.1f} s, {processor:.1f} s of processor time", flush=True)


def signed_in(runtime: Runtime) -> FlaskClient:
    """A browser of a person with every role of the desk."""
    now, person_id = runtime.clock.now(), runtime.entropy.uuid()
    with runtime.transaction() as session:
        email = f"{person_id}@benchmark.invalid"
        session.add(Person(id=person_id, email=email, language="en", known_since_at=now, adult_confirmed_at=now))
        session.flush()
        session.add_all(RoleGrant(person_id=person_id, role=role, granted_at=now) for role in ROLES)
        token = open_session(
            person_id, browser=Browser("benchmark"), second_factor_at=now, session=session, at=now,
            entropy=runtime.entropy, policy=AccountPolicy(),
        )  # fmt: skip
    client = create_app(runtime).test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def pages(runtime: Runtime) -> Iterator[str]:
    """The desk, with one item of each kind, and the public pages of norms."""
    with runtime.reading() as session:
        for kind in ("scenario", "statement"):
            item_id = session.scalar(select(Presentation.item_id).where(Presentation.kind == kind).limit(1))
            yield f"/desk/items/{item_id}"
        found = norms.norms(session=session)
    yield from ("/desk/norms", "/desk/alarms", "/desk/cases", "/desk/checks", "/desk/founding", "/desk/items")
    yield from (f"/desk/norms/{norm.id}" for norm in found)
    yield from (f"/desk/norms/{norm.id}/preview" for norm in found)
    yield from (f"/norms/{norm.id}" for norm in found if norm.state == NormState.PUBLISHED)


def fetched(client: FlaskClient, path: str) -> tuple[float, float, float]:
    clocks, processors = [], []
    for _ in range(REPEATS):
        started, processor = time.perf_counter(), time.process_time()
        answer = client.get(path)
        clocks.append(1000 * (time.perf_counter() - started))
        processors.append(1000 * (time.process_time() - processor))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    return clocks[0], min(clocks), min(processors)


def recomputed(runtime: Runtime) -> None:
    found = Recomputed()
    with runtime.reading() as session:
        recompute_results(results.in_turn(1, most=RECOMPUTED, session=session), found, session=session)
    print(f"  the same: {found.same}, otherwise: {sum(map(len, found.differing.values()))}")


def later_norm(runtime: Runtime) -> None:
    with runtime.reading() as session:
        stage = Stage(runtime, None, answers_of_bank(session), runtime.clock.now())
    make_norms(NORM_SAMPLE, stage=stage, told=lambda _: None, plan=(PLAN[2],))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    runtime = runtime_at(given.directory, given.url)
    for job in NIGHTLY:
        if job in worker.JOBS:
            timed(f"night: {job}", lambda job=job: worker.JOBS[job](runtime))
    timed(f"{RECOMPUTED} results computed anew", lambda: recomputed(runtime))
    timed("a later norm: calibration, draft, preview", lambda: later_norm(runtime))
    with runtime.reading() as session:
        latest = max(norms.norms(session=session, skill=SKILL), key=lambda norm: norm.drafted_at)
    print("  renewals:", latest.preview["renewals"] if latest.preview else None)
    client = signed_in(runtime)
    print(f"{'page':48} {'first':>8} {'clock':>8} {'processor':>9}  (ms; goal {GOAL_MS})")
    for path in ("/healthz", *pages(runtime)):
        first, clock, processor = fetched(client, path)
        late = "  OVER" if clock > GOAL_MS else ""
        print(f"{path[:48]:48} {first:8.0f} {clock:8.0f} {processor:9.0f}{late}", flush=True)
    runtime.database.dispose()


if __name__ == "__main__":
    main()
