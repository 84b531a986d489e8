"""Named refusals of this context."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from app.credentials import validity
from app.foundation.errors import Conflict, Gone, Invalid, NotFound, Refused, Unavailable


class TypingError(Invalid):
    """A typed code that cannot be one of ours: wrong length, a foreign character or a wrong check character."""

    code = "code-typing-error"

    def __init__(self) -> None:
        super().__init__(
            "This is no code of a certificate: one has 17 letters and digits that fit together. Compare it with the "
            "certificate, character by character, and type it again."
        )


class CredentialErased(Gone):
    """The holder erased their data; the register knows dates and status alone."""

    code = "credential-erased"

    def __init__(self, valid_from: datetime, ends_at: datetime, *, is_over: bool) -> None:
        self.valid_from, self.ends_at, self.is_over = valid_from, ends_at, is_over
        verb = "ended" if is_over else "runs until"
        super().__init__(
            f"The holder erased their data. This number was issued on {valid_from:%Y-%m-%d} "
            f"and {verb} {'on ' if is_over else ''}{ends_at:%Y-%m-%d}."
        )

    def members(self) -> dict[str, Any]:
        """When it was issued and ends, and whether that day has come."""
        begin, end = validity.to_text(self.valid_from), validity.to_text(self.ends_at)
        return {"valid_from": begin, "ends_at": end, "is_over": self.is_over}


class DocumentRefused(Invalid):
    """A document that must not be signed, or does not hold what it must."""

    code = "document-refused"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"The document is refused at {place}: {reason}. Nothing was signed.")


class ProofInvalid(Invalid):
    """The signature does not belong to this content under this key."""

    code = "proof-invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The proof does not hold: {reason}. Ask the holder for the original document.")


class StatusListInvalid(Invalid):
    """A status list that cannot be read; whoever needed it knows nothing, and must not answer `valid`."""

    code = "status-list-invalid"
    signed_list: str | None = None  # the text itself, where several were given

    def __init__(self, reason: str) -> None:
        super().__init__(f"The status list cannot be read: {reason}. Publish it again.")


class ListOfUnknownKey(Invalid):
    """A status list signed by a key that nothing here vouches for: a newer one of ours, or somebody else's."""

    code = "status-list-of-unknown-key"
    signed_list: str | None = None  # the text itself, where several were given

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"A status list is signed by {key_id}, which the backup does not know, or knows as compromised. If it was "
            "published after the backup, restore with `--log FOLDER`, a copy of the log that tells of it, and with the "
            "issuer's DID document in that folder as did.json. `decile log copy` writes both; where a former release "
            "wrote the copy, save there what a cache or a verifier kept of /.well-known/did.json. Else leave the list "
            "out: it is not ours."
        )


class CopiedKeysUnreadable(Invalid):
    """The file of our public keys is torn, or is none."""

    code = "copied-keys-unreadable"

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} cannot be used: it is no DID document of this issuer. Take another copy, from whoever keeps one."
        )


class CarrierUnreadable(Invalid):
    """A picture or paper whose inside cannot be read, or says more than one thing."""

    code = "carrier-unreadable"

    def __init__(self) -> None:
        super().__init__(
            "The file is damaged, or carries more than one credential. Ask the holder for the original file."
        )


class CarrierMissing(NotFound):
    """A credential from before there was a key for JWTs."""

    code = "carrier-missing"

    def __init__(self) -> None:
        super().__init__("This certificate was never signed as a JWT. Take the signed document, with .json instead.")


class CredentialNotFound(NotFound):
    """No such credential, or not one the asker may know of."""

    code = "credential-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such credential, or it is not shown to you. Check the code or the address.")


class AwardUnearned(Conflict):
    """The award, or the text about to be signed, does not follow from what is stored."""

    code = "award-unearned"

    def __init__(self, award_id: UUID, objections: Sequence[str]) -> None:
        super().__init__(
            f"Award {award_id} does not follow from what is stored ({', '.join(objections)}), so nothing is signed. "
            "Somebody wrote past the program; see `decile runbook records_altered`."
        )


class AwardWithdrawn(Conflict):
    """The award was taken back before a credential existed."""

    code = "award-withdrawn"

    def __init__(self, award_id: UUID) -> None:
        super().__init__(f"Award {award_id} was withdrawn, so no credential is made from it.")


class CredentialRevoked(Conflict):
    """A revoked credential is neither issued nor shown again; a new one needs a new award."""

    code = "credential-revoked"

    def __init__(self, credential_id: UUID) -> None:
        super().__init__(f"Credential {credential_id} is revoked. A new credential needs a new sitting and award.")


class NotReversible(Conflict):
    """A revocation that is not reversed this way. Each cause is a kind of its own, so that pages can name it."""

    code = "revocation-not-reversible"
    because: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(
            f"The revocation is not reversed, because of this: {self.because}. What was issued in error, for "
            "misconduct or to put the register right can be; nothing was changed."
        )


class NotRevoked(NotReversible):
    """There is no revocation to reverse."""

    code = "not-revoked"
    because = "it is not revoked"


class RevokedForGood(NotReversible):
    """Its holder asked for the revocation, another credential took its place, or its key was in other hands."""

    code = "revoked-for-good"
    because = "of the reason it was revoked for"


class RevokedOfLostKey(NotReversible):
    """Its signature proves nothing any more, whoever earned it."""

    code = "revoked-of-lost-key"
    because = "the key that signed it was in other hands since"


class NotReinstatable(Conflict):
    """A suspension that is not there, or not ended this way."""

    code = "credential-not-reinstatable"

    def __init__(self, because: str) -> None:
        super().__init__(
            f"The certificate does not stand again this way, because of this: {because}. `decile credential reviews` "
            "lists what waits after a key was in other hands. Nothing was changed."
        )


class ChangedMeanwhile(Unavailable):
    """Somebody else changed what a credential rests on while it was written or signed; the job tries again."""

    code = "changed-meanwhile"

    def __init__(self, what: str, found_id: UUID) -> None:
        super().__init__(
            f"The {what} {found_id} was changed by somebody else a moment ago, so what was made of it is thrown away. "
            "The job tries again by itself with what stands then."
        )


class EntryTaken(Unavailable):
    """Two reservations drew one entry of a status list at the same moment; the job tries again."""

    code = "entry-taken"

    def __init__(self, number: int, index: int) -> None:
        super().__init__(
            f"Entry {index} of status list {number} was taken by another reservation a moment ago. The job tries again "
            "by itself and draws another one."
        )


class KeyNotPublished(Unavailable):
    """What is signed with a key that is not published and in use would be rejected everywhere."""

    code = "key-not-published"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"Key {key_id} is not among the published keys in use, so nothing was signed with it. Start the worker "
            "over the one directory that holds the keys in use; `decile keys list` names them."
        )


class KeyStoreRefused(Refused):
    """The key store would be overwritten, cannot be opened, or is not the one in use."""

    code = "key-store-refused"


class TokenUnavailable(Unavailable):
    """The device with the keys did not do what it was asked; the job tries again."""

    code = "token-unavailable"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The device that holds the signing keys does not answer ({kind}). It is tried again; see that it is "
            "plugged in and that its daemon runs."
        )


class StatusListMissing(Unavailable):
    """The list is reserved but not yet signed by the worker."""

    code = "status-list-missing"

    def __init__(self, number: int) -> None:
        super().__init__(f"Status list {number} is not published yet. Start the worker, or try again in a minute.")


class NameRefused(Invalid):
    """A name that cannot be printed on one line."""

    code = "name-refused"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Use at most {longest} characters, without invisible control characters. Retype it.")


class StatusListNotFound(NotFound):
    """No credential of ours points to a list of this number."""

    code = "status-list-not-found"

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no status list {number}. Take the address from the credential itself.")


class VisibilityUnknown(Invalid):
    """A word that is none of the three visibilities."""

    code = "visibility-unknown"

    def __init__(self, known: str) -> None:
        super().__init__(f"A page can be {known}. Choose one of them.")


class KeyNotFound(NotFound):
    """No key of this id was ever published."""

    code = "key-not-found"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no published key {key_id}. `decile keys list` shows their whole ids.")


class CompromiseInFuture(Invalid):
    """A key cannot be known to fall into other hands later."""

    code = "compromise-in-future"

    def __init__(self) -> None:
        super().__init__("The compromise lies in the future. Give the instant, in UTC, before which you trust the key.")


class ReviewNotFound(NotFound):
    """Nothing about this credential waits for a decision."""

    code = "review-not-found"

    def __init__(self) -> None:
        super().__init__("No review of this credential is open. `decile credential reviews` lists those that are.")


class ReviewDecided(Conflict):
    """A review is decided once."""

    code = "review-decided"

    def __init__(self, review_id: UUID) -> None:
        super().__init__(f"Review {review_id} was decided before, and that decision stands.")


class OwnCertificate(Refused):
    """A reviewer came to their own certificate."""

    code = "own-certificate"

    def __init__(self) -> None:
        super().__init__("This certificate is your own, so another reviewer decides about it.")


class RevokedAlready(Conflict):
    """Somebody would issue anew what is revoked."""

    code = "revoked-already"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Certificate {code} is revoked, and that is for good: it is not issued anew. Leave it withdrawn, with a "
            "reason, and nothing of it waits any more."
        )


class EvidenceFails(Conflict):
    """Somebody would issue anew what the database does not bear out."""

    code = "evidence-fails"

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Certificate {code} does not follow from what is stored, so it is not issued anew. "
            "Its page on the desk says why; it may be left withdrawn, with a reason."
        )


class ReviewIncomplete(Invalid):
    """A decision without its kind, or without a reason where one is due."""

    code = "review-incomplete"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"Nothing was decided: {field} is missing or too long.")


class ReferenceNeeded(Invalid):
    """A suspension nobody could explain later, or one explained in the record, which nobody can erase."""

    code = "reference-needed"

    def __init__(self) -> None:
        super().__init__(
            "Give the number of your file in which the reason stands, such as 2026-114: letters, digits, / . _ and -, "
            "one digit at least, 40 characters at most. The record is kept for ever, so it takes no words."
        )
