"""People, what they consented to, what they may do, and how they are signed in. No secret stands here in the clear."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, where


class Person(Base):
    """One mailbox, one person. Known before joining only if an operator granted a role or made a link."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_merged_into", "merged_into_id", **where("merged_into_id IS NOT NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)  # normalised: see rules.normalise_email
    display_name: Mapped[str | None]
    language: Mapped[str]
    known_since_at: Mapped[datetime]
    adult_confirmed_at: Mapped[datetime | None]  # None: has not joined
    lineage_id: Mapped[UUID | None]  # has had an account before: see lineage.py
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # see merging.py
    merged_at: Mapped[datetime | None]

    @property
    def has_joined(self) -> bool:
        """Whether the person has confirmed being an adult, without which nobody is let in."""
        return self.adult_confirmed_at is not None

    def join(self, *, language: str, at: datetime) -> None:
        """Take the person in."""
        self.language = language
        self.adult_confirmed_at = at


class PersonRestriction(Base):
    """Since when and why a person's data is only kept. Lifted, it stays as a record; at most one stands."""

    __tablename__ = "person_restriction"
    __table_args__ = (Index("uq_person_restriction_standing", "person_id", unique=True, **where("lifted_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    cause: Mapped[str]
    reason: Mapped[str]
    restricted_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_reason: Mapped[str | None]


class ErasedAddress(Base):
    """The keyed hash of an erased account's address, until no wait or limit needs it."""

    __tablename__ = "erased_address"

    subject: Mapped[str] = mapped_column(primary_key=True)
    lineage_id: Mapped[UUID] = mapped_column(index=True)  # of several addresses where their accounts were merged
    kept_until_at: Mapped[datetime] = mapped_column(index=True)


class RoleGrant(Base):
    """A role a person holds. Its history is in the audit record."""

    __tablename__ = "role_grant"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime]


class SignInRequest(Base):
    """Somebody asked to be let in by e-mail. Link and code are computed from the id and our keys, never stored.

    The unique index admits one open request per address and interval, so that asking twice sends one mail.
    """

    __tablename__ = "sign_in_request"
    __table_args__ = (
        Index("uq_sign_in_request_open", "email", "mail_slot", unique=True, **where("consumed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    language: Mapped[str]
    return_path: Mapped[str]
    mail_slot: Mapped[int | None] = mapped_column(BigInteger)  # None: an operator's link, not mailed by us
    asked_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    is_mailed: Mapped[bool]  # False past the hourly limits of an address: the page looks the same, no message goes out
    asked_from: Mapped[str | None]  # in whose share the mail is counted: a keyed hash, see mail_shares.py
    wrong_codes: Mapped[int] = mapped_column(default=0)
    consumed_at: Mapped[datetime | None]  # the address is proven; link and code are spent
    closed_at: Mapped[datetime | None]  # a sign-in has come of it
    browser_session_id: Mapped[UUID | None]  # whose link for another device it is; that sign-in may have ended


class GuessCount(Base):
    """Wrong guesses at one address's or person's codes on one day. The subject is a keyed hash or an id."""

    __tablename__ = "guess_count"

    subject: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    guessed_on: Mapped[date] = mapped_column(primary_key=True)
    guesses: Mapped[int] = mapped_column(default=0)


class BrowserSession(Base):
    """One browser signed in. Deleting the row ends it at once, whatever cookie is still about."""

    __tablename__ = "browser_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    device: Mapped[str]
    opened_at: Mapped[datetime]
    used_at: Mapped[datetime]
    idle_until_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    proven_at: Mapped[datetime | None]  # None: at its opening; before, where another sign-in let it in

    @property
    def signed_in_at(self) -> datetime:
        """When the person proved who they are, in this browser or in the one that let it in."""
        return self.proven_at or self.opened_at

    def is_open(self, *, at: datetime) -> bool:
        """Whether neither its end nor its idle limit has come."""
        return min(self.idle_until_at, self.expires_at) > at


class ApiToken(Base):
    """A program's key to part of what its person may do. Deleting the row ends it at once."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    scopes: Mapped[list[Any]]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SecondFactor(Base):
    """An authenticator app. `last_step` is the newest time step accepted, so that no code is accepted twice."""

    __tablename__ = "second_factor"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed_secret: Mapped[str]
    enrolled_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=-1)


class RecoveryCode(Base):
    """The hash of one recovery code. It opens once."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key pair of which we hold the public half. Made and used only where the device verified its owner."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)  # COSE, as the authenticator gave it
    sign_count: Mapped[int] = mapped_column(BigInteger)  # 0 for ever where the authenticator does not count
    transports: Mapped[list[str]]
    label: Mapped[str]
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]  # its counter went backwards: somebody may hold a copy


class PasskeyChallenge(Base):
    """The hash of a challenge that has not been answered. The challenge itself is with the browser that asked for it.

    Deleting the row spends it, so that of any number of answers one counts.
    """

    __tablename__ = "passkey_challenge"

    challenge_hash: Mapped[str] = mapped_column(primary_key=True)
    ceremony: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)  # None: nobody is signed in
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Consent(Base):
    """One consent to one version of one text. Withdrawn, it stays as a record of what once stood."""

    __tablename__ = "consent"
    __table_args__ = (Index("uq_consent_standing", "person_id", "kind", unique=True, **where("withdrawn_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    version: Mapped[int]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Letter(Base):
    """The words of one message to a person, under the key by which its mail is known."""

    __tablename__ = "letter"

    key: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    language: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(index=True)


class SecondAddress(Base):
    """Another mailbox of a person's: copies of letters go there once somebody who reads it has said so."""

    __tablename__ = "second_address"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    email: Mapped[str]
    named_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]
