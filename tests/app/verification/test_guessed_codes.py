"""What guessing codes is worth, and whether the time of an answer tells what the answer does not."""

from __future__ import annotations

import time

import numpy as np
import pytest

from app.credentials import codes, queries
from app.credentials.states import Visibility
from app.foundation.rates import RatePolicy
from app.verification import verify_credential as verifying
from tests.app.verification.test_views import HTML

LIVE = 10_000_000  # certificates of a country
NETWORKS = 1_000_000  # each guessing as fast as it is let, for a year
MINUTES = 365 * 24 * 60
TOLD_APART = 0.04  # of the processor time of an answer; two codes that never were differ by up to .025 here
ANSWERS, QUICKEST = 1200, 10  # the quickest tenth ends here: the slow ones tell of other work on the machine


def test_case_027_a_million_networks_that_guess_for_a_year_find_nothing():
    guesses = NETWORKS * MINUTES * RatePolicy().not_found_per_minute
    assert guesses * 1000 < 2**codes.RANDOM_BITS / LIVE, "one in a thousand would be too many"


def difference(client, private: str, unknown: str) -> float:
    """By how much of its time the answer to a private code is longer; each asked from networks of its own, in turn."""
    took: dict[str, list[int]] = {private: [], unknown: []}
    for number in range(ANSWERS):
        for place, code in enumerate((private, unknown) if number % 2 else (unknown, private)):
            address = {"REMOTE_ADDR": f"10.{number % 200}.{number // 200}.{1 + (code == private)}"}
            began = time.thread_time_ns()
            answer = client.get(f"/c/{code}", headers=HTML, environ_base=address)
            took[code].append(time.thread_time_ns() - began)
            assert answer.status_code == 404, place
    quick = (float(np.percentile(took[code][100:], QUICKEST)) for code in (private, unknown))
    private_ns, unknown_ns = quick
    return private_ns / unknown_ns - 1


@pytest.mark.long
def test_case_027_a_private_code_takes_no_longer_than_one_that_never_was(client, register, monkeypatch):
    private, unknown = register.issued(Visibility.PRIVATE), codes.code_from_bits(12345)
    found = difference(client, private, unknown)
    print(f"a private code takes {found:+.1%} of the time of an unknown one")
    assert abs(found) < TOLD_APART

    def read_and_held_back(code, *, session):
        row = queries.credential_of_code(code, session=session)
        return row if row is not None and row.is_shown else None

    monkeypatch.setattr(verifying.queries, "shown_credential_of_code", read_and_held_back)
    monkeypatch.setattr(verifying, "basis_of", lambda *_, **__: (None,))
    planted = difference(client, private, unknown)
    print(f"planted, read and held back: {planted:+.1%}")
    assert planted > TOLD_APART
