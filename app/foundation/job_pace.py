"""How fast a worker looks, retries and gives up; tests hurry it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds, but for the counts of attempts and restarts."""

    polling: float = 0.1  # a person may be waiting for what the job makes
    first_retry: float = 0.2  # then twice as long each time: 6 s in all, enough for a lock or a restarting server
    longest_retry: float = 5.0  # between looks for a database that is away, which are not counted
    attempts: int = 6
    heartbeat: float = 5.0
    silent: float = 15.0  # three heartbeats missed
    restarts: int = 10  # a count too: of a job that was running when its worker died, or the database's server
    finishing: int = 5  # for running jobs at a stop; what is cut off runs again
    ending: float = 8.0  # from the word to stop until the process is gone, whatever it is at
