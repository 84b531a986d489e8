"""The five facts of a document that a JWT repeats as registered claims (VC-JWT, Open Badges 3.0 section 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.credentials import validity

NAMES = ("iss", "jti", "sub", "nbf", "exp")


def claims_of(document: Mapping[str, Any]) -> dict[str, str | int]:
    """The claims for this document; instants in whole seconds since 1970, and no `exp` where it does not end."""
    issuer = document["issuer"]
    claims: dict[str, str | int] = {
        "iss": issuer["id"] if isinstance(issuer, Mapping) else issuer,
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": int(validity.from_text(document["validFrom"]).timestamp()),
    }
    if "validUntil" in document:
        claims["exp"] = int(validity.from_text(document["validUntil"]).timestamp())
    return claims
