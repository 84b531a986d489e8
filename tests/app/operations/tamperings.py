"""Programs that alter a copy of an installation by hand, each with the one place that must notice.

`python -m tests.app.operations.tamperings` writes docs/security/tampering.md from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app.assessment.closing import sha256_of
from app.credentials import proof
from app.credentials.conformance import check
from app.foundation.errors import DecileError
from app.monitoring import queries as monitoring
from app.norming.models import NormVersion
from app.norming.snapshot import cut_of
from app.norming.snapshot import sha256_of as sha256_of_norm
from app.operations import checks
from app.operations.checks import State
from app.operations.record_checks import records
from app.operations.restore_backup import restore_backup
from app.transparency import merkle
from app.transparency.published_copy import read_copy
from tests.app.credentials.documents import SeedSigner
from tests.app.credentials.worker_house import verdict
from tests.app.operations.conftest import settings_for
from tests.app.operations.filled import BACKUP, LOG_COPY, YESTERDAY, House

TABLE = Path(__file__).resolve().parents[3] / "docs" / "security" / "tampering.md"
FORGED_KEY = "did:web:localhost#2026-11-forged00"


# --- who notices ---------------------------------------------------------------------------------


def records_say(house: House) -> set[str]:
    """`decile doctor --records`, and the worker every night"""
    with house.runtime.reading() as session:
        return {check.name for check in records(session) if check.state is State.FAIL}


def doctor_says(house: House) -> set[str]:
    """`decile doctor`"""
    with house.runtime.reading() as session:
        found = [*checks.log_head(session, house.runtime.settings), *checks.clock(session, house.clock.now())]
    names = {check.name for check in found if check.state is State.FAIL}
    try:
        for path in (house.data / "keys").glob("*.key.json"):
            json.loads(path.read_text())
        for algorithm in ("Ed25519", "RS256"):
            house.runtime.signers.newest(algorithm)
    except (DecileError, ValueError):
        names.add("signing keys")
    return names


def the_night_finds(house: House) -> set[str]:
    """the worker's nightly recomputation, as an alarm of the norm"""
    house.work("recompute_results")
    with house.runtime.reading() as session:
        return {alarm.kind for alarm in monitoring.open_alarms(session=session)}


def the_page_shows(house: House) -> set[str]:
    """the certificate's page, to whoever looks"""
    return {verdict(house.runtime, code).value for code in house.codes()}


def the_worker_refuses(house: House) -> set[str]:
    """the worker, which signs no further checkpoint"""
    try:
        house.work("sign_checkpoint")
    except DecileError as refusal:
        return {refusal.code}
    return set()


def a_restore_refuses(house: House) -> set[str]:
    """`decile restore`"""
    try:
        restore_backup(
            house.data / BACKUP, settings=settings_for(house.data / "elsewhere", ""), clock=house.runtime.clock
        )
    except DecileError as refusal:
        return {refusal.code}
    return set()


def a_reader_of_the_copy_refuses(house: House) -> set[str]:
    """whoever reads the published log: an auditor, `decile restore --log`"""
    try:
        read_copy(house.data / LOG_COPY, (house.data / LOG_COPY / "log/keys").read_text().split())
    except DecileError as refusal:
        return {refusal.code}
    return set()


# --- what is altered -----------------------------------------------------------------------------


def lower_the_cut(house: House) -> None:
    """a norm's cut is lowered for a friend"""
    house.sql("UPDATE norm_version SET cut = cut - .5")


def bend_the_norm(house: House) -> None:
    """a norm's distribution is moved, and its hash and cut are computed anew"""
    with house.unguarded() as session:
        norm = session.scalars(select(NormVersion)).one()
        norm.latent = norm.latent | {"distribution": [value**1.1 for value in norm.latent["distribution"]]}
        norm.cut, norm.cut_standard_error = cut_of(norm).theta, cut_of(norm).standard_error
        norm.sha256 = sha256_of_norm(norm)


def raise_a_rank(house: House) -> None:
    """a result's percentile rank is raised"""
    house.sql("UPDATE skill_result SET percentile_rank = 99.9 WHERE rowid = 1")


def raise_a_confidence(house: House) -> None:
    """the confidence of a decision is raised"""
    house.sql("UPDATE skill_result SET decision_confidence = .99 WHERE rowid = 2")


def change_a_response(house: House) -> None:
    """an answer is replaced by a better one"""
    house.sql(
        "UPDATE response SET value = CASE value WHEN '4' THEN '3' ELSE '4' END WHERE rowid = "
        "(SELECT min(rowid) FROM response WHERE length(value) = 1)"
    )


def change_the_frozen_copy_with_its_hash(house: House) -> None:
    """the frozen answers are rewritten, and their hash with them"""
    frozen = house.value("SELECT responses FROM frozen_sitting WHERE rowid = 1")
    other = frozen.replace('"units":[', '"units":[ ', 1)
    assert other != frozen
    house.sql(
        "UPDATE frozen_sitting SET responses = :other, sha256 = :hash WHERE rowid = 1",
        other=other,
        hash=sha256_of(other),
    )


def ease_an_item(house: House) -> None:
    """the parameters of a calibration that results rest on are changed"""
    house.sql("UPDATE calibration SET parameters = replace(parameters, '1.6', '2.6')")


def rename_the_holder(house: House) -> None:
    """a word in a signed certificate is replaced"""
    house.sql("UPDATE credential SET signed_document = replace(signed_document, 'Collaboration', 'Collaborati0n')")


def exchange_a_public_key(house: House) -> None:
    """a published key is replaced by one's own"""
    house.sql(
        "UPDATE issuer_key SET public_bytes = :own WHERE algorithm = 'Ed25519'",
        own=SeedSigner(FORGED_KEY).public_bytes,
    )


def unlist_a_revocation(house: House) -> None:
    """the signed status list is altered"""
    house.sql(
        "UPDATE status_list SET signed_document = replace(signed_document, 'encodedList\":\"u', 'encodedList\":\"uA')"
    )


def undo_a_revocation(house: House) -> None:
    """a revoked certificate is set to running again"""
    house.sql("UPDATE credential SET revoked_at = NULL, revocation_reason = NULL")


def _issue_past_the_flow(house: House, signer: Any) -> None:
    """A copy of a certificate for somebody else, rightly signed."""
    columns = _columns(house, "credential")
    same = house.value("SELECT unsigned_document FROM credential WHERE revoked_at IS NULL")
    document = proof.sign(check(proof.parse(same)), signer=signer, created=house.clock.now())
    new = {
        "id": "f" * 32, "code": "7Q4FXK2M9TBDW3HN5", "subject_id": "e" * 32, "award_id": "d" * 32,
        "sitting_id": "c" * 32, "status_index": 9, "signed_document": json.dumps(document), "key_id": signer.key_id,
    }  # fmt: skip
    chosen = ", ".join(f":{name}" if name in new else name for name in columns)
    connection = house.runtime.database.writing.raw_connection()
    connection.execute("PRAGMA foreign_keys = OFF")
    insert = f"INSERT INTO credential ({', '.join(columns)})"
    connection.execute(f"{insert} SELECT {chosen} FROM credential WHERE revoked_at IS NULL LIMIT 1", new)
    connection.commit()
    connection.close()


def _columns(house: House, table: str) -> list[str]:
    with house.runtime.reading() as session:
        return [row[1] for row in session.execute(text(f"PRAGMA table_info({table})"))]


def issue_past_the_flow(house: House) -> None:
    """the operator signs a certificate with the real key, outside the program"""
    _issue_past_the_flow(house, house.runtime.signers.newest("Ed25519"))


def publish_a_key_of_ones_own(house: House) -> None:
    """a key of one's own is added to those that are published"""
    key = SeedSigner(FORGED_KEY)
    house.sql(
        "INSERT INTO issuer_key (key_id, algorithm, public_bytes, activated_at) VALUES (:id, 'Ed25519', :own, :at)",
        id=FORGED_KEY,
        own=key.public_bytes,
        at=house.clock.now().replace(tzinfo=None).isoformat(" "),
    )


def edit_a_log_entry(house: House) -> None:
    """a word of a log entry is replaced"""
    house.sql("UPDATE log_entry SET entry = replace(entry, '\"v\":1', '\"v\":2') WHERE number = 2")


def edit_a_log_entry_with_its_hash(house: House) -> None:
    """a log entry is replaced, and its hash with it"""
    entry = house.value("SELECT entry FROM log_entry WHERE number = 2").replace('"v":1', '"v":2')
    house.sql(
        "UPDATE log_entry SET entry = :entry, leaf_hash = :hash WHERE number = 2",
        entry=entry,
        hash=merkle.leaf_hash(entry.encode()),
    )


def take_a_log_entry_out(house: House) -> None:
    """a log entry is removed and those after it move up"""
    house.sql("DELETE FROM log_entry WHERE number = 3")
    for number in range(4, 8):
        house.sql("UPDATE log_entry SET number = :to WHERE number = :number", number=number, to=number - 1)


def swap_two_log_entries(house: House) -> None:
    """two log entries change places"""
    for number, to in ((2, 99), (3, 2), (99, 3)):
        house.sql("UPDATE log_entry SET number = :to WHERE number = :number", number=number, to=to)


def cut_the_logs_tail(house: House) -> None:
    """the last log entries are removed with the checkpoint that covers them"""
    house.sql("DELETE FROM log_entry WHERE number > 4")
    house.sql("DELETE FROM log_checkpoint WHERE size > 5")


def put_yesterdays_database_back(house: House) -> None:
    """the database file of yesterday is put in the place of today's"""
    house.runtime.database.dispose()
    for name in ("-wal", "-shm"):
        (house.data / f"decile.sqlite3{name}").unlink(missing_ok=True)
    (house.data / YESTERDAY).replace(house.data / "decile.sqlite3")


def hide_an_edit_from_the_worker(house: House) -> None:
    """a log entry is replaced with its hash, and every checkpoint is removed"""
    edit_a_log_entry_with_its_hash(house)
    house.sql("DELETE FROM log_checkpoint")


def edit_the_audit_record(house: House) -> None:
    """an entry of the audit record is said to be another's act"""
    house.sql("UPDATE audit_entry SET actor = 'system', actor_id = NULL WHERE kind = 'role.grant'")


def delete_from_the_audit_record(house: House) -> None:
    """an entry of the audit record is removed"""
    house.sql("DELETE FROM audit_entry WHERE sequence = 7")


def slip_into_the_audit_record(house: House) -> None:
    """an act that never was is recorded before the first"""
    house.sql(
        "INSERT INTO audit_entry (sequence, at, kind, subject, actor, detail) "
        "SELECT 0, at, 'norm.approved', 'x', 'person', '{}' FROM audit_entry WHERE sequence = 1"
    )


def cut_the_audit_records_tail(house: House) -> None:
    """the last acts are removed from the audit record"""
    house.sql("DELETE FROM audit_entry WHERE sequence > 20")


def take_a_role(house: House) -> None:
    """a role is taken by SQL"""
    house.sql(
        "INSERT INTO role_grant (person_id, role, granted_at) "
        "SELECT person_id, 'norm_approver', granted_at FROM role_grant"
    )


def loosen_a_policy(house: House) -> None:
    """the values of a policy are changed in place"""
    house.sql('UPDATE policy_version SET "values" = \'{"most_open_shares": 999}\'')


def leave_a_trigger_out(house: House) -> None:
    """a trigger that guards norms is removed"""
    with house.runtime.database.transaction() as session:
        session.execute(text("DROP TRIGGER norm_version_no_edit"))


def disarm_a_trigger(house: House) -> None:
    """the trigger that guards the audit record is replaced by one that does nothing"""
    with house.runtime.database.transaction() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_UPDATE"))
        session.execute(text("CREATE TRIGGER audit_entry_no_UPDATE BEFORE UPDATE ON audit_entry BEGIN SELECT 1; END"))


def set_the_clock_back(house: House) -> None:
    """the machine's clock is set back by a week"""
    house.clock.instant -= timedelta(days=7)


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def flip_a_bit_of_a_key(house: House) -> None:
    """one bit of an encrypted key file"""
    for path in (house.data / "keys").glob("*.key.json"):
        kept = json.loads(path.read_text())
        kept["ciphertext"] = ("A" if kept["ciphertext"][0] != "A" else "B") + kept["ciphertext"][1:]
        path.write_text(json.dumps(kept))


def flip_a_bit_of_a_backup(house: House) -> None:
    """one bit in the middle of a backup"""
    _flip(house.data / BACKUP, (house.data / BACKUP).stat().st_size // 2)


def cut_a_backup(house: House) -> None:
    """the last kilobyte of a backup"""
    content = (house.data / BACKUP).read_bytes()
    (house.data / BACKUP).write_bytes(content[:-1024])


def flip_a_bit_of_the_published_log(house: House) -> None:
    """one bit of a published tile of the log"""
    (tile,) = (house.data / LOG_COPY / "log/tile/entries").rglob("8")
    _flip(tile, 40)


@dataclass(frozen=True)
class Tampering:
    """A program, who must notice, and what they must say."""

    alter: Callable[[House], None]
    noticed_by: Callable[[House], set[str]]
    saying: str


TAMPERINGS = (
    Tampering(lower_the_cut, records_say, "norms"),
    Tampering(bend_the_norm, the_night_finds, "results"),
    Tampering(raise_a_rank, the_night_finds, "results"),
    Tampering(raise_a_confidence, the_night_finds, "results"),
    Tampering(change_a_response, the_night_finds, "results"),
    Tampering(change_the_frozen_copy_with_its_hash, the_night_finds, "results"),
    Tampering(ease_an_item, the_night_finds, "results"),
    Tampering(rename_the_holder, the_page_shows, "altered"),
    Tampering(exchange_a_public_key, the_page_shows, "altered"),
    Tampering(unlist_a_revocation, the_page_shows, "unknown"),
    Tampering(undo_a_revocation, records_say, "revocations"),
    Tampering(issue_past_the_flow, records_say, "issues"),
    Tampering(publish_a_key_of_ones_own, records_say, "keys"),
    Tampering(edit_a_log_entry, records_say, "public log"),
    Tampering(edit_a_log_entry_with_its_hash, records_say, "public log"),
    Tampering(take_a_log_entry_out, records_say, "public log"),
    Tampering(swap_two_log_entries, records_say, "public log"),
    Tampering(cut_the_logs_tail, doctor_says, "log head"),
    Tampering(put_yesterdays_database_back, doctor_says, "log head"),
    Tampering(hide_an_edit_from_the_worker, the_worker_refuses, "log-forked"),
    Tampering(edit_the_audit_record, records_say, "audit record"),
    Tampering(delete_from_the_audit_record, records_say, "audit record"),
    Tampering(slip_into_the_audit_record, records_say, "audit record"),
    Tampering(cut_the_audit_records_tail, records_say, "audit record"),
    Tampering(take_a_role, records_say, "roles"),
    Tampering(loosen_a_policy, records_say, "policies"),
    Tampering(leave_a_trigger_out, records_say, "triggers"),
    Tampering(disarm_a_trigger, records_say, "triggers"),
    Tampering(set_the_clock_back, doctor_says, "clock"),
    Tampering(flip_a_bit_of_a_key, doctor_says, "signing keys"),
    Tampering(flip_a_bit_of_a_backup, a_restore_refuses, "backup-unreadable"),
    Tampering(cut_a_backup, a_restore_refuses, "backup-unreadable"),
    Tampering(flip_a_bit_of_the_published_log, a_reader_of_the_copy_refuses, "log-copy-unreadable"),
)


def rows() -> str:
    """The lines of the page's table."""
    return "\n".join(
        f"| {number} | {one.alter.__doc__} | {one.noticed_by.__doc__} | {one.saying} |"
        for number, one in enumerate(TAMPERINGS, start=1)
    )


if __name__ == "__main__":
    before, after = re.split(r"(?<=\|---\|\n)(?:\|.*\n)*", TABLE.read_text(encoding="utf-8"), maxsplit=1)
    TABLE.write_text(f"{before}{rows()}\n{after}", encoding="utf-8")
