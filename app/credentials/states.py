"""Words a credential's row may hold: how far it is, who may see it, why it was taken back."""

from __future__ import annotations

from enum import StrEnum

from app.credentials.errors import VisibilityUnknown


class CredentialState(StrEnum):
    """A row is written before anything is signed; only an issued credential is ever shown."""

    RESERVED = "reserved"
    ISSUED = "issued"


class Visibility(StrEnum):
    """Who may see the page: nobody, whoever has the link, everybody and search engines too."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


class RevocationReason(StrEnum):
    """Public classes of reasons; the case itself stays in the audit record."""

    HOLDER_REQUEST = "holder-request"
    ISSUED_IN_ERROR = "issued-in-error"
    REPLACED = "replaced"
    KEY_COMPROMISED = "key-compromised"
    MISCONDUCT = "misconduct"
    ADMINISTRATIVE = "administrative"


class ReviewDecision(StrEnum):
    """What becomes of a credential that was issued after its key was in other hands."""

    REISSUE = "reissue"
    REVOKE = "revoke"


def read_visibility(word: str) -> Visibility:
    """Read a visibility from a form.

    Raises
    ------
    VisibilityUnknown
    """
    try:
        return Visibility(word)
    except ValueError:
        raise VisibilityUnknown(", ".join(Visibility)) from None
