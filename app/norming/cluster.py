"""Calibration on a Dask cluster: the same steps over the same parts, added here in the same order.

A cluster can only be quicker, never other: workers are asked for a fingerprint of their arithmetic first, and whatever
it does not answer in time is worked out here, with the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from app.norming.calibration_errors import SchedulerSilent
from scoring.calibration_parts import Part, PartialSums, PartsHere, Placing, Tables, estep, fingerprint

if TYPE_CHECKING:
    from distributed import Client

log = structlog.get_logger("decile.cluster")
ANSWER_SECONDS = 5  # for a scheduler to answer at all
PATIENCE_SECONDS = 60  # for one step, a worker's death and the work begun anew included


@dataclass(frozen=True, slots=True)
class Cluster:
    """Who answers at a scheduler's address: addresses of workers, and of those that count as we do."""

    workers: tuple[str, ...]
    alike: tuple[str, ...]


@contextmanager
def placing_on(address: str) -> Iterator[Placing]:
    """Where calibrations hold their persons: on the workers of the scheduler, or here where there is none of use."""
    if not address:
        yield PartsHere
        return
    try:
        client = _client(address)
    except SchedulerSilent as silent:
        log.warning("calibrating in this process", reason=str(silent))
        yield PartsHere
        return
    with client:
        alike = _seen(client).alike
        if not alike:
            log.warning("calibrating in this process", reason="no worker counts as we do", scheduler=address)
        yield partial(PartsOnCluster, client=client, workers=alike) if alike else PartsHere


def seen_at(address: str) -> Cluster:
    """The workers of a scheduler.

    Raises
    ------
    SchedulerSilent
    """
    with _client(address) as client:
        return _seen(client)


def _client(address: str) -> Client:
    from distributed import Client  # noqa: PLC0415  an optional dependency, and two seconds

    try:
        return Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as problem:  # the last for an address that is none
        raise SchedulerSilent(address, type(problem).__name__) from problem


def _seen(client: Client) -> Cluster:
    answers: dict[str, Any] = client.run(fingerprint, on_error="return")
    ours = fingerprint()
    return Cluster(tuple(sorted(answers)), tuple(sorted(who for who, answer in answers.items() if answer == ours)))


class PartsOnCluster:
    """Parts on workers of a cluster. The scheduler keeps them too and hands a dead worker's to the others."""

    def __init__(self, parts: Sequence[Part], *, client: Client, workers: Sequence[str]) -> None:
        self._here = PartsHere(parts)
        self._submit = partial(client.submit, pure=False, workers=list(workers))
        self._held = [self._submit(_kept, part) for part in parts]
        self._is_lost = False

    def esteps(self, at: Tables) -> Sequence[PartialSums]:
        """The sums of each part, in order."""
        if self._is_lost:
            return self._here.esteps(at)
        from distributed import KilledWorker  # noqa: PLC0415  as above

        steps = [self._submit(estep, part, at) for part in self._held]
        try:
            return [step.result(timeout=PATIENCE_SECONDS) for step in steps]
        except (CancelledError, KilledWorker, OSError, TimeoutError) as problem:
            log.warning("the cluster is lost; calibrating on in this process", reason=type(problem).__name__)
            self._is_lost = True
            return self._here.esteps(at)


def _kept(part: Part) -> Part:
    """A task whose answer stays on the worker; asked again, if the worker dies."""
    return part
