"""Likelihoods on disk give the very bits of those in memory, in one thread or several."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from app.norming.spilled_rows import MOST_HELD, SpilledRows, rows_of
from scoring import likelihood_rows
from scoring.errors import ScoringError
from scoring.graded_response import log_likelihood
from scoring.latent_density import LatentDensity, estimate_latent_density, masses_without
from scoring.likelihood_rows import HeldRows, LikelihoodRows, blocks_of
from scoring.normal import NODES
from scoring.simulation import simulate_responses
from tests.app.norming.builders import graded_items

PEOPLE = 1_003  # no multiple of anything


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """So that a thousand people are ten blocks."""
    monkeypatch.setattr(likelihood_rows, "ROWS_AT_ONCE", 100)


@pytest.fixture(scope="module")
def logs():
    rng = np.random.default_rng(7)
    codes = simulate_responses(graded_items(), rng.normal(0, 1, PEOPLE), rng)
    codes[::50] = -1  # these say nothing
    return log_likelihood(codes, graded_items(), NODES)


def fingerprint(rows) -> str:
    latent = estimate_latent_density(rows, NODES)
    without = masses_without(latent, rows, np.arange(PEOPLE) * 7 // PEOPLE)
    return hashlib.sha256(latent.masses.tobytes() + latent.covariance.tobytes() + without.tobytes()).hexdigest()


def test_spilled_held_and_plain_give_the_same_bits(logs):
    spilled = SpilledRows.of(logs[rows] for rows in blocks_of(PEOPLE))
    assert isinstance(spilled, LikelihoodRows)
    assert spilled.shape == logs.shape
    assert fingerprint(spilled) == fingerprint(HeldRows.of(logs)) == fingerprint(logs)


def test_the_number_of_threads_changes_no_bit(logs, monkeypatch):
    found = set()
    for threads in (1, 2, 3, 64):
        monkeypatch.setattr(likelihood_rows, "THREADS", threads)
        found.add(fingerprint(logs))
    assert len(found) == 1


def test_some_of_the_spilled_rows_are_those_rows(logs):
    spilled = SpilledRows.of(logs[rows] for rows in blocks_of(PEOPLE))
    kept = np.arange(PEOPLE) % 3 != 0
    some, held = spilled.take(kept), HeldRows.of(logs).take(kept)
    assert some.shape == held.shape
    np.testing.assert_array_equal(some.block(slice(10, 250)), held.block(slice(10, 250)))
    np.testing.assert_array_equal(some.telling, held.telling)
    assert some.block(slice(5, 5)).shape == (0, NODES.size)


def test_few_are_held_and_many_are_spilled(logs):
    assert isinstance(rows_of([logs], MOST_HELD), HeldRows)
    assert isinstance(rows_of([logs], MOST_HELD + 1), SpilledRows)


def test_a_climb_from_a_near_estimate_ends_where_one_from_afar_does(logs):
    whole = estimate_latent_density(logs, NODES)
    afar = estimate_latent_density(logs[60:], NODES)
    near = estimate_latent_density(logs[60:], NODES, start=whole)
    assert isinstance(near, LatentDensity)
    np.testing.assert_allclose(near.masses, afar.masses, atol=1e-6)


def test_a_likelihood_that_is_finite_nowhere_is_refused_wherever_it_is_kept(logs):
    broken = logs.copy()
    broken[5] = -np.inf
    for make in (HeldRows.of, lambda rows: SpilledRows.of([rows])):
        with pytest.raises(ScoringError, match="finite log-likelihood"):
            make(broken)
