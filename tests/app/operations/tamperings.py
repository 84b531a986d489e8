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
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.assessment.closing import sha256_of
from app.assessment.models import FrozenSitting, Response
from app.credentials import proof
from app.credentials.conformance import check
from app.credentials.models import Credential, IssuerKey
from app.foundation.db import table_of
from app.foundation.errors import DecileError
from app.item_bank.models import Calibration
from app.monitoring import queries as monitoring
from app.norming.models import NormVersion
from app.norming.snapshot import cut_of
from app.norming.snapshot import sha256_of as sha256_of_norm
from app.operations import checks
from app.operations.checks import State
from app.operations.record_checks import records
from app.operations.restore_backup import restore_backup
from app.transparency import merkle
from app.transparency.models import LogEntry
from app.transparency.published_copy import read_copy
from tests.app.credentials.documents import SeedSigner
from tests.app.credentials.worker_house import verdict
from tests.app.operations.conftest import settings_for
from tests.app.operations.filled import BACKUP, LOG_COPY, House

TABLE = Path(__file__).resolve().parents[3] / "docs" / "security" / "tampering.md"
FORGED_KEY = "did:web:localhost#2026-11-forged00"
RATINGS = range(1, 6)


# --- who notices ---------------------------------------------------------------------------------


def records_say(house: House) -> set[str]:
    """`decile doctor --records`, and the worker every night"""
    with house.runtime.reading() as session:
        return {check.name for check in records(session) if check.state is State.FAIL}


def doctor_says(house: House) -> set[str]:
    """`decile doctor`"""
    with house.runtime.reading() as session:
        found = [*checks.log_head(session, house.runtime.settings), *checks.clock(session, house.clock.now())]
    # the clock of these tests stands still, that of PostgreSQL's server does not
    wrong = (check for check in found if check.state is State.FAIL and "from the database server" not in check.saw)
    names = {check.name for check in wrong}
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
            house.data / BACKUP,
            settings=settings_for(house.data / "elsewhere", house.elsewhere()),
            clock=house.runtime.clock,
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


def move_the_start_of_new_sittings(house: House) -> None:
    """an edition's cut is lowered for everybody who starts now, its norm left as it is"""
    house.sql("UPDATE edition SET cut = cut - .5")


def let_an_edition_be_surer(house: House) -> None:
    """an edition's error of the cut is taken away, so that more is certain than its norm says"""
    house.sql("UPDATE edition SET cut_standard_error = 0")


def bend_the_norm(house: House) -> None:
    """a norm's distribution is moved, and its hash and cut are computed anew"""
    with house.unguarded() as session:
        norm = session.scalars(select(NormVersion)).one()
        norm.latent = norm.latent | {"distribution": [value**1.1 for value in norm.latent["distribution"]]}
        norm.cut, norm.cut_standard_error = cut_of(norm).theta, cut_of(norm).standard_error
        norm.sha256 = sha256_of_norm(norm)


def a_result(number: int) -> str:
    return f"(SELECT id FROM skill_result ORDER BY id LIMIT 1 OFFSET {number})"


def award_what_was_refused(house: House) -> None:
    """an award stands for a result that was refused"""
    house.sql("UPDATE award_decision SET outcome = 'not-awarded'")


def make_a_specimen_real(house: House) -> None:
    """an award loses the marks of a specimen"""
    house.sql("UPDATE award SET is_specimen = false, specimen_reasons = '[]'")


def raise_a_rank(house: House) -> None:
    """a result's percentile rank is raised"""
    house.sql("UPDATE skill_result SET percentile_rank = 99.9 WHERE id = " + a_result(0))


def raise_a_confidence(house: House) -> None:
    """the confidence of a decision is raised"""
    house.sql("UPDATE skill_result SET decision_confidence = .99 WHERE id = " + a_result(1))


def change_a_response(house: House) -> None:
    """an answer is replaced by a better one"""
    with house.unguarded() as session:
        rated = (
            row for row in session.scalars(select(Response).order_by(Response.received_at)) if row.value in RATINGS
        )
        first = next(rated)
        first.value = 3 if first.value == 4 else 4


def change_the_frozen_copy_with_its_hash(house: House) -> None:
    """the frozen answers are rewritten, and their hash with them"""
    with house.unguarded() as session:
        frozen = session.scalars(select(FrozenSitting).limit(1)).one()
        other = frozen.responses.replace('"units":[', '"units":[ ', 1)
        assert other != frozen.responses
        frozen.responses, frozen.sha256 = other, sha256_of(other)


def ease_an_item(house: House) -> None:
    """the parameters of a calibration that results rest on are changed"""
    with house.unguarded() as session:
        for calibration in session.scalars(select(Calibration)):
            calibration.parameters = json.loads(json.dumps(calibration.parameters).replace("1.6", "2.6"))


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
    of_credentials = table_of(Credential)
    with house.unguarded() as session:
        standing = select(of_credentials).where(of_credentials.c.revoked_at.is_(None)).limit(1)
        same = dict(session.execute(standing).mappings().one())
        document = proof.sign(check(proof.parse(same["unsigned_document"])), signer=signer, created=house.clock.now())
        new = {
            "id": UUID("f" * 32), "code": "7Q4FXK2M9TBDW3HN5", "subject_id": UUID("e" * 32), "award_id": UUID("d" * 32),
            "sitting_id": UUID("c" * 32), "status_index": 9, "signed_document": json.dumps(document),
            "key_id": signer.key_id,
        }  # fmt: skip
        session.execute(insert(of_credentials), same | new)


def issue_past_the_flow(house: House) -> None:
    """the operator signs a certificate with the real key, outside the program"""
    _issue_past_the_flow(house, house.runtime.signers.newest("Ed25519"))


def publish_a_key_of_ones_own(house: House) -> None:
    """a key of one's own is added to those that are published"""
    key = SeedSigner(FORGED_KEY)
    now = house.clock.now()
    with house.unguarded() as session:
        session.add(IssuerKey(key_id=key.key_id, algorithm="Ed25519", public_bytes=key.public_bytes, activated_at=now))


def edit_a_log_entry(house: House) -> None:
    """a word of a log entry is replaced"""
    with house.unguarded() as session:
        _edit_an_entry(session)


def _edit_an_entry(session: Session) -> LogEntry:
    entry = session.scalars(select(LogEntry).where(LogEntry.number == 2)).one()
    entry.entry = entry.entry.replace('"v":1', '"v":2')
    return entry


def edit_a_log_entry_with_its_hash(house: House) -> None:
    """a log entry is replaced, and its hash with it"""
    with house.unguarded() as session:
        entry = _edit_an_entry(session)
        entry.leaf_hash = merkle.leaf_hash(entry.entry.encode())


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
    house.put_back_yesterday()


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
    house.execute(f"DROP TRIGGER norm_version_no_edit{'' if house.is_sqlite else ' ON norm_version'}")


def disarm_a_trigger(house: House) -> None:
    """the trigger that guards the audit record is replaced by one that does nothing"""
    if house.is_sqlite:
        house.execute("DROP TRIGGER audit_entry_no_UPDATE")
        house.execute("CREATE TRIGGER audit_entry_no_UPDATE BEFORE UPDATE ON audit_entry BEGIN SELECT 1; END")
    else:
        house.execute(
            "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN coalesce(NEW, OLD); END $$"
        )


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
    Tampering(move_the_start_of_new_sittings, records_say, "editions"),
    Tampering(let_an_edition_be_surer, records_say, "editions"),
    Tampering(bend_the_norm, the_night_finds, "results"),
    Tampering(award_what_was_refused, records_say, "awards"),
    Tampering(make_a_specimen_real, records_say, "awards"),
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
