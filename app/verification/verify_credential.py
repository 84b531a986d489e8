"""Use case: is this credential good? By its code, from the register; or a signed document that somebody hands over.

Both look at what a stranger can see: the signature under a published key, the signed status list, the term. The
register adds what it alone knows at once: a revocation that is not in the published list yet, a suspension.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.credentials import codes, jwt, open_badge, proof, queries, validity
from app.credentials.basis import Basis, basis_of, with_texts_of
from app.credentials.errors import CredentialErased, CredentialNotFound, ProofInvalid, TypingError
from app.credentials.log_events import issue_subjects
from app.credentials.policy import CredentialPolicy
from app.credentials.queries import CredentialView
from app.credentials.register_line import RegisterLine, line_of_code
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.transparency import queries as log
from app.transparency.queries import Place
from app.verification.findings import (
    is_listed_as_revoked,
    is_token,
    key_is_compromised,
    signature_holds,
    token_holds,
)
from app.verification.remembered import Remembered
from app.verification.verdict import Checks, Judgement, Reason, Verdict, judge, next_turn

ALTERED = Judgement(Verdict.ALTERED, (Reason.SIGNATURE_BROKEN,))


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict, and when it was reached."""

    judgement: Judgement
    checked_at: datetime

    @property
    def verdict(self) -> Verdict:
        """The verdict alone."""
        return self.judgement.verdict


@dataclass(frozen=True, slots=True)
class DocumentVerification(Verification):
    """The same, on a document that was handed over; None where none could be read."""

    document: Mapping[str, Any] | None
    credential: CredentialView | None = None
    """What the register holds under its code, where it issued just this document."""
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CertificateVerification(Verification):
    """The same for a credential of our register, with what the page prints beside the signed facts."""

    credential: CredentialView
    facts: dict[str, str] = field(default_factory=dict)
    """The figures that the signed document states; of one that was altered, none is repeated."""
    token: str | None = None
    """The same facts as a JWT, if there is one and it was just found to hold and to say the same."""
    newer: str | None = None
    """Code of the credential that renewed it, where its holder shows that one too."""
    log_place: Place | None = None
    """Where it stands in the public log; None until the next checkpoint, and for what is older than the log."""
    shown_sha256: str = ""
    """Of the verdict and of everything a page shows, but for the log and the time of the check."""

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The signed document, read anew: remembered, each would take 21 kB more."""
        return _readable(self.credential.signed_document or "")


_remembered: Remembered[CertificateVerification] = Remembered()


def verify_credential(code: str, *, session: Session, clock: Clock, with_token: bool = True) -> CertificateVerification:
    """What holds of the credential under this exact code; without the JWT, two fifths of the work are spared.

    Raises
    ------
    CredentialNotFound
        Alike where there is no such code and where the holder shows nothing under it.
    CredentialErased
        The holder had shown it, and has erased their data since.
    """
    at = clock.now()
    rests_on = basis_of(code, at=at, connection=session.connection()) if with_token else None
    if rests_on is not None:
        known = _remembered.unchanged(code, rests_on, at=at, bind=session.get_bind())
        if known is not None:
            place = known.log_place or _log_place(known.credential, session=session)
            return replace(known, checked_at=at, log_place=place)
    is_missing = with_token and rests_on is None
    found = None if is_missing else queries.shown_credential_of_code(code, session=session)
    if found is None:
        raise _nothing_shown(code, session=session, at=at)
    if rests_on is not None:
        found = with_texts_of(rests_on, found)
    policy = queries.policy(session=session, at=at)
    verification = verification_of(found, policy, session=session, at=at, with_token=with_token)
    if rests_on is not None and basis_of(code, at=at, connection=session.connection()) == rests_on:
        _remember(code, rests_on, verification, policy, session=session)
    return verification


def is_unchanged(found: CertificateVerification, *, database: Database, clock: Clock) -> bool:
    """Whether whoever looks now would be shown just this, to the minute of the check: one read, two before the log."""
    at = clock.now()
    if at.replace(second=0, microsecond=0) != found.checked_at.replace(second=0, microsecond=0):
        return False
    return _is_remembered(found, database=database, at=at) and not _came_into_the_log(found, database=database)


def _is_remembered(found: CertificateVerification, *, database: Database, at: datetime) -> bool:
    code = found.credential.code
    with database.looking() as connection:
        rests_on = basis_of(code, at=at, connection=connection)
        known = rests_on and _remembered.unchanged(code, rests_on, at=at, bind=connection.engine)
    return isinstance(known, CertificateVerification) and known.shown_sha256 == found.shown_sha256


def _came_into_the_log(found: CertificateVerification, *, database: Database) -> bool:
    if found.log_place is not None:
        return False
    with database.reading() as session:
        return _log_place(found.credential, session=session) is not None


def _remember(
    code: str, rests_on: Basis, found: CertificateVerification, policy: CredentialPolicy, *, session: Session
) -> None:
    """Keep it. What it rests on was the same before and after the check, so nothing in between is kept under it."""
    row = found.credential
    until = next_turn(
        row.valid_from,
        row.valid_until,
        at=found.checked_at,
        start_skew_seconds=policy.start_skew_seconds,
        renewal_window_days=policy.renewal_window_days,
    )
    _remembered.keep(code, rests_on, found, at=found.checked_at, until=until, bind=session.get_bind())


def verification_of(
    found: CredentialView, policy: CredentialPolicy, *, session: Session, at: datetime, with_token: bool = True
) -> CertificateVerification:
    """What holds of a credential of the register, for whoever may see it."""
    text = found.signed_document or ""
    document = _readable(text)
    if document is None or not _is_document_of(found, document):
        return _fingerprinted(CertificateVerification(ALTERED, at, found))
    newer = queries.successor(found.id, session=session)
    is_superseded = newer is not None
    holds = _holds(text, session=session)
    judgement = _judgement(
        text, document, found, holds=holds, policy=policy, is_superseded=is_superseded, session=session, at=at
    )
    says_the_same = with_token and _says_the_same(found.signed_jwt, document, session=session)
    token = found.signed_jwt if says_the_same else None
    shown = newer.code if newer is not None and newer.is_shown else None
    place = _log_place(found, session=session)
    told = open_badge.told_facts(document) if judgement.verdict is not Verdict.ALTERED else {}
    return _fingerprinted(CertificateVerification(judgement, at, found, told, token, shown, place))


def _fingerprinted(found: CertificateVerification) -> CertificateVerification:
    """Hashed once with the check: pages ask for it at every look, and the texts are long."""
    row = found.credential
    shown = (
        found.judgement,
        found.newer,
        row.signed_document,
        row.signed_jwt,
        row.display,
        row.shown_name,
        row.visibility,
        row.revoked_at,
        row.revocation_reason,
        row.suspended_at,
        found.token is not None,
    )
    return replace(found, shown_sha256=hashlib.sha256(repr(shown).encode()).hexdigest())


def _log_place(found: CredentialView, *, session: Session) -> Place | None:
    subjects = issue_subjects(found.id, found.status_list, found.status_index)
    return log.place_of(subjects, session=session)


def _nothing_shown(code: str, *, session: Session, at: datetime) -> CredentialNotFound | CredentialErased:
    """The register's line is looked for under private codes too, so that they take no less time than unknown ones."""
    line = line_of_code(code, session=session)
    if line is None or not line.was_shown:
        return CredentialNotFound()
    ends_at = min(line.valid_until, line.revoked_at or line.valid_until)
    return CredentialErased(line.valid_from, ends_at, is_over=ends_at <= at)


def verify_document(text: str, *, session: Session, clock: Clock) -> DocumentVerification:
    """What holds of a signed document, or of a JWT, as it was handed over.

    The register is asked where our signature holds, and only there: else anybody could write a code into a file of
    their own and learn of a closed certificate whether it was revoked.
    """
    now = clock.now()
    document, holds = _readable(text), _holds(text, session=session)
    if document is None or not holds:
        return DocumentVerification(_judgement_of_another_s(text, holds, session=session), now, None)
    found, line = _registered(document, session=session)
    is_as_issued = _is_as_issued(document, found, line)
    judgement = _judgement(
        text,
        document,
        found,
        holds=holds,
        line=line,
        policy=queries.policy(session=session, at=now),
        is_as_issued=is_as_issued,
        is_superseded=found is not None and queries.successor(found.id, session=session) is not None,
        session=session,
        at=now,
    )
    known = (found or line) if is_as_issued else None
    revoked_at = known.revoked_at if known is not None else None
    return DocumentVerification(judgement, now, document, found if is_as_issued else None, revoked_at)


def _judgement_of_another_s(text: str, holds: bool | None, *, session: Session) -> Judgement:
    """On what we did not sign, or not in the form that ours have: nothing that it says of itself counts."""
    if holds is False:
        return ALTERED
    if holds:
        return Judgement(Verdict.UNKNOWN, (Reason.NOT_AS_ISSUED,))
    is_stolen = key_is_compromised(text, session=session)
    return Judgement(Verdict.UNKNOWN, (Reason.KEY_COMPROMISED if is_stolen else Reason.KEY_UNKNOWN,))


def _is_as_issued(document: Mapping[str, Any], found: CredentialView | None, line: RegisterLine | None) -> bool:
    """Whether this is what was issued under its code: our signature alone may have been had outside the flow.

    Of what an erased holder had, the register keeps the line alone, and nothing is left to compare with.
    """
    if found is None:
        return line is not None
    return _without_proof(document) == _without_proof(_readable(found.signed_document or "") or {})


def _without_proof(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def _judgement(
    text: str,
    document: Mapping[str, Any],
    found: CredentialView | None,
    *,
    holds: bool | None,
    line: RegisterLine | None = None,
    policy: CredentialPolicy,
    is_superseded: bool,
    is_as_issued: bool = True,
    session: Session,
    at: datetime,
) -> Judgement:
    listed = is_listed_as_revoked(document, session=session) if holds else None
    is_suspended = found is not None and found.suspended_at is not None
    known = found or line
    if known is not None and known.revoked_at is not None:
        listed = True  # at once, before the next list
    elif is_suspended:
        listed = False  # its entry may be set while a person looks at it: the key of one of its signatures was stolen
    checks = Checks(
        signature_holds=holds,
        is_revoked=listed,
        is_suspended=is_suspended,
        is_specimen=open_badge.SPECIMEN_MARK in document["name"] or (known is not None and known.is_specimen),
        valid_from=validity.from_text(document["validFrom"]),
        valid_until=validity.from_text(document["validUntil"]),
        is_as_issued=is_as_issued,
        is_key_compromised=holds is None and key_is_compromised(text, session=session),
        is_superseded=is_superseded,
    )
    return judge(
        checks,
        at=at,
        start_skew_seconds=policy.start_skew_seconds,
        renewal_window_days=policy.renewal_window_days,
    )


def _holds(text: str, *, session: Session) -> bool | None:
    return (token_holds if is_token(text) else signature_holds)(text, session=session)


def _readable(text: str) -> dict[str, Any] | None:
    """The document, if it has at least the form of a signed credential; otherwise it was altered."""
    try:
        document = _parsed(text)
        validity.from_text(document["validFrom"])
        validity.from_text(document["validUntil"])
        texts = (document["id"], document["name"], document["issuer"]["id"])
        status = document["credentialStatus"]
        int(status["statusListIndex"])
        readable = all(isinstance(one, str) for one in (*texts, status["statusListCredential"]))
    except (ProofInvalid, KeyError, TypeError, ValueError):
        return None
    return document if readable else None


def _parsed(text: str) -> dict[str, Any]:
    if is_token(text):
        return jwt.document_of(text)
    document = proof.parse(text)
    proof.split(document)
    return document


def _says_the_same(token: str | None, document: Mapping[str, Any], *, session: Session) -> bool:
    """Whether a published key signed this token, and for the facts of this document."""
    if token is None or not token_holds(token, session=session):
        return False
    return jwt.document_of(token) == _without_proof(document)


def _is_document_of(found: CredentialView, document: Mapping[str, Any]) -> bool:
    """Whether the stored document is the one reserved under this code: rows must not be exchanged unnoticed."""
    return bool(
        document["id"].endswith(f"/c/{found.code}")
        and document["validFrom"] == validity.to_text(found.valid_from)
        and document["validUntil"] == validity.to_text(found.valid_until)
        and document["credentialStatus"]["id"].endswith(f"/status/{found.status_list}#{found.status_index}")
    )


def _registered(document: Mapping[str, Any], *, session: Session) -> tuple[CredentialView | None, RegisterLine | None]:
    """What the register holds under its code, or of an erased holder's the line that is left; None for neither."""
    try:
        code = codes.read_code(document["id"])
    except TypingError:
        return None, None
    found = queries.credential_of_code(code, session=session)
    return found, line_of_code(code, session=session) if found is None else None
