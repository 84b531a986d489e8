"""What everybody may read of why a certificate was revoked: one phrase for each class, for its page and for letters."""

from __future__ import annotations

from app.credentials.states import RevocationReason

_CLASSES = {
    "en": {
        RevocationReason.HOLDER_REQUEST: "at the holder's request",
        RevocationReason.ISSUED_IN_ERROR: "it was issued in error",
        RevocationReason.REPLACED: "it was replaced by another",
        RevocationReason.KEY_COMPROMISED: "the key that signed it can no longer be trusted",
        RevocationReason.MISCONDUCT: "the rules of the assessment were broken",
        RevocationReason.ADMINISTRATIVE: "for an administrative reason",
    },
    "fr": {
        RevocationReason.HOLDER_REQUEST: "à la demande du titulaire",
        RevocationReason.ISSUED_IN_ERROR: "il a été délivré par erreur",
        RevocationReason.REPLACED: "il a été remplacé par un autre",
        RevocationReason.KEY_COMPROMISED: "la clé qui l’a signé n’est plus digne de confiance",
        RevocationReason.MISCONDUCT: "les règles de l’évaluation ont été enfreintes",
        RevocationReason.ADMINISTRATIVE: "pour une raison administrative",
    },
}


def public_class(reason: str | None, language: str) -> str:
    """The phrase; nothing where it is not revoked."""
    return _CLASSES[language][RevocationReason(reason)] if reason else ""
