"""The worker: runs jobs by name, in a slot of its own, until it is told to stop. It knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from dbos import DBOS, DBOSPortableJSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from app.foundation import settled_memory
from app.foundation.db import Database
from app.foundation.job_ending import ENDED, Ending, end
from app.foundation.job_firings import Firings
from app.foundation.job_list import forget_finished, forget_repeated_failures, retry_unsent
from app.foundation.job_pace import Pace
from app.foundation.job_presence import Presence
from app.foundation.job_queues import CONCURRENCY, POLLINGS, queue_of
from app.foundation.job_slots import locks_for
from app.foundation.job_suspects import Suspects
from app.foundation.job_under_way import UnderWay
from app.foundation.job_workflow import Job, register
from app.foundation.jobs import APPLICATION, JOB_SCHEMA, DurableJobs, quieten_library
from app.foundation.runtime import Runtime
from app.foundation.switching import switch_often

# Raised only when the order of steps in a job changes, after draining the queue: the library leaves unfinished jobs
# of another version alone.
JOBS_VERSION = "1"
FORGET_FINISHED = "forget_finished_jobs"
SCHEDULES_SECONDS = 5.0  # between looks at what is to be done when, which changes when the clock was set
RETRY_UNSENT = "retry_unsent_mail"
PLANNED = "planned_at"  # in the context of a schedule: when it was planned first
FINISHED_JOBS_KEPT = timedelta(days=14)  # 1.5 kB each; long enough to look into last week's trouble

log = structlog.get_logger("decile.jobs")


class PeriodicJob(NamedTuple):
    """A job without arguments, enqueued at the times of a cron expression in UTC.

    What it does is whatever is due, so a time that was missed needs no run of its own: where no worker ran at any time
    since longer than `once_after`, or the clock was set, one run makes up for all. Without `once_after` the next time
    is soon enough.
    """

    name: str
    cron: str
    once_after: timedelta | None = None


class JobRunner:
    """Runs the jobs of one process. The library keeps one instance per process, so there is one runner too."""

    def __init__(
        self,
        runtime: Runtime,
        jobs: Mapping[str, Job],
        periodic: Sequence[PeriodicJob] = (),
        pace: Pace = Pace(),  # noqa: B008  frozen
    ) -> None:
        self._runtime = runtime
        self._pace = pace
        self._jobs: dict[str, Job] = {
            **jobs,
            FORGET_FINISHED: self._forget_finished,
            RETRY_UNSENT: self._tidy_dead_list,
        }
        self._periodic = (
            *periodic,
            PeriodicJob(FORGET_FINISHED, "17 3 * * *", once_after=timedelta(days=1)),
            PeriodicJob(RETRY_UNSENT, "* * * * *"),
        )
        # Pools of its own: the library's bookkeeping must not wait for connections that jobs hold. After a power cut it
        # may have forgotten that a job was begun or done, which then runs again; what asks for one is in the database.
        self._database = Database(runtime.database.url, may_forget=True)
        self._door = DurableJobs(self._database)
        self._client = self._door.client
        self._running = UnderWay()
        self._firings = Firings()
        self._ending = Ending(pace.ending)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then end this process within the time that the pace gives it."""
        settled_memory.keep_one_heap()
        self._ending.heed_signals()
        self.start()
        switch_often()
        lost = self._ending.wait()
        self.stop()
        if lost is not None:
            raise lost
        end(ENDED)  # Python would wait for a job that outlasted the stop; it runs again at the next start

    def start(self) -> None:
        """Take a slot with its unfinished work, and begin on the queue."""
        quieten_library()
        self._presence = Presence(
            locks=locks_for(self._runtime.database.url, self._runtime.settings.data / "worker-slots"),
            database=self._database,
            client=self._client,
            clock=self._runtime.clock,
            pace=self._pace,
            running=self._running,
            when_lost=self._ending.give,
            when_clock_was_set=self._schedule_anew,
        )
        self._open_queue()
        self._schedule()
        self._run_what_was_missed()
        lasting = DurableJobs(self._runtime.database).client  # what takes the machine down must be counted before
        suspects = Suspects(self._database, lasting, pace=self._pace)
        for name, job in self._jobs.items():
            register(
                name, job, runtime=self._runtime, pace=self._pace, suspects=suspects, running=self._running,
                firings=self._firings,
            )  # fmt: skip
        self._launch(self._presence.name)
        settled_memory.settle()
        log.info("worker.started", slot=self._presence.name, jobs=len(self._jobs))

    def stop(self) -> None:
        """Take nothing new, let running jobs finish for a while, give the slot back."""
        self._presence.leave()
        DBOS.destroy(
            destroy_registry=True, workflow_completion_timeout_sec=self._pace.finishing if self._is_busy() else 0
        )
        self._presence.release()
        self._database.dispose()
        log.info("worker.stopped", slot=self._presence.name, cut_off=len(self._running))

    def _is_busy(self) -> bool:
        """Whether a job runs, or was claimed a moment ago and is about to."""
        try:
            claimed = self._client.list_workflows(
                status="PENDING", executor_id=self._presence.name, limit=1, load_input=False, load_output=False
            )
        except SQLAlchemyError:
            return True  # without the database only the wait can tell
        return bool(self._running or claimed)

    def _open_queue(self) -> None:
        """Before the launch, because the library looks for new queues only once a second."""
        for queue, at_once in CONCURRENCY.items():
            self._client.register_queue(
                queue,
                worker_concurrency=at_once,
                polling_interval_sec=self._pace.polling * POLLINGS[queue],
                on_conflict="always_update",
            )

    def _schedule(self) -> None:
        wanted = {periodic.name for periodic in self._periodic}
        found = {schedule["schedule_name"]: schedule["context"] for schedule in self._client.list_schedules()}
        for name in found.keys() - wanted:
            self._client.delete_schedule(name)
        now = self._runtime.clock.now().isoformat()
        self._client.apply_schedules(
            [
                {
                    "schedule_name": periodic.name,
                    "workflow_name": periodic.name,
                    "schedule": periodic.cron,
                    "queue_name": queue_of(periodic.name),
                    "automatic_backfill": False,
                    "context": found.get(periodic.name) or {PLANNED: now},
                }
                for periodic in self._periodic
            ]
        )

    def _run_what_was_missed(self) -> None:
        """Once for each while that it was missed, however often a worker is started within it.

        The library remembers when a schedule fired, not when we made up for it: on a machine that is off every night
        that stays the same for weeks. One that never fired counts from when it was planned first.
        """
        now = self._runtime.clock.now()
        since = {
            schedule["schedule_name"]: datetime.fromisoformat(schedule["last_fired_at"] or schedule["context"][PLANNED])
            for schedule in self._client.list_schedules()
        }
        with self._database.transaction() as session:
            for periodic in self._periodic:
                last = since.get(periodic.name)  # another worker, of another release, may just plan anew
                if periodic.once_after and last and last + periodic.once_after < now:
                    key = f"missed:{periodic.name}:{last.isoformat()}:{(now - last) // periodic.once_after}"
                    self._door.enqueue(periodic.name, key, session=session, arguments={})

    def _schedule_anew(self) -> None:
        """The library keeps the times it had in mind: set forward it would run each that passed, set back it waits."""
        for periodic in self._periodic:
            self._client.delete_schedule(periodic.name)
        self._firings.forget()
        self._schedule()
        for periodic in self._periodic:
            if periodic.once_after:  # whatever was missed
                self._client.trigger_schedule(periodic.name)

    def _launch(self, slot: str) -> None:
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._database.writing,
                "dbos_system_schema": JOB_SCHEMA,
                "serializer": DBOSPortableJSONSerializer(),
                "application_version": JOBS_VERSION,
                "executor_id": slot,
                "run_migrations": False,
                "scheduler_polling_interval_sec": SCHEDULES_SECONDS,
                "notification_listener_polling_interval_sec": self._pace.polling,  # else a stop takes a second
                "log_level": "WARNING",
            }
        )
        DBOS.launch()

    def _forget_finished(self, runtime: Runtime) -> None:
        forget_finished(self._client, before=runtime.clock.now() - FINISHED_JOBS_KEPT)

    def _tidy_dead_list(self, runtime: Runtime) -> None:
        retry_unsent(self._client, at=runtime.clock.now())
        forget_repeated_failures(self._client, [periodic.name for periodic in self._periodic])
