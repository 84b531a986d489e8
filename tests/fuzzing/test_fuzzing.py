"""Whoever hands us a file gets an answer in words: nothing but our own refusals comes out of a reader, and quickly."""

from __future__ import annotations

import importlib.util
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.item_bank.errors import BankInvalid
from app.operations import sealed_file
from tests.fuzzing.mutations import mutations
from tests.fuzzing.targets import TARGETS, Target

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600
SLOWEST_SECONDS = 2.0
COUNTS = {  # of those that cost most
    "bank_json": 4, "bank_yaml": 4, "bank_package": 4, "within_package": 6, "bank_folder": 3, "passkey": 20,
}  # fmt: skip
COUNT = 60


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "SCRYPT_N", 2)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_is_right_is_read_and_what_is_nearly_right_is_refused_in_words(target: Target) -> None:
    examples = target.examples()
    for example in examples:
        target.read(example)
    for content in mutations(examples, COUNTS.get(target.name, COUNT), seed=9):
        began = time.process_time()
        with suppress(target.refusals):
            target.read(content)
        assert time.process_time() - began < SLOWEST_SECONDS


def _with_a_name_that_is_no_text() -> bytes:
    """In the directory of the package, which says that its name is UTF-8."""
    (package,) = TARGETS["bank_package"].examples()
    place = package.rindex(b"imsmanifest.xml")
    entry = package.rindex(b"PK\x01\x02", 0, place)
    flags = package[entry + 8 : entry + 10]
    marked = package[: entry + 8] + bytes([flags[0], flags[1] | 8]) + package[entry + 10 : place]
    return marked + b"\xa0" + package[place + 1 :]


def _torn_inside() -> bytes:
    (package,) = TARGETS["bank_package"].examples()
    return package[:200] + bytes(100) + package[300:]


def _before_the_beginning() -> bytes:
    """A package whose directory says that its first file, the manifest, begins 200 bytes before it does."""
    (package,) = TARGETS["bank_package"].examples()
    end = package.rindex(b"PK\5\6")
    (directory,) = struct.unpack("<I", package[end + 16 : end + 20])
    torn, entry = bytearray(package), directory
    struct.pack_into("<I", torn, end + 16, directory + 200)
    while (entry := package.find(b"PK\1\2", entry + 1)) > 0:  # from the second on
        struct.pack_into("<I", torn, entry + 42, struct.unpack("<I", package[entry + 42 : entry + 46])[0] + 200)
    return bytes(torn)


def _in_an_encoding_nobody_knows() -> bytes:
    item = TARGETS["within_package"].examples()[2]
    return item[:1] + b"<?xml version='1.0' encoding='utd-8'?>" + item[1:].partition(b"?>")[2]


def _bank_with(**changes: object) -> bytes:
    bank = TARGETS["within_package"].examples()[1]
    return bank[:1] + json.dumps({**json.loads(bank[1:]), **changes}).encode()


FOUND = {  # once by fuzzing; each came out as an error of a library
    "a name that is no text": ("bank_package", _with_a_name_that_is_no_text),
    "torn inside": ("bank_package", _torn_inside),
    "before the beginning": ("bank_package", _before_the_beginning),
    "an unknown encoding": ("within_package", _in_an_encoding_nobody_knows),
    "languages of two kinds": ("within_package", lambda: _bank_with(languages=[1, "en"])),
    "words that are none": ("within_package", lambda: _bank_with(statement={"stem": 5, "categories": 5})),
}


@pytest.mark.parametrize(("name", "made"), FOUND.values(), ids=FOUND)
def test_what_fuzzing_found_is_refused_in_words(name: str, made: Callable[[], bytes]) -> None:
    with pytest.raises(BankInvalid):
        TARGETS[name].read(made())


@pytest.mark.parametrize("host", ["decile.exam[ple", "decile\u2100example", "[::1"])
def test_an_address_that_is_none_in_a_credential_is_refused_in_words(host: str) -> None:
    """Found by fuzzing: it came out as an error of Python's."""
    example = TARGETS["credential"].examples()[0].decode()
    document = json.loads(example)
    document["issuer"]["url"] = f"https://{host}"
    content = json.dumps(document).encode()
    with pytest.raises(TARGETS["credential"].refusals):
        TARGETS["credential"].read(content)


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("name", TARGETS)
def test_ten_minutes_of_guided_fuzzing_find_nothing(name: str, record_property) -> None:
    command = [sys.executable, "-m", "tests.fuzzing.campaign", name, "--seconds", str(SECONDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for line in done.stderr.splitlines():
        if line.startswith("stat::"):
            record_property(name, line)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
