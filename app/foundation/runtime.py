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
from app.foundation.signing import Signer, Signers

PROOF_ALGORITHM = "Ed25519"
JWT_ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings and the outside world. Only the worker's runtime holds private keys."""

    settings: Settings
    database: Database
    clock: Clock
    entropy: Entropy
    jobs: Jobs
    links: Links
    mailer: Mailer
    signers: Signers | None = None

    @property
    def signer(self) -> Signer | None:
        """The newest key of embedded proofs."""
        return self.signers.newest(PROOF_ALGORITHM) if self.signers else None

    @property
    def jwt_signer(self) -> Signer | None:
        """The newest key of JWTs."""
        return self.signers.newest(JWT_ALGORITHM) if self.signers else None

    def transaction(self) -> AbstractContextManager[Session]:
        """A session committed whole or not at all."""
        return self.database.transaction()

    def transaction_that_reads_first(self) -> AbstractContextManager[Session]:
        """The same, without SQLite's lock of writers until it writes."""
        return self.database.transaction(reads_first=True)

    def reading(self) -> AbstractContextManager[Session]:
        """A session for reading alone."""
        return self.database.reading()
