"""Real workers of Dask in processes of their own, and what a calibration on them is compared by."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from distributed import Client, LocalCluster
from numpy.typing import NDArray

from scoring.calibration import Calibration
from scoring.calibration_parts import HeldParts, Part, PartialSums, Placing, Tables
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

CATEGORIES = 5


def answers(people: int, items: int, seed: int = 8) -> NDArray[np.int8]:
    rng = np.random.default_rng(seed)
    thresholds = np.sort(rng.normal(0, 1.1, (items, CATEGORIES - 1)), axis=1) + 0.15 * np.arange(CATEGORIES - 1)
    truth = ItemParameters(rng.lognormal(0.4, 0.25, items), thresholds)
    return simulate_responses(truth, rng.standard_normal(people), rng).astype(np.int8)


def sha256_of(fit: Calibration) -> str:
    """Of everything a calibration says in numbers."""
    items, errors = fit.items, fit.standard_errors
    parts = (items.slopes, items.thresholds, errors.slopes, errors.thresholds, fit.group_means, fit.latent_density)
    digest = hashlib.sha256(np.float64(fit.log_likelihood).tobytes())
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()


@contextmanager
def cluster_of(workers: int, **environment: str) -> Iterator[LocalCluster]:
    """A scheduler with so many worker processes."""
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        env={"OPENBLAS_NUM_THREADS": "1", **environment},
    ) as made:
        yield made


class Striking:
    """Parts on a cluster that something befalls right before the steps of the n-th pass."""

    def __init__(self, held: HeldParts, strike: Callable[[], object], at_pass: int) -> None:
        self.held, self.strike, self.left = held, strike, at_pass
        self.struck: object = None

    def esteps(self, at: Tables) -> Sequence[PartialSums]:
        self.left -= 1
        if self.left == 0:
            self.struck = self.strike()
        return self.held.esteps(at)


def striking(placing: Placing, strike: Callable[[], object], at_pass: int, made: list[Striking]) -> Placing:
    """`placing`, but struck during every calibration; the parts so placed are put into `made`."""

    def placed(parts: Sequence[Part]) -> HeldParts:
        made.append(Striking(placing(parts), strike, at_pass))
        return made[-1]

    return placed


def kill_one(address: str) -> str:
    """Kill one worker of the cluster, as by kill -9; its address."""
    with Client(address, set_as_default=False) as client:
        victim, process = min(client.run(os.getpid).items())
        os.kill(process, signal.SIGKILL)
    return victim
