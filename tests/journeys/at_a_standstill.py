"""The whole pipeline in one process under a clock that stands still: jobs are run by the worker's own table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app import worker
from app.credentials.did import RS256
from app.credentials.keys import FileKeyStore
from app.credentials.publish_key import publish_key
from app.foundation.access import system
from app.foundation.runtime import Runtime

SMALL_SCRYPT_N = 2**10  # the cost of guessing a passphrase is tested elsewhere


def with_signer(runtime: Runtime, directory: Path) -> Runtime:
    """The runtime as the worker has it, its public keys published."""
    store = FileKeyStore(directory / "keys", scrypt_n=SMALL_SCRYPT_N)
    signer = store.init("did:web:localhost", "a passphrase for tests", at=runtime.clock.now())
    jwt_signer = store.init("did:web:localhost", "a passphrase for tests", at=runtime.clock.now(), algorithm=RS256)
    runtime = replace(runtime, signer=signer, jwt_signer=jwt_signer)
    with runtime.transaction() as session:
        for one in (signer, jwt_signer):
            publish_key(one, session=session, clock=runtime.clock, actor=system())
    return runtime


def run_jobs(runtime: Runtime) -> int:
    """Run what was enqueued, and what that enqueues, each once; how many ran."""
    done: set[str] = set()
    while waiting := [key for key in runtime.jobs.enqueued if key not in done]:
        for key in waiting:
            name, arguments = runtime.jobs.enqueued[key]
            worker.JOBS[name](runtime, **arguments)
            done.add(key)
    return len(done)
