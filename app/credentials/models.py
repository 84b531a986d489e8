"""Credentials with the exact documents, the status lists they point to, and the issuer's public keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.credentials.errors import CredentialRevoked, ReviewDecided
from app.credentials.states import CredentialState, ReviewDecision, RevocationReason, Visibility
from app.foundation.db import Base, where


class StatusList(Base):
    """One published list. `revision` counts its changes; `published_revision` is the one that was signed last."""

    __tablename__ = "status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(default=1)
    published_revision: Mapped[int] = mapped_column(default=0)
    signed_document: Mapped[str | None] = mapped_column(Text)
    signed_jwt: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]

    def is_current(self, *, with_jwt: bool) -> bool:
        """Whether what is published holds the latest change, as a JWT too where one can be made."""
        is_signed = self.signed_document is not None and (self.signed_jwt is not None or not with_jwt)
        return is_signed and self.published_revision == self.revision

    def change(self) -> int:
        """Note that the list must be signed again; the number of the change."""
        self.revision += 1
        return self.revision

    def publish(self, signed_document: str, signed_jwt: str | None, *, at: datetime) -> None:
        """Keep the signed list that holds every change up to now."""
        self.signed_document, self.signed_jwt = signed_document, signed_jwt
        self.published_revision, self.published_at = self.revision, at


class IssuerKey(Base):
    """A public key. A retired one stays published for what it signed; a compromised one is published no more."""

    __tablename__ = "issuer_key"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    algorithm: Mapped[str]
    public_bytes: Mapped[bytes] = mapped_column(LargeBinary)
    activated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    compromised_at: Mapped[datetime | None]
    compromised_since: Mapped[datetime | None]

    @property
    def may_sign(self) -> bool:
        """Whether new signatures of this key are released."""
        return self.retired_at is None and self.compromised_at is None

    def retire(self, *, at: datetime) -> None:
        """Sign nothing more; what it signed goes on verifying."""
        self.retired_at = self.retired_at or at

    def declare_compromised(self, since: datetime, *, at: datetime) -> None:
        """Publish it no more: whatever bears its signature proves nothing. The first declaration stands."""
        self.compromised_at, self.compromised_since = at, since


class ErasedCredential(Base):
    """What stays of a credential whose holder erased their data: its entry of the status list, dates and status."""

    __tablename__ = "erased_credential"
    __table_args__ = (UniqueConstraint("status_list", "status_index"),)

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    status_index: Mapped[int]
    is_specimen: Mapped[bool]
    was_shown: Mapped[bool]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[RevocationReason | None]
    erased_at: Mapped[datetime]


class UntoldScores(Base):
    """How many scores of erased people a month had that the public log has still to tell; deleted once it is told."""

    __tablename__ = "untold_scores"

    skill: Mapped[str] = mapped_column(primary_key=True)
    norm_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)  # 2026-12
    eligible: Mapped[int]
    above: Mapped[int]


class Credential(Base):
    """One credential: reserved with its code, status entry and exact document, then signed once, never edited."""

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("status_list", "status_index"),
        Index(  # one that was moved to the right account stays, revoked, beside the one that stands
            "uq_credential_standing", "sitting_id", unique=True, **where("revoked_at IS NULL")
        ),
        Index("ix_credential_person_skill", "person_id", "skill"),  # one of skill alone is chosen, and reads all of it
        CheckConstraint("(state = 'issued') = (signed_document IS NOT NULL)", name="signed_when_issued"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), unique=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    skill: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    subject_id: Mapped[UUID] = mapped_column(unique=True)
    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    status_index: Mapped[int]
    is_specimen: Mapped[bool]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    display: Mapped[dict[str, Any]]
    unsigned_document: Mapped[str] = mapped_column(Text)
    signed_document: Mapped[str | None] = mapped_column(Text)
    key_id: Mapped[str | None] = mapped_column(ForeignKey("issuer_key.key_id"))
    signed_jwt: Mapped[str | None] = mapped_column(Text)
    jwt_key_id: Mapped[str | None] = mapped_column(ForeignKey("issuer_key.key_id"))
    state: Mapped[CredentialState] = mapped_column(default=CredentialState.RESERVED)
    reserved_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[RevocationReason | None]
    reversed_at: Mapped[datetime | None]  # when two people last found that it should not have been revoked
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.PRIVATE)
    shown_name: Mapped[str | None]
    hidden_at: Mapped[datetime | None]  # while its holder is restricted, where the policy says so
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("credential.id"), index=True)

    @property
    def is_issued(self) -> bool:
        """Whether it was signed."""
        return self.state is CredentialState.ISSUED

    def issue(self, signed_document: str, *, key_id: str, at: datetime) -> None:
        """Keep the signed document. A revoked reservation is never signed afterwards."""
        self.require_not_revoked()
        self.signed_document, self.key_id, self.issued_at = signed_document, key_id, at
        self.state = CredentialState.ISSUED

    def keep_jwt(self, signed_jwt: str, *, key_id: str) -> None:
        """Keep the same facts as a JWT."""
        self.signed_jwt, self.jwt_key_id = signed_jwt, key_id

    def reissue(
        self,
        unsigned_document: str,
        signed_document: str,
        signed_jwt: str | None,
        *,
        key_id: str,
        jwt_key_id: str | None,
        entry: tuple[int, int],
    ) -> None:
        """The same facts under the same code, with another key and another status entry."""
        self.unsigned_document, self.signed_document, self.signed_jwt = unsigned_document, signed_document, signed_jwt
        self.key_id, self.jwt_key_id = key_id, jwt_key_id
        self.status_list, self.status_index = entry

    def suspend(self, *, at: datetime) -> None:
        """Under review: the page says so, and nothing else."""
        self.suspended_at = self.suspended_at or at

    def reinstate(self) -> None:
        """The review is over, and it stands."""
        self.suspended_at = None

    def revoke(self, reason: RevocationReason, *, at: datetime) -> None:
        """Take it back for good; the first revocation stands."""
        self.revoked_at, self.revocation_reason = at, reason

    def reverse_revocation(self, *, at: datetime) -> None:
        """It stands again, with the term it always had."""
        self.revoked_at = self.revocation_reason = None
        self.reversed_at = at

    def require_not_revoked(self) -> None:
        """Raise `CredentialRevoked` once it was taken back."""
        if self.revoked_at is not None:
            raise CredentialRevoked(self.id)

    def show(self, visibility: Visibility, shown_name: str | None) -> None:
        """Open or hide the page, with the name the holder chooses, or none."""
        self.visibility = visibility
        self.shown_name = shown_name if visibility is not Visibility.PRIVATE else None


class WithdrawnSignature(Base):
    """What a compromised key had signed for a credential that was issued anew: its status entry stays set for ever."""

    __tablename__ = "withdrawn_signature"

    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"), primary_key=True, autoincrement=False)
    status_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    credential_id: Mapped[UUID | None] = mapped_column(ForeignKey("credential.id"), index=True)  # None once erased
    key_id: Mapped[str] = mapped_column(ForeignKey("issuer_key.key_id"))
    withdrawn_at: Mapped[datetime]


class CredentialReview(Base):
    """A credential that a person must look at: the record dates its issue after its key was in other hands.

    `carried_out_at` is when the decision took effect: at once where it was left withdrawn, else once it is signed anew.
    """

    __tablename__ = "credential_review"
    __table_args__ = (
        UniqueConstraint("credential_id", "key_id"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_with_decision"),
        CheckConstraint("decision IS NULL OR decision <> 'revoke' OR reason IS NOT NULL", name="withdrawn_with_reason"),
        CheckConstraint("carried_out_at IS NULL OR decided_at IS NOT NULL", name="decided_before_carried_out"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"))
    key_id: Mapped[str] = mapped_column(ForeignKey("issuer_key.key_id"))
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None where the command line decided
    decision: Mapped[ReviewDecision | None]
    reason: Mapped[str | None] = mapped_column(Text)
    carried_out_at: Mapped[datetime | None]

    def decide(self, decision: ReviewDecision, reason: str | None, *, by: UUID | None, at: datetime) -> None:
        """Close it; the first decision stands."""
        if self.decided_at is not None:
            raise ReviewDecided(self.id)
        self.decision, self.reason, self.decided_by, self.decided_at = decision, reason, by, at

    def reopen(self) -> None:
        """What it was decided on did not hold any more when it was to be signed."""
        self.decision = self.reason = self.decided_by = self.decided_at = None


class ExpiryReminder(Base):
    """One reminder that was due: the row is what makes it once. `days` is how long before the end it fell due."""

    __tablename__ = "expiry_reminder"

    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"), primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class ReminderOptOut(Base):
    """Somebody who wants no reminders."""

    __tablename__ = "reminder_opt_out"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    since_at: Mapped[datetime]
