"""Feed one reader with what libFuzzer makes of our examples, guided by the lines that it reaches.

`python -m tests.fuzzing.campaign carrier --seconds 600`: exit code 0 if nothing but refusals in our own words came out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.operations import sealed_file
    from tests.fuzzing.targets import TARGETS, Target

SLOWEST_SECONDS = 2.0  # of the processor, for one input
HANG_SECONDS = 30  # by the clock, on a machine that has other things to do
RSS_MEGABYTES = 1024  # libraries of numbers and fonts alone take 250


def main() -> None:
    """Read the arguments, and hand over to libFuzzer, which ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    target = TARGETS[asked.target]
    sealed_file.SCRYPT_N = 2  # the cost of guessing is not what is tried here
    with tempfile.TemporaryDirectory(prefix="decile-corpus-") as corpus:
        for number, example in enumerate(target.examples()):
            (Path(corpus) / f"example-{number}").write_bytes(example)
        options = {
            "max_total_time": asked.seconds,
            "max_len": target.longest,
            "timeout": HANG_SECONDS,
            "rss_limit_mb": RSS_MEGABYTES,
            "artifact_prefix": f"{tempfile.gettempdir()}/decile-fuzzing-{target.name}-",
            "print_final_stats": 1,
        }
        atheris.Setup([sys.argv[0], corpus, *(f"-{name}={value}" for name, value in options.items())], once(target))
        atheris.Fuzz()


def once(target: Target):
    """One input: accepted, refused in our words, or a fault; and never slow."""

    def read(content: bytes) -> None:
        began = time.process_time()
        with suppress(target.refusals):
            target.read(content)
        if (took := time.process_time() - began) > SLOWEST_SECONDS:
            raise AssertionError(f"one input of {len(content)} bytes took {took:.1f} s")

    return read


if __name__ == "__main__":
    main()
