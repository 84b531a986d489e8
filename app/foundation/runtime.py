"""What the three doors carry. Below the doors nobody sees it whole: a use case names exactly what it needs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.links import Links
from app.foundation.mail import Mailer
from app.foundation.settings import Settings
from app.foundation.signing import Signer


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings and the outside world. Only the worker's runtime holds signers: one of proofs, one of JWTs."""

    settings: Settings
    database: Database
    clock: Clock
    entropy: Entropy
    jobs: Jobs
    links: Links
    mailer: Mailer
    signer: Signer | None = None
    jwt_signer: Signer | None = None

    def transaction(self) -> AbstractContextManager[Session]:
        """A session committed whole or not at all."""
        return self.database.transaction()

    def reading(self) -> AbstractContextManager[Session]:
        """A session for reading alone."""
        return self.database.reading()
