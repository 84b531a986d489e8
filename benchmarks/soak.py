"""Hours of steady work: do memory, files and the log of SQLite stay where they are?

    python -m benchmarks.soak [--minutes 120] [--rate 10] [--postgresql]

People sit one sitting after another, each completed one becomes a result and perhaps a certificate, and every
certificate so far is looked at in turn. Once a minute the resident memory, open files and threads of web and worker
and the size of the write-ahead log are written down. Goals: memory grows by less than 5 % after the first twenty
minutes (or the first third of a shorter run), open files stay, the log stays below 64 MB, no error.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.load import P99_GOAL_MS, Seen, Sitter, at_a_rate, shown_certificates
from tests.journeys.collaboration import WITHOUT_LIMITS, Collaboration
from tests.journeys.processes import installed

PEOPLE = 40  # one who sat a thousand times would make beginning dear
WARMING_MINUTES = 20
MOST_GROWTH = 0.05
MOST_LOG_MB = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process and the log held at one minute."""

    memory_mb: dict[str, float]
    files: dict[str, int]
    threads: dict[str, int]
    log_mb: float


def sample(world: Collaboration) -> Sample:
    memory, files, threads = {}, {}, {}
    for name, process in world.installation.processes.items():
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        memory[name] = int(status["VmRSS"].split()[0]) / 1024
        files[name] = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        threads[name] = int(status["Threads"])
    logs = world.installation.data.glob("*-wal")
    return Sample(memory, files, threads, sum(log.stat().st_size for log in logs) / 2**20)


def look_at_certificates(world: Collaboration, seen: Seen, ended: threading.Event) -> None:
    while not ended.is_set():
        codes = shown_certificates(world)
        for code in codes or [""]:
            address = f"{world.installation.base_url}/c/{code}" if code else f"{world.installation.base_url}/norms"
            began = time.perf_counter()
            status = _status_of(address)
            seen.add(status, (time.perf_counter() - began) * 1000, None)
            if ended.wait(0.5):
                return


def _status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def line(minute: int, now: Sample, answered: Seen) -> str:
    processes = "  ".join(
        f"{name} {now.memory_mb[name]:.0f} MB {now.files[name]} files {now.threads[name]} threads"
        for name in now.memory_mb
    )
    return f"{minute:4} min  {processes}  log {now.log_mb:.1f} MB  {answered.line(60)}"


def verdict(samples: list[Sample]) -> list[str]:
    warm = min(WARMING_MINUTES, len(samples) // 3)
    lines = []
    for name in samples[0].memory_mb:
        before = float(np.mean([one.memory_mb[name] for one in samples[warm : warm + 3]]))
        after = float(np.mean([one.memory_mb[name] for one in samples[-3:]]))
        files = [one.files[name] for one in samples[warm:]]
        lines.append(
            f"{name}: memory {before:.0f} to {after:.0f} MB after minute {warm}, {after / before - 1:+.1%} "
            f"(goal below {MOST_GROWTH:.0%}); open files {min(files)} to {max(files)}"
        )
    lines.append(f"largest log {max(one.log_mb for one in samples):.1f} MB (goal {MOST_LOG_MB})")
    return lines


def measure(kind: str, minutes: int, rate: float) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        installed(kind, Path(directory) / "data", WITHOUT_LIMITS) as world,
    ):
        sitters = [Sitter(world, number).begin() for number in range(PEOPLE)]
        looks, ended, samples, every = Seen(), threading.Event(), [], Seen()
        looking = threading.Thread(target=look_at_certificates, args=(world, looks, ended))
        looking.start()
        for minute in range(1, minutes + 1):
            answered = at_a_rate(sitters, rate, 60)
            every.statuses += answered.statuses
            every.milliseconds += answered.milliseconds
            samples.append(sample(world))
            print(line(minute, samples[-1], answered), flush=True)
        ended.set()
        looking.join()
        print(f"responses: {every.line(60 * minutes)} (goal p99 {P99_GOAL_MS} ms)")
        print(f"looks at certificates: {looks.line(60 * minutes)}")
        print("\n".join(verdict(samples)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    kind = "postgresql" if options.postgresql else "sqlite"
    print(f"{kind}, {os.cpu_count()} processors shared with the client, load average {os.getloadavg()[0]:.1f}")
    measure(kind, options.minutes, options.rate)


if __name__ == "__main__":
    main()
