"""`decile doctor` finds what is wrong with an installation, says what to do, and changes nothing."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from logging import CRITICAL

import pytest
from click.testing import CliRunner
from dbos._serialization import DBOSPortableJSON, serialize_exception
from distributed import LocalCluster
from sqlalchemy import delete, select

from app import composition
from app.assessment.models import Edition
from app.cli import main
from app.credentials.did import ED25519, RS256
from app.credentials.keys import FileKeyStore
from app.credentials.models import IssuerKey
from app.credentials.publish_key import publish_key
from app.foundation.access import operator
from app.foundation.job_list import retry_unsent
from app.foundation.job_slots import WorkerSlot
from app.foundation.jobs import DurableJobs
from app.foundation.mail import MailboxRefused, MailUnavailable
from app.foundation.policies import PolicyVersion
from app.foundation.readiness import readiness
from app.foundation.settings import made_once
from app.norming import cluster
from app.operations import checks, sqlite_snapshot
from app.operations.checks import State
from app.operations.doctor import Instruments, examine
from app.operations.errors import BackupRefused
from app.operations.make_backup import make_backup
from app.transparency import merkle
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.models import LogEntry
from app.transparency.sign_checkpoint import number_entries
from tests.app.assessment.builders import Place, a_normed_skill, the_collaboration_bank
from tests.app.credentials.awards import a_signer
from tests.app.operations.conftest import PASSPHRASE
from tests.fakes import FrozenClock
from tests.journeys.installation import free_port
from tests.journeys.mail_server import MailServer, Manner

INSTRUMENTS = Instruments(
    composition.mailer_for,
    composition.open_keys,
    composition.require_policy_file,
    composition.strange_policy_values,
)
pytestmark = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


@pytest.fixture
def well(installation, tmp_path):
    """An installation in which everything is as it should be, as its environment says."""
    shutil.rmtree(installation.settings.key_directory)
    store = FileKeyStore(installation.settings.key_directory, scrypt_n=2)
    made = [
        store.init("did:web:localhost", PASSPHRASE, at=installation.clock.now(), algorithm=algorithm)
        for algorithm in (ED25519, RS256)
    ]
    made_once(store.directory / composition.PASSPHRASE_FILE, PASSPHRASE)
    installation.settings.data.chmod(0o700)
    beat(installation, timedelta(0))
    with installation.transaction() as session:
        for signer in made:
            publish_key(signer, session=session, clock=installation.clock, actor=operator())
    make_backup(tmp_path / "x.backup", runtime=installation)
    return {"DECILE_DATA": str(installation.settings.data)}


def beat(runtime, ago: timedelta) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        session.merge(WorkerSlot(name="worker-0", process_id=1, started_at=now, heartbeat_at=now - ago))


def seen(runtime, environment) -> dict[str, checks.Check]:
    runtime.database.dispose()
    found = examine(environment, clock=runtime.clock, instruments=INSTRUMENTS)
    assert all(check.remedy for check in found if check.state is not State.OK)
    return {check.name: check for check in found}


def amiss(found) -> dict[str, State]:
    return {name: check.state for name, check in found.items() if check.state is not State.OK}


def test_a_well_installation_is_well(installation, well):
    found = seen(installation, well)
    assert amiss(found) == {}
    assert {"settings", "clock", "signing keys", "mail", "disk", "migrations", "job lag", "data directory"} <= set(
        found
    )


def test_a_norm_that_nobody_can_be_scored_under_is_named_with_its_edition(installation, well):
    place = Place(installation.database, installation.clock, installation.entropy, installation.jobs)
    the_collaboration_bank(place)
    a_normed_skill(place)
    assert amiss(seen(installation, well)) == {}
    with installation.transaction() as session:
        edition = session.scalars(select(Edition).where(Edition.language == "en")).one()
        edition.composite = {"masses": []}
    found = seen(installation, well)
    assert amiss(found) == {"norms in use": State.FAIL}
    assert f"edition collaboration en {edition.id}, norm {edition.norm_id}" in found["norms in use"].saw


def test_each_trouble_is_named_alone(installation, well, monkeypatch):
    data = installation.settings.data

    data.chmod(0o755)
    assert amiss(seen(installation, well)) == {"data directory": State.FAIL}
    data.chmod(0o700)

    assert amiss(seen(installation, {**well, "DECILE_BASE_URL": "http://decile.example"})) == {"settings": State.FAIL}
    assert amiss(seen(installation, {**well, "DECILE_PORTE": "1"})) == {"settings": State.FAIL}
    down = f"smtp://localhost:{free_port()}"
    assert amiss(seen(installation, {**well, "DECILE_MAIL_URL": down})) == {"mail": State.FAIL}
    for name, text in (
        ("MAIL_URL", "smtp://host:abc"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://h/d"),
    ):
        found = seen(installation, {**well, f"DECILE_{name}": text})
        assert amiss(found) == {"settings": State.FAIL}
        assert f"DECILE_{name}: " in found["settings"].saw
    wrong = {**well, "DECILE_KEY_PASSPHRASE": "not the one they were made with"}
    assert amiss(seen(installation, wrong)) == {"signing keys": State.FAIL}

    monkeypatch.setattr(checks, "LEAST_FREE_BYTES", 1 << 60)
    assert amiss(seen(installation, well)) == {"disk": State.FAIL}
    monkeypatch.undo()


def test_a_scheduler_is_asked_who_works_for_it_and_whether_strangers_could_listen(installation, well, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.5)
    nobody = f"tcp://127.0.0.1:{free_port()}"
    assert amiss(seen(installation, {**well, "DECILE_DASK_SCHEDULER": nobody})) == {"dask scheduler": State.FAIL}
    for host, state in (("127.0.0.1", State.OK), ("127.0.0.2", State.WARN)):  # the second is not called this machine
        with LocalCluster(
            n_workers=1, processes=False, protocol="tcp", host=host, dashboard_address=None, silence_logs=CRITICAL
        ) as made:
            found = seen(installation, {**well, "DECILE_DASK_SCHEDULER": made.scheduler_address})
        assert (found["dask scheduler"].state, found["dask scheduler"].saw[:29]) == (
            state,
            "1 of 1 workers count as we do",
        )


def test_a_redis_that_does_not_count_is_named(installation, well):
    nobody = {**well, "DECILE_REDIS_URL": f"redis://:secret@127.0.0.1:{free_port()}/0"}
    found = seen(installation, nobody)
    assert amiss(found) == {"rate limits": State.WARN}
    assert "secret" not in str(found)
    assert seen(installation, well)["rate limits"].state is State.OK, "where no Redis is set none is missed"


def test_a_silent_worker_and_an_old_or_failed_job_are_named(installation, well):
    with installation.transaction() as session:
        installation.jobs.enqueue("report_result", "old", session=session, arguments={"sitting_id": "1"})
    later = FrozenClock(installation.clock.now() + timedelta(minutes=6))
    installation.database.dispose()
    found = {check.name: check for check in examine(well, clock=later, instruments=INSTRUMENTS)}
    assert amiss(found) == {"worker": State.FAIL, "job lag": State.FAIL}

    DurableJobs(installation.database).client.cancel_workflow("old")
    assert amiss(seen(installation, well)) == {"failed jobs": State.FAIL}


def test_a_failed_job_fails_unless_it_is_mail_within_its_day(installation, well):
    with installation.transaction() as session:
        installation.jobs.enqueue("send_sign_in_mail", "unsent", session=session, arguments={})
    end_with(installation, MailUnavailable("nobody there"))
    found = seen(installation, well)
    assert (amiss(found), found["failed jobs"].saw[:12]) == ({"failed jobs": State.WARN}, "1, all of th")

    for minutes, state in ((14, State.WARN), (16, State.FAIL)):
        later = FrozenClock(installation.clock.now() + timedelta(minutes=minutes))
        (check,) = examine(well, clock=later, instruments=INSTRUMENTS, only={"failed jobs"})
        assert (check.state, f"the oldest for {minutes} min" in check.saw) == (state, state is State.FAIL)
        installation.database.dispose()

    found = examine(well, clock=FrozenClock(installation.clock.now() + timedelta(hours=25)), instruments=INSTRUMENTS)
    assert {check.name: check for check in found}["failed jobs"].state is State.FAIL
    with installation.transaction() as session:
        installation.jobs.enqueue("examine_records", "altered", session=session, arguments={})
    DurableJobs(installation.database).client.cancel_workflow("altered")
    assert amiss(seen(installation, well)) == {"failed jobs": State.FAIL}


def test_mail_that_is_just_being_tried_again_has_waited_no_less(installation, well):
    with installation.transaction() as session:
        installation.jobs.enqueue("send_sign_in_mail", "unsent", session=session, arguments={})
    end_with(installation, MailUnavailable("nobody there"))
    assert retry_unsent(DurableJobs(installation.database).client, at=installation.clock.now()) == ("unsent",)
    assert amiss(seen(installation, well)) == {}
    with installation.transaction() as session:
        earlier = "UPDATE workflow_status SET created_at = created_at - 1000 * 60 * 16"
        session.connection().exec_driver_sql(earlier)
    found = seen(installation, well)
    assert amiss(found) == {"failed jobs": State.FAIL}
    assert found["failed jobs"].saw == "0; mail is tried again for a day, the oldest for 16 min"


def test_mail_that_is_refused_for_good_is_never_called_tried_again(installation, well):
    with installation.transaction() as session:
        installation.jobs.enqueue("send_sign_in_mail", "refused", session=session, arguments={})
    end_with(installation, MailboxRefused(550))
    found = seen(installation, well)
    assert (amiss(found), found["failed jobs"].saw) == ({"failed jobs": State.FAIL}, "1")


def end_with(installation, problem: Exception) -> None:
    """Let every job have failed of it, as the library writes that down."""
    with installation.transaction() as session:
        error, _name = serialize_exception(problem, DBOSPortableJSON.name(), DBOSPortableJSON)
        connection = session.connection()
        connection.exec_driver_sql("UPDATE workflow_status SET status = 'ERROR'")
        outcome = "INSERT INTO workflow_output (workflow_uuid, error, retention_timestamp) SELECT workflow_uuid, ?, 0"
        connection.exec_driver_sql(f"{outcome} FROM workflow_status", (error,))


def test_a_mail_server_that_takes_nothing_from_us_fails_and_is_told_of(installation, well):
    with MailServer() as server:
        with_server = {**well, "DECILE_MAIL_URL": f"smtp://127.0.0.1:{server.port}"}
        assert amiss(seen(installation, with_server)) == {}
        server.behave(Manner.NOT_FROM_US)
        found = seen(installation, with_server)
        done = CliRunner().invoke(main, ["doctor", "--only", "mail"], env=with_server)
    assert amiss(found) == {"mail": State.FAIL}
    assert "530 5.7.0 Authentication required" in found["mail"].saw
    assert (done.exit_code, "DECILE_MAIL_SENDER" in done.output) == (1, True)


def test_what_was_asked_for_by_name_is_answered_where_all_is_well(installation, well):
    installation.database.dispose()
    for name in ("write-ahead log", "rate limits", "dask scheduler"):
        done = CliRunner().invoke(main, ["doctor", "--only", name], env=well)
        assert (done.exit_code, done.output[: 6 + len(name)]) == (0, f"ok    {name}"), done.output
    on_postgres = {
        **well,
        "DECILE_DATABASE_URL": "postgresql+psycopg://d@/none?host=/no",
        "DECILE_SECRET_KEYS": "k" * 40,
    }
    done = CliRunner().invoke(main, ["doctor", "--only", "write-ahead log"], env=on_postgres)
    assert (done.exit_code, done.output[:21]) == (0, "ok    write-ahead log"), done.output


@pytest.mark.parametrize(
    ("text", "troubles"),
    [
        ("[award]\naward_confidence = 0.7\n", set()),
        ("[award]\naward_confidence = 0.2\n", {"settings", "policies in force"}),
        ("[award]\naward_confidence = 2.0\n", {"settings"}),
        ("[awrd]\n", {"settings", "policies in force"}),
        ("[norming]\ncertify_from_n = 10\n", {"policies in force"}),  # which the award policy in force does not allow
    ],
)
def test_a_policy_file_that_stops_the_next_start_is_named(installation, well, tmp_path, text, troubles):
    file = tmp_path / "policy.toml"
    file.write_text(text)
    found = seen(installation, {**well, "DECILE_POLICY_FILE": str(file)})
    assert amiss(found) == dict.fromkeys(troubles, State.FAIL)


def test_a_stored_policy_value_that_this_release_does_not_know_is_named(installation, well):
    with installation.transaction() as session:
        session.add(
            PolicyVersion(
                name="accounts",
                version=1,
                effective_at=installation.clock.now() - timedelta(seconds=1),
                values={"second_factor_fresh_minutes": 10},
                set_by="operator",
            )
        )
    found = seen(installation, well)
    assert amiss(found) == {"policies in force": State.WARN}
    assert "accounts.second_factor_fresh_minutes" in found["policies in force"].saw


def test_a_heartbeat_of_a_clock_that_ran_ahead_is_no_sign_of_life(installation, well):
    beat(installation, timedelta(days=-1))
    found = seen(installation, well)
    assert amiss(found) == {"worker": State.FAIL}
    assert "1 in the future" in found["worker"].saw
    assert not readiness(installation)["worker"]["ok"]
    beat(installation, timedelta(seconds=-2))
    assert amiss(seen(installation, well)) == {}, "clocks of two machines are never quite alike"


def test_a_clock_behind_the_record_and_an_old_backup_are_named(installation, well):
    for step, trouble, state in (
        (timedelta(hours=-1), "clock", State.FAIL),
        (timedelta(hours=27), "last backup", State.WARN),
        (timedelta(days=4), "last backup", State.FAIL),
    ):
        found = examine(well, clock=FrozenClock(installation.clock.now() + step), instruments=INSTRUMENTS)
        assert amiss({check.name: check for check in found})[trouble] is state


def test_where_no_backup_was_ever_made_nothing_fails(installation):
    with installation.reading() as session:
        (check,) = checks.backups(session, installation.clock.now())
    assert check.state is State.WARN


def test_an_older_schema_is_named_and_hides_nothing_else(installation, well):
    with installation.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    assert amiss(seen(installation, well)) == {"migrations": State.FAIL}


def test_a_log_that_does_not_continue_what_was_signed_is_named(installation, well):
    with installation.transaction() as session:
        assert number_entries(session=session) > 0
        query = select(LogEntry.leaf_hash).order_by(LogEntry.number)
        leaves = list(session.scalars(query))
    head = LogHead(installation.settings.key_directory / LOG_HEAD)
    head.write(len(leaves), merkle.root(leaves))
    assert amiss(seen(installation, well)) == {}, "the file is private, and the log is the one that was signed"
    for size, root in ((len(leaves), b"another"), (len(leaves) + 1, merkle.root([*leaves, leaves[0]]))):
        head.write(size, root)
        assert amiss(seen(installation, well)) == {"log head": State.FAIL}


def test_a_key_in_use_that_lies_with_another_worker_is_named_and_no_backup_is_made(installation, well, tmp_path):
    with installation.transaction() as session:
        publish_key(a_signer(), session=session, clock=installation.clock, actor=operator())
    found = seen(installation, well)
    assert amiss(found) == {"published keys": State.FAIL}
    assert a_signer().key_id in found["published keys"].saw
    with pytest.raises(BackupRefused, match=a_signer().key_id):
        make_backup(tmp_path / "y.backup", runtime=installation)
    assert not (tmp_path / "y.backup").exists()
    device = {"pkcs11_module": "soft.so", "pkcs11_token": "decile", "pkcs11_pin": "1"}
    of_a_device = installation.settings.model_copy(update=device)
    make_backup(tmp_path / "y.backup", runtime=replace(installation, settings=of_a_device))

    shutil.rmtree(installation.settings.key_directory)
    found = seen(installation, well)
    assert amiss(found) == {"signing keys": State.WARN}, "a machine without a worker has none of them"


def test_keys_that_were_made_and_not_yet_published_want_the_worker_alone(installation, well):
    with installation.transaction() as session:
        session.execute(delete(IssuerKey))
    assert seen(installation, well)["published keys"].remedy == checks.START_WORKER
    first, *_ = installation.settings.key_directory.glob("*.key.json")
    first.unlink()
    found = seen(installation, well)["published keys"]
    assert (found.state, found.remedy) == (State.FAIL, checks.MAKE_KEYS)


def test_a_check_that_was_not_asked_for_is_not_made(installation, well):
    def never(*_asked):
        pytest.fail("the health check of a worker must not wait for a mail server that says nothing")

    installation.database.dispose()
    for name in ("worker", "settings", "disk"):
        made = examine(well, clock=installation.clock, instruments=Instruments(never, never, never, never), only={name})
        assert [(check.name, check.state) for check in made] == [(name, State.OK)]
    done = CliRunner().invoke(main, ["doctor", "--only", "disk", "--only", "worm"], env=well)
    assert (done.exit_code, "of that name was not made" in done.output) == (1, True)


@pytest.mark.parametrize("torn", ["{", "null", "{}"])
def test_a_torn_file_is_named_and_hides_nothing_else(installation, well, torn):
    keys = installation.settings.key_directory
    whole = seen(installation, well).keys()
    made_once(keys / LOG_HEAD, torn)
    found = seen(installation, well)
    assert (amiss(found), found.keys()) == ({"log head": State.FAIL}, whole)
    assert str(keys / LOG_HEAD) in found["log head"].saw
    (keys / LOG_HEAD).unlink()

    key = min(keys.glob("*.key.json"))
    key.write_text(torn)
    found = seen(installation, well)
    of_keys = {"signing keys": State.FAIL, "published keys": State.FAIL}  # whether those in use lie here is not known
    assert (amiss(found), found.keys()) == (of_keys, whole)
    assert all(str(key) in found[name].saw for name in of_keys)


def test_a_check_that_breaks_is_named_and_hides_nothing_else(installation, well, monkeypatch):
    whole = seen(installation, well).keys()
    for name in ("disk", "backups"):
        monkeypatch.setattr(checks, name, lambda *_asked: json.loads("{"))
    found = seen(installation, well)
    assert (amiss(found), found.keys()) == ({"disk": State.FAIL, "last backup": State.FAIL}, whole)


def test_looking_makes_nothing(installation, tmp_path):
    nowhere = tmp_path / "nowhere"
    found = examine({"DECILE_DATA": str(nowhere)}, clock=installation.clock, instruments=INSTRUMENTS)
    assert {check.name for check in found if check.state is State.FAIL} == {"data directory", "database"}
    assert not nowhere.exists()
    url = "postgresql+psycopg://nobody@/none?host=/nowhere"
    away = {"DECILE_DATA": str(nowhere), "DECILE_DATABASE_URL": url, "DECILE_SECRET_KEYS": "k" * 40}
    found = examine(away, clock=installation.clock, instruments=INSTRUMENTS)
    assert ("database", State.FAIL) in {(check.name, check.state) for check in found}


def test_the_command_says_it_in_lines_and_in_json_and_by_its_exit_code(installation, well):
    installation.database.dispose()
    done = CliRunner().invoke(main, ["doctor", "--json"], env=well)
    told = [
        check for check in json.loads(done.output) if check["name"] != "dates of law"
    ]  # they draw near by themselves
    assert (done.exit_code, {check["state"] for check in told}) == (0, {"ok"}), done.output
    sqlite_snapshot.database_file(installation.database.url).unlink()
    done = CliRunner().invoke(main, ["doctor"], env=well)
    assert done.exit_code == 1
    assert "fail  database" in done.output
