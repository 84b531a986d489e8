"""Workers that start at the same moment on a fresh database."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app import composition, worker
from app.credentials.did import ED25519
from app.credentials.errors import KeyStoreRefused
from app.credentials.models import IssuerKey
from app.credentials.publish_key import publish_key
from app.credentials.rotate_key import rotate_key
from app.foundation.access import system
from app.worker import publish_keys
from tests.journeys.at_a_standstill import with_keys, with_signer

UNDER_WAY_SECONDS = 0.3
STARTED = "started"


def test_a_worker_waits_for_another_that_publishes_the_same_keys_just_now(runtime, tmp_path):
    signing = with_keys(runtime, tmp_path)
    with ThreadPoolExecutor() as pool:
        with runtime.transaction() as session:
            for signer in (signing.signer, signing.jwt_signer):
                publish_key(signer, session=session, clock=runtime.clock, actor=system())
            second = pool.submit(publish_keys, signing)
            time.sleep(UNDER_WAY_SECONDS)
            assert not second.done()
        second.result()
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(IssuerKey)) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_whose_keys_were_retired_by_a_rotation_elsewhere_does_not_start(runtime, tmp_path, monkeypatch):
    here = with_signer(runtime, tmp_path / "here")
    elsewhere = with_keys(runtime, tmp_path / "elsewhere")
    monkeypatch.setattr(worker.schema, "is_at_head", lambda _: True)
    monkeypatch.setattr(worker, "JobRunner", lambda *_: pytest.fail(STARTED))
    kept = sorted((tmp_path / "here" / "keys").iterdir())

    def start(worker_of):
        monkeypatch.setattr(composition, "with_signer", lambda _: worker_of)
        worker.run(runtime)

    with pytest.raises(pytest.fail.Exception, match=STARTED):
        start(here)
    with runtime.transaction() as session:
        rotate_key(
            ED25519, "yearly", session=session, clock=runtime.clock, signers=elsewhere.signers, actor=system(),
            base_url="http://localhost",
        )  # fmt: skip
    with pytest.raises(KeyStoreRefused, match="one directory"):
        start(here)
    assert sorted((tmp_path / "here" / "keys").iterdir()) == kept
    with pytest.raises(pytest.fail.Exception, match=STARTED):
        start(elsewhere)
