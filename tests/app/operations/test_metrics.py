"""What Prometheus is shown: routes and counts, how the installation stands, and no path, person or code."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from app import web
from app.factory import create_app
from app.foundation import settled_memory
from app.foundation.job_slots import WorkerSlot
from app.foundation.listening import AddressUnusable, PortTaken
from app.operations.make_backup import make_backup
from app.operations.metrics import counting, new_registry, serve_metrics
from tests.app.operations.test_apply_retention import a_sitting
from tests.journeys.installation import free_port

pytestmark = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


@pytest.fixture
def scraped(installation, tmp_path):
    """A function that scrapes a counted application after some requests: {(name, labels): value}."""
    registry = new_registry(installation)
    client = Client(counting(create_app(installation), registry))
    settings = installation.settings.model_copy(update={"metrics_port": free_port()})
    serve_metrics(settings, registry)

    def scrape(*paths: str) -> dict[str, float]:
        for path in paths:
            client.get(path)
        with urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics") as answer:
            text = answer.read().decode()
        return {
            sample.name + str(sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return scrape


def test_answers_are_counted_by_route_and_never_by_path(scraped):
    seen = scraped("/healthz", "/healthz", "/c/0123456789ABCDEFG", "/no/such/place/anna@example.org")
    counts = {name: value for name, value in seen.items() if name.startswith("decile_request_seconds_count")}
    assert counts["decile_request_seconds_count['/healthz', '200', 'GET']"] == 2
    assert sum(counts.values()) == 4
    assert counts["decile_request_seconds_count['404', 'GET', 'none']"] == 1
    assert not re.search(r"0123456789ABCDEFG|anna", str(seen))


def test_how_the_installation_stands_is_read_at_each_scrape(installation, scraped, tmp_path):
    before = scraped()
    assert before["decile_ready['worker']"] == 0
    assert "decile_worker_heartbeat_age_seconds[]" not in before
    assert "decile_last_backup_timestamp_seconds[]" not in before

    now = installation.clock.now()
    with installation.transaction() as session:
        session.add(WorkerSlot(name="worker-0", process_id=1, started_at=now, heartbeat_at=now))
        a_sitting(session, None, state="open", frozen=False)
        installation.jobs.enqueue("report_result", "x", session=session, arguments={"sitting_id": "1"})
    make_backup(tmp_path / "x.backup", runtime=installation)

    after = scraped()
    assert after["decile_ready['worker']"] == 1
    assert after["decile_sittings_open[]"] - before["decile_sittings_open[]"] == 1
    assert (before["decile_jobs_unfinished[]"], after["decile_jobs_unfinished[]"]) == (0, 1)
    assert 0 <= after["decile_worker_heartbeat_age_seconds[]"] < 60
    assert after["decile_last_backup_timestamp_seconds[]"] >= now.timestamp()
    assert after["process_open_fds[]"] > 0


def test_a_database_that_is_away_is_a_figure_and_no_error(installation, scraped):
    with installation.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE workflow_status RENAME TO gone")
    seen = scraped()
    assert seen["decile_ready['database']"] == 0
    assert "decile_sittings_open[]" not in seen


def test_whether_counts_are_shared_is_a_figure_where_they_should_be(installation):
    def figures(redis_url: str) -> str:
        settings = installation.settings.model_copy(update={"redis_url": redis_url})
        return generate_latest(new_registry(replace(installation, settings=settings))).decode()

    assert "decile_rates_shared" not in figures("")
    assert "decile_rates_shared 0.0" in figures(f"redis://127.0.0.1:{free_port()}/0")


def test_a_web_process_that_cannot_listen_names_the_setting(installation, monkeypatch):
    monkeypatch.setattr(settled_memory, "keep_one_heap", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for change, named in (
            ({"port": port}, rf"127.0.0.1:{port}\..*DECILE_PORT"),
            ({"metrics_port": port}, "DECILE_METRICS_PORT"),
            ({"host": "foo.invalid"}, "DECILE_HOST"),
        ):
            settings = installation.settings.model_copy(update=change)
            with pytest.raises((PortTaken, AddressUnusable), match=named):
                web.serve(replace(installation, settings=settings))
