"""The register of these tests, changed in transactions of its own, as other processes would."""

from __future__ import annotations

from app.credentials.erase_credentials import erase_credentials
from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason, Visibility
from app.foundation.access import operator
from app.foundation.db import Database
from tests.app.credentials.awards import Desk
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
FRENCH = {**HTML, "Accept-Language": "fr"}


class Register:
    """Changes the register in transactions of its own, as other processes would."""

    def __init__(self, database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> None:
        self.database, self.clock, self.entropy, self.jobs = database, clock, entropy, jobs

    def issued(
        self, visibility: Visibility = Visibility.UNLISTED, shown_name: str | None = None, **award: object
    ) -> str:
        with self.database.transaction() as session:
            credential = Desk(session, self.clock, self.entropy, self.jobs).issued(**award)
            credential.visibility, credential.shown_name = visibility, shown_name
            return credential.code

    def change(self, code: str, **values: object) -> None:
        with self.database.transaction() as session:
            row = session.query(Credential).filter_by(code=code).one()
            for name, value in values.items():
                setattr(row, name, value)

    def revoke(self, code: str, reason: RevocationReason = RevocationReason.ISSUED_IN_ERROR) -> None:
        with self.database.transaction() as session:
            row = session.query(Credential).filter_by(code=code).one()
            revoke_credential(
                row.id,
                reason,
                session=session,
                clock=self.clock,
                jobs=self.jobs,
                actor=operator(),
            )

    def erase(self, code: str, *, is_revoking: bool = True) -> None:
        with self.database.transaction() as session:
            row = session.query(Credential).filter_by(code=code).one()
            tools = {"session": session, "clock": self.clock, "jobs": self.jobs, "actor": operator()}
            erase_credentials(row.person_id, is_revoking=is_revoking, **tools)
