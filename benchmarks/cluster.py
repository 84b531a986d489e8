"""The same calibration in one process, on 2 and 4 workers of a cluster, and with one of 4 killed in the middle.

    python benchmarks/cluster.py                    41,667 people x 24 items: a million responses
    python benchmarks/cluster.py --people 1000000   a million people

Workers are processes of their own with one thread each. SHA-256 of slopes, thresholds, their errors, latent density
and log-likelihood together. Seconds are of the clock, so on a machine with fewer free processors than workers they
say nothing about speed; the yardstick is the calibration in one process, and that the bits are the same.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
from distributed import Client, LocalCluster

from app.norming.cluster import placing_on
from scoring.calibration import Calibration, calibrate
from scoring.calibration_parts import PartsHere
from tests.app.norming.clusters import answers, cluster_of, sha256_of

ITEMS, MILLION_RESPONSES = 24, 41_667


def kill_in_the_middle(made: LocalCluster, after: float, killed: list[int]) -> threading.Timer:
    def kill() -> None:
        with Client(made.scheduler_address, set_as_default=False) as client:
            killed.append(min(client.run(os.getpid).values()))
        os.kill(killed[0], signal.SIGKILL)

    timer = threading.Timer(after, kill)
    timer.start()
    return timer


def shown(where: str, fit: Calibration, seconds: float, note: str = "") -> None:
    print(f"| {where} | {seconds:.1f} s | {fit.iterations} | `{sha256_of(fit)[:16]}` |{note}", flush=True)


def timed(codes: np.ndarray, placing: object = PartsHere) -> tuple[Calibration, float]:
    started = time.monotonic()
    return calibrate(codes, placing=placing), time.monotonic() - started


def measure(people: int) -> None:
    codes = answers(people, ITEMS)
    calibrate(codes[:5_000])  # loads the compiled code
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "?"
    print(f"{people:,} people x {ITEMS} items; {os.cpu_count()} processors, load {load} at the start")
    print("| where | clock | passes | SHA-256 begins |\n|---|---|---|---|")
    shown("in one process", *timed(codes))
    for workers in (2, 4):
        with cluster_of(workers) as made, placing_on(made.scheduler_address) as placing:
            fit, seconds = timed(codes, placing)
        shown(f"{workers} workers", fit, seconds)
    with cluster_of(4) as made, placing_on(made.scheduler_address) as placing:
        killed: list[int] = []
        timer = kill_in_the_middle(made, seconds / 2, killed)
        fit, seconds = timed(codes, placing)
        timer.join()
    shown("4 workers, one killed by `kill -9` in the middle", fit, seconds, f"  killed: {len(killed)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=MILLION_RESPONSES)
    measure(parser.parse_args().people)
