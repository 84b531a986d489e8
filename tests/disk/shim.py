"""A disk of a test's own: what is written below one directory is recorded, and can be made to fail.

A small library in C, compiled here and preloaded into the processes under test, which are otherwise as they are.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from itertools import count, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_name("shim.c")
FAULT = struct.Struct("=qqqq224s")  # countdown, often, struck, what, part of the path
NEVER = 1 << 62


class Operation(IntFlag):
    """What can be made to fail."""

    WRITE = 1
    SYNC = 2
    OTHER = 4  # naming, renaming, deleting, cutting short


@dataclass(frozen=True)
class Disk:
    """The directory that is watched, and a place outside it for the record."""

    root: Path
    beside: Path

    @property
    def log(self) -> Path:
        """Every change that was made, in order."""
        return self.beside / "disk.log"

    @cached_property
    def environment(self) -> dict[str, str]:
        """What a process must be started with to stand on this disk."""
        return {
            "LD_PRELOAD": str(compiled(self.beside)),
            "DISK_ROOT": str(self.root.resolve()),
            "DISK_LOG": str(self.log),
            "DISK_FAULT": str(self._fault_file),
        }

    @cached_property
    def _fault_file(self) -> Path:
        file = self.beside / "disk.fault"
        file.write_bytes(FAULT.pack(NEVER, 0, 0, 0, b""))
        return file

    @contextmanager
    def process(self) -> Iterator[Callable[..., Any]]:
        """A process that stands on this disk: call it with a function of a module, and what that takes."""
        kept = os.environ.copy()
        os.environ.update(self.environment)
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                yield lambda function, *arguments: pool.submit(function, *arguments).result()
        finally:
            os.environ.clear()
            os.environ.update(kept)

    def now(self) -> int:
        """How long the record is: what is asked after an answer lies behind whatever the answer rested on."""
        return self.log.stat().st_size

    @contextmanager
    def fault(self) -> Iterator[Fault]:
        """The fault that all processes on this disk share; none is armed when it is left."""
        with self._fault_file.open("r+b") as file, mmap.mmap(file.fileno(), FAULT.size) as memory:
            fault = Fault(memory)
            try:
                yield fault
            finally:
                fault.disarm()


class Fault:
    """Input and output errors that are still to come."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def arm(self, number: int, part: str, what: Operation = Operation.WRITE, *, often: int = 1) -> None:
        """The `number`-th operation on a file with this in its path, and so many from there on, fail with EIO."""
        self.disarm()
        self._memory[: FAULT.size] = FAULT.pack(number, often, 0, 0, part.encode())
        self._memory[24:32] = struct.pack("=q", what)  # last: from now on it is looked at

    def each(self, part: str) -> Iterator[Strike]:
        """Of every kind the first, the second and so on, each for one act, until one has nothing left to strike.

        Alone at first, then with all that follow it in the same act: a buffer may be written once more at the end.
        """
        for what, often in product(Operation, (1, NEVER)):
            for number in count(1):
                yield (strike := Strike(self, number, part, what, often))
                if not strike.struck:
                    break

    def disarm(self) -> None:
        """Nothing fails any more."""
        self._memory[24:32] = struct.pack("=q", 0)

    @property
    def struck(self) -> int:
        """How many operations have failed since it was armed."""
        return int(struct.unpack_from("=q", self._memory, 16)[0])


@dataclass
class Strike:
    """One fault for as long as the context lasts, and whether it fell."""

    fault: Fault
    number: int
    part: str
    what: Operation
    often: int
    struck: int = 0

    def __str__(self) -> str:
        return f"{self.what.name} {self.number}" + (" and on" if self.often > 1 else "")

    def __enter__(self) -> Strike:
        self.fault.arm(self.number, self.part, self.what, often=self.often)
        return self

    def __exit__(self, *_problem: object) -> None:
        self.struck = self.fault.struck
        self.fault.disarm()


def compiled(directory: Path) -> Path:
    """The library, made by this machine's compiler; without one the test is skipped, and says so."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        reason = "NOT RUN: no C compiler (cc or gcc) here, so no power was cut and no write was made to fail"
        print(reason)
        pytest.skip(reason)
    library = directory / "disk.so"
    if not library.exists():
        command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"})
        assert made.returncode == 0, made.stderr
    return library
