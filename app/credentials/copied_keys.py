"""The issuer's public keys as a file: the DID document, as anyone may have kept it, for whoever checks copied lists.

It proves nothing by itself. The public log tells which keys there were, each by its hash, and so proves what is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from app.credentials import did, queries
from app.credentials.errors import CopiedKeysUnreadable
from app.foundation.whole_files import write_public

DID_DOCUMENT = "did.json"


@dataclass(frozen=True, slots=True)
class CopiedKey:
    """One public key that somebody says is ours."""

    key_id: str
    algorithm: str
    public_bytes: bytes

    @property
    def sha256(self) -> str:
        """As the public log tells of it."""
        return sha256(self.public_bytes).hexdigest()


def write_keys(folder: Path, *, base_url: str, session: Session) -> None:
    """Write the keys that are in use or retired below `folder`."""
    document = queries.did_document(base_url=base_url, session=session)
    write_public(folder / DID_DOCUMENT, json.dumps(document, indent=1).encode())


def read_keys(folder: Path) -> tuple[CopiedKey, ...]:
    """The keys below `folder`; none in a copy of a release that wrote none.

    Raises
    ------
    CopiedKeysUnreadable
    """
    file = folder / DID_DOCUMENT
    if not file.exists():
        return ()
    try:
        methods = json.loads(file.read_bytes())["verificationMethod"]
        return tuple(CopiedKey(str(one["id"]), *did.read_method(one)) for one in methods)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CopiedKeysUnreadable(file) from None
