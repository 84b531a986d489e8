"""A calibration on a cluster is the calibration in one process, to the last bit, whatever dies meanwhile."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from app import worker
from app.norming import cluster
from app.norming.calibration_errors import SchedulerSilent
from app.norming.cluster import PartsOnCluster, placing_on, seen_at
from scoring.calibration import calibrate
from scoring.calibration_parts import PartsHere
from tests.app.norming.builders import import_sample
from tests.app.norming.clusters import Striking, answers, cluster_of, kill_one, sha256_of, striking
from tests.app.norming.test_recalibrate import begin, editor, view  # noqa: F401  fixtures
from tests.journeys.installation import free_port

PEOPLE, ITEMS = 6_000, 12  # hardly two answer alike, and that is people enough for eight parts


@pytest.fixture(scope="module")
def codes():
    return answers(PEOPLE, ITEMS)


@pytest.fixture(scope="module")
def in_process(codes):
    return sha256_of(calibrate(codes, compiled=True))


def test_two_workers_and_the_one_left_after_kill_9_give_the_bits_of_one_process(codes, in_process):
    struck: list[Striking] = []
    with cluster_of(2) as made, capture_logs() as said:
        address = made.scheduler_address
        seen = seen_at(address)
        with placing_on(address) as placing:
            whole = sha256_of(calibrate(codes, compiled=True, placing=placing))
            killing = striking(placing, partial(kill_one, address), at_pass=2, made=struck)
            left = sha256_of(calibrate(codes, compiled=True, placing=killing))
        assert struck[0].struck in set(seen.workers) - set(seen_at(address).workers)
    assert (len(seen.workers), seen.alike) == (2, seen.workers)
    assert isinstance(struck[0].held, PartsOnCluster)
    assert [line["event"] for line in said] == []  # the cluster did it, and nobody fell back on this process
    assert (whole, left) == (in_process, in_process)


@pytest.mark.long
def test_what_a_lost_cluster_left_undone_is_done_here_with_the_same_bits(codes, in_process, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.5)
    struck: list[Striking] = []
    with cluster_of(1) as made, capture_logs() as said, placing_on(made.scheduler_address) as placing:
        found = sha256_of(
            calibrate(codes, compiled=True, placing=striking(placing, made.close, at_pass=2, made=struck))
        )
    assert struck[0].left < -1  # passes went on after the blow
    assert [line["event"] for line in said] == ["the cluster is lost; calibrating on in this process"]
    assert found == in_process


@pytest.mark.long
def test_workers_whose_arithmetic_has_other_bits_are_not_asked():
    other_processor = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}  # adds in narrower vectors
    with cluster_of(1, **other_processor) as made, capture_logs() as said:
        seen = seen_at(made.scheduler_address)
        with placing_on(made.scheduler_address) as placing:
            assert placing is PartsHere
    assert (len(seen.workers), seen.alike) == (1, ())
    assert [line["reason"] for line in said] == ["no worker counts as we do"]


def test_without_a_scheduler_or_with_a_silent_one_calibrations_run_here(monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.5)
    nobody = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(SchedulerSilent):
        seen_at(nobody)
    with capture_logs() as said:
        for address in ("", nobody):
            with placing_on(address) as placing:
                assert placing is PartsHere
    assert [line["event"] for line in said] == ["calibrating in this process"]


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_workers_job_recalibrates_on_the_cluster_that_the_settings_name(runtime, editor, capfd):  # noqa: F811
    """Once in its own process and once on the cluster: the same fits, the same norm."""
    with runtime.transaction() as session:
        import_sample(session, runtime.clock, runtime.entropy, n=9_000, seed=3)
    with cluster_of(2) as made:
        found = []
        for address in ("", made.scheduler_address):
            settings = runtime.settings.model_copy(update={"dask_scheduler": address})
            recalibration_id = begin(runtime, editor, without=())
            worker.JOBS["recalibrate"](replace(runtime, settings=settings), str(recalibration_id))
            found.append(view(runtime, recalibration_id).found)
        tasks = set(made.scheduler.task_prefixes)
    assert {"estep", "kept"} <= tasks
    assert "calibrating" not in capfd.readouterr().err  # its log says where it could not be asked
    for phase in ("calibration", "link", "drift"):
        assert found[0][phase] == found[1][phase]
    assert found[0]["draft"]["cut"] == found[1]["draft"]["cut"]
