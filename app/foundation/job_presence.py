"""A worker's presence: it holds a slot, is heard of every few seconds, and looks after jobs that nobody runs."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.foundation.clock import Clock
from app.foundation.clock_jumps import Jumps
from app.foundation.db import Database
from app.foundation.job_pace import Pace
from app.foundation.job_reaper import reap
from app.foundation.job_slots import Locks, Slot, SlotLost, WorkerSlot, take_free_slot
from app.foundation.job_strays import Strays
from app.foundation.job_under_way import UnderWay

if TYPE_CHECKING:
    from dbos import DBOSClient

log = structlog.get_logger("decile.jobs")


class Presence:
    """One worker's slot and heart."""

    def __init__(
        self, *, locks: Locks, database: Database, client: DBOSClient, clock: Clock, pace: Pace,
        running: UnderWay, when_lost: Callable[[Exception], None], when_clock_was_set: Callable[[], None],
    ) -> None:  # fmt: skip
        self._locks, self._database, self._client, self._clock = locks, database, client, clock
        self._pace, self._when_lost, self._when_clock_was_set = pace, when_lost, when_clock_was_set
        self._jumps, self._clock_was_set = Jumps(clock), False
        self._strays = Strays(client, running=running, looks=math.ceil(pace.silent / pace.heartbeat))
        self._leaving = threading.Event()
        self._heart = threading.Thread(target=self._live, name="decile-heartbeat", daemon=True)
        self._started_at = clock.now()
        self._slot = take_free_slot(locks)
        self._beat()
        self._heart.start()

    @property
    def name(self) -> str:
        """The name of our slot."""
        return self._slot.name

    def leave(self) -> None:
        """Stop the heart. The row stays: it tells when we were last heard of."""
        self._leaving.set()
        self._heart.join(timeout=self._pace.finishing)

    def release(self) -> None:
        """Give the slot back, once nothing runs under its name any more."""
        self._slot.lock.release()

    def _live(self) -> None:
        while not self._leaving.wait(self._pace.heartbeat):
            try:
                self._keep_slot()
                self._beat()
                self._look_at_the_clock()
                self._look_after_others()
                self._look_after_our_own()
            except SlotLost as lost:
                self._when_lost(lost)
                return
            except (SQLAlchemyError, OSError) as error:  # of the database, or of a lock's file
                log.warning("worker.heartbeat_missed", slot=self.name, error=type(error).__name__)
            except Exception as fault:  # without a heart it would be taken for dead: it ends, and is started again
                self._when_lost(fault)
                raise

    def _keep_slot(self) -> None:
        """Take our lock again if the connection that held it is gone; another worker may have been faster."""
        if self._slot.lock.is_held():
            return
        lock = self._locks.take(self._slot.number)
        if lock is None:
            raise SlotLost(self.name)
        self._slot = Slot(self._slot.number, lock)

    def _look_at_the_clock(self) -> None:
        """Noted until it was dealt with, however often the database is away meanwhile."""
        if self._jumps.came():
            self._clock_was_set = True
            log.warning("worker.clock_was_set", slot=self.name)
        if self._clock_was_set:
            self._when_clock_was_set()
            self._clock_was_set = False

    def _beat(self) -> None:
        now = self._clock.now()
        row = WorkerSlot(name=self.name, process_id=os.getpid(), started_at=self._started_at, heartbeat_at=now)
        with self._database.transaction() as session:
            session.merge(row)

    def _look_after_others(self) -> None:
        adopted = reap(
            own_slot=self.name,
            silent_for=timedelta(seconds=self._pace.silent),
            at=self._clock.now(),
            database=self._database,
            locks=self._locks,
            client=self._client,
        )
        if adopted:
            log.warning("worker.adopted", slot=self.name, jobs=len(adopted))

    def _look_after_our_own(self) -> None:
        strays = self._strays.put_back(self.name)
        if strays:
            log.warning("worker.strays", slot=self.name, jobs=len(strays))
