"""A past for the demonstration: a clock that is moved by hand, chance that can be repeated, jobs done on the spot.

The rules of waiting (24 hours before a norm takes effect, 30 days before a retake, a year to expiry) are not
loosened for the demonstration. Its history happened earlier, under a clock that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.assessment.check_sitting import check_sitting
from app.awarding.decide_award import decide_award
from app.credentials.issue_credential import issue_credential
from app.credentials.publish_status_list import publish_status_list
from app.credentials.reserve_credential import reserve_credential
from app.foundation.clock import Clock
from app.foundation.entropy import SEED_BITS, Entropy
from app.foundation.jobs import JSON
from app.foundation.signing import Signer
from app.results.report_result import report_result


@dataclass
class PastClock:
    """Time stands still until somebody passes it."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.instant

    def wait(self, **length: float) -> None:
        """Let `length`, as a timedelta takes it, go by."""
        self.instant += timedelta(**length)


class RepeatableEntropy:
    """Item draws that come out the same in every demonstration. Ids, codes and secrets stay unpredictable."""

    def __init__(self, real: Entropy, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.uuid, self.token, self.digits, self.bits = real.uuid, real.token, real.digits, real.bits

    def seed(self) -> int:
        """The seed of a sitting."""
        return int(self._rng.integers(1 << SEED_BITS))


@dataclass(frozen=True)
class Tools:
    """What the jobs of one moment are carried out with."""

    session: Session
    clock: Clock
    entropy: Entropy
    signer: Signer
    jwt_signer: Signer | None
    base_url: str


@dataclass
class JobsOfThePast:
    """Keeps what the use cases enqueue until it is carried out: the worker's clock shows today, this one does not."""

    waiting: list[tuple[str, Mapping[str, JSON]]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def enqueue(self, name: str, key: str, *, session: Session, arguments: Mapping[str, JSON]) -> None:  # noqa: ARG002  part of the protocol
        """Note the job; the same key twice is one job."""
        if key not in self.known:
            self.known.add(key)
            self.waiting.append((name, arguments))

    def carry_out(self, tools: Tools) -> None:
        """Call the use case behind each job, and behind those that it enqueues."""
        while self.waiting:
            self.do(*self.waiting.pop(0), tools)

    def do(self, name: str, arguments: Mapping[str, JSON], tools: Tools) -> None:
        """Call the use case behind one job."""
        session, clock, entropy, base_url = tools.session, tools.clock, tools.entropy, tools.base_url
        signer, jwt_signer = tools.signer, tools.jwt_signer
        match name, arguments:
            case "report_result", {"sitting_id": str(sitting)}:
                report_result(UUID(sitting), session=session, clock=clock, entropy=entropy, jobs=self)
            case "check_sitting", {"sitting_id": str(sitting)}:
                check_sitting(UUID(sitting), session=session, clock=clock)
            case "decide_award", {"result_id": str(result)}:
                decide_award(UUID(result), session=session, clock=clock, entropy=entropy, jobs=self)
            case "reserve_credential", {"award_id": str(award)}:
                reserve_credential(
                    UUID(award), session=session, clock=clock, entropy=entropy, jobs=self, base_url=base_url
                )
            case "issue_credential", {"credential_id": str(credential)}:
                issue_credential(
                    UUID(credential),
                    session=session,
                    clock=clock,
                    signer=signer,
                    jwt_signer=jwt_signer,
                    base_url=base_url,
                )
            case "publish_status_list", {"number": int(number)}:
                publish_status_list(
                    number, session=session, clock=clock, signer=signer, jwt_signer=jwt_signer, base_url=base_url
                )
            case _:
                raise LookupError(f"the demonstration does not know the job {name}")
