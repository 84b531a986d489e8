"""A proof as JSON: enough for whoever has the document to check with a hash function and one signature."""

from __future__ import annotations

import base64
from typing import Any

from app.transparency.queries import Proof


def proof_json(proof: Proof) -> dict[str, Any]:
    """Checkpoint, key, number, entry, salt and path; hashes in base64."""
    return {
        "state": "logged",
        "checkpoint": proof.checkpoint.note,
        "verifier_key": proof.checkpoint.verifier_key,
        "number": proof.number,
        "entry": proof.entry,
        "salt": proof.salt,
        "path": [base64.b64encode(one).decode() for one in proof.path],
    }
