"""Signed tokens for links in e-mails: SHA-256, one salt per purpose, a list of keys with the newest first."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from app.foundation.errors import Invalid


class LinkInvalid(Invalid):
    """The token was not made by us, for this purpose."""

    code = "link-invalid"

    def __init__(self) -> None:
        super().__init__("This link is not complete or not ours. Copy it whole from the message, or ask for a new one.")


class LinkExpired(Invalid):
    """The token is genuine and too old."""

    code = "link-expired"

    def __init__(self) -> None:
        super().__init__("This link has expired. Ask for a new one.")


class Links:
    """Makes and reads tokens; keys are rotated by putting a new one in front."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._keys[::-1],  # itsdangerous signs with the last of the list
            salt=f"decile.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def sign(self, purpose: str, payload: Any) -> str:
        """A URL-safe token holding `payload`, readable by anyone, made by us alone."""
        return self._serializer(purpose).dumps(payload)

    def read(self, purpose: str, token: str, *, max_age_seconds: int) -> Any:
        """The payload of a token made for this purpose.

        Raises
        ------
        LinkInvalid, LinkExpired
        """
        try:
            return self._serializer(purpose).loads(token, max_age=max_age_seconds)
        except SignatureExpired:
            raise LinkExpired from None
        except BadSignature:
            raise LinkInvalid from None

    def mac(self, purpose: str, text: str) -> str:
        """Keyed hash of `text` under the newest key, 64 hexadecimal digits."""
        return self.macs(purpose, text)[0]

    def macs(self, purpose: str, text: str) -> list[str]:
        """Keyed hashes of `text` under every key, newest first, so that a rotation breaks no comparison."""
        message = f"decile.{purpose}:{text}".encode()
        return [hmac.new(key.encode(), message, hashlib.sha256).hexdigest() for key in self._keys]
