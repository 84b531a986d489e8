"""Threats 5 and 6 of the threat model: the operator signs outside the flow, or rewrites the log behind its back."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select

from app.credentials import codes, conformance, jwt, proof
from app.foundation.errors import DecileError
from app.transparency import merkle, queries
from app.transparency.head import LOG_HEAD
from app.transparency.log_event import log_event
from app.transparency.models import LogCheckpoint, LogEntry
from app.verification.verdict import Reason, Verdict
from app.verification.verify_credential import verify_document
from tests.app.credentials.worker_house import issue, stored
from tests.app.transparency.copy_of_log import sign

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ROGUES, ENTRIES = 100, 12


def rogue(document: dict[str, Any], number: int) -> dict[str, Any]:
    """A certificate that nobody earned: under a code that nobody has, or under somebody's own for another person."""
    other = deepcopy(document)
    if number % 2:
        other["credentialSubject"]["id"] = UUID(int=number, version=4).urn  # for another person
    else:
        other["id"] = document["id"].rpartition("/")[0] + "/" + codes.code_from_bits(1_000_000 + number)
    return other


def test_threat_05_what_our_own_key_signed_outside_the_flow_is_never_valid(house, clock) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        row = stored(session, code)
        signed, token = row.signed_document, row.signed_jwt
        for true in (signed, token):
            assert verify_document(true, session=session, clock=clock).verdict is Verdict.VALID
        document = {name: value for name, value in json.loads(signed).items() if name != "proof"}
        for number in range(ROGUES):
            checked = conformance.check(rogue(document, number))
            texts = (
                proof.sign(checked, signer=house.signer, created=clock.now()),
                jwt.sign(checked, signer=house.jwt_signer),
            )
            for text in texts:
                found = verify_document(text, session=session, clock=clock)
                assert (found.verdict, found.judgement.reasons[0]) == (Verdict.UNKNOWN, Reason.NOT_AS_ISSUED), number


class Log:
    """A signed log of some entries, which can be put back to what it was."""

    def __init__(self, house) -> None:
        self.house, self.file = house, house.settings.key_directory / LOG_HEAD
        self.write(ENTRIES // 2)
        self.older = self.rows()
        self.write(ENTRIES // 2)
        self.whole, self.head = self.rows(), self.file.read_bytes()

    def write(self, count: int, word: str = "true") -> None:
        for number in range(count):
            self.house.clock.advance(timedelta(minutes=1))
            with self.house.transaction() as session:
                subject = f"{word}-{self.house.clock.now()}-{number}"
                log_event("issue", subject, {"by": word}, at=self.house.clock.now(), session=session)
        sign(self.house)

    def rows(self) -> dict[Any, list[dict[str, Any]]]:
        with self.house.reading() as session:
            return {
                kind: [dict(row) for row in session.execute(select(kind.__table__)).mappings()]
                for kind in (LogEntry, LogCheckpoint)
            }

    def put_back(self, rows: dict[Any, list[dict[str, Any]]]) -> None:
        with self.house.transaction() as session:
            for kind, kept in rows.items():
                session.execute(delete(kind))
                if kept:
                    session.execute(insert(kind.__table__), kept)

    def is_found_out(self) -> bool:
        """Whether anybody who recomputes the log sees it, or the worker signs nothing more."""
        try:
            with self.house.reading() as session:
                queries.verify(session=session)
            self.write(1, "after")
        except DecileError:
            return True
        return False


def by_number(rows: dict[Any, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    rows[LogEntry].sort(key=lambda row: row["number"])
    return rows[LogEntry]


def reworded(row: dict[str, Any]) -> None:
    row["entry"] = row["entry"].removesuffix("}") + ',"x":1}'


def rewritten(row: dict[str, Any]) -> None:
    reworded(row)
    row["leaf_hash"] = merkle.leaf_hash(row["entry"].encode())


def tamper(change: Callable[[list[dict[str, Any]], list[dict[str, Any]]], None]) -> Callable[[Log], None]:
    """A program that changes entries and checkpoints in the database, with its triggers off."""

    def program(log: Log) -> None:
        rows = deepcopy(log.whole)
        change(by_number(rows), rows[LogCheckpoint])
        log.put_back(rows)

    return program


def swap(one: dict[str, Any], other: dict[str, Any], *names: str) -> None:
    for name in names:
        one[name], other[name] = other[name], one[name]


def renumbered(entries: list[dict[str, Any]]) -> None:
    for number, row in enumerate(entries):
        row["number"] = number


def moved(entries: list[dict[str, Any]], source: int, target: int) -> None:
    entries.insert(target, entries.pop(source))
    renumbered(entries)


def cut(entries: list[dict[str, Any]], count: int) -> None:
    del entries[-count:]


def inserted(entries: list[dict[str, Any]], place: int, log: Log) -> None:
    row = {**entries[-1], "id": log.house.entropy.uuid(), "subject": f"planted-{place}"}
    entries.insert(place, row)
    renumbered(entries)


def goes_on_from_older(log: Log) -> None:
    log.put_back(log.older)
    with log.house.transaction() as session:
        for number in range(ENTRIES):
            log_event("issue", f"other-{number}", {"by": "other"}, at=log.house.clock.now(), session=session)


TAMPERS: dict[str, Callable[[Log], None]] = {
    "a text": tamper(lambda entries, _: reworded(entries[3])),
    "a hash": tamper(lambda entries, _: entries[3].update(leaf_hash=b"x" * 32)),
    "a text with its hash": tamper(lambda entries, _: rewritten(entries[3])),
    "the first text with its hash": tamper(lambda entries, _: rewritten(entries[0])),
    "the last text with its hash": tamper(lambda entries, _: rewritten(entries[-1])),
    "all of the end, as long as before": tamper(lambda entries, _: [rewritten(row) for row in entries[5:]]),
    "one taken out of the middle": tamper(lambda entries, _: entries.pop(4)),
    "one taken out and the gap closed": tamper(lambda entries, _: (entries.pop(4), renumbered(entries))),
    "the first taken out": tamper(lambda entries, _: (entries.pop(0), renumbered(entries))),
    "the last cut off": tamper(lambda entries, _: entries.pop()),
    "five cut off": tamper(lambda entries, _: cut(entries, 5)),
    "cut off with the checkpoint that told of it": tamper(
        lambda entries, signed: (
            cut(entries, 5),
            signed.remove(max(signed, key=lambda c: c["size"])),
        )
    ),
    "everything wiped": tamper(lambda entries, signed: (entries.clear(), signed.clear())),
    "all entries wiped": tamper(lambda entries, _: entries.clear()),
    "two in another order": tamper(lambda entries, _: moved(entries, 2, 8)),
    "two texts exchanged with their hashes": tamper(
        lambda entries, _: swap(entries[2], entries[8], "entry", "leaf_hash")
    ),
    "a root that was signed": tamper(lambda _, signed: signed[-1].update(root=b"x" * 32)),
    "an older note in a newer one's place": tamper(lambda _, signed: signed[-1].update(note=signed[0]["note"])),
    "yesterday's backup": lambda log: log.put_back(log.older),
    "yesterday's backup, gone on otherwise": goes_on_from_older,
    "one put in between": lambda log: tamper(lambda entries, _: inserted(entries, 6, log))(log),
    "one put in front": lambda log: tamper(lambda entries, _: inserted(entries, 0, log))(log),
}


def test_threat_06_whatever_program_changes_the_log_in_the_database_is_found_out(house) -> None:
    log = Log(house)
    missed = []
    for name, program in TAMPERS.items():
        program(log)
        if not log.is_found_out():
            missed.append(name)
        log.put_back(log.whole)
        log.file.write_bytes(log.head)
    assert missed == []
    assert len(TAMPERS) >= 20
    assert not log.is_found_out()  # put back, it is the honest log that goes on
