"""Workers that start at the same moment on a fresh database."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from app.credentials.models import IssuerKey
from app.credentials.publish_key import publish_key
from app.foundation.access import system
from app.worker import publish_keys
from tests.journeys.at_a_standstill import with_keys

UNDER_WAY_SECONDS = 0.3


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
