"""A checked list as CSV: what was sent, the verdict, and the figures of the signed document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from app.credentials import validity
from app.foundation.inert_csv import inert_csv
from app.verification.verify_batch import BatchRow

FACTS = (
    "percentile-rank",
    "band-low",
    "band-high",
    "decision-confidence",
    "mode",
    "norm-version",
    "norm-size",
)
COLUMNS = (
    *("line", "sent", "verdict", "reasons", "problem", "code", "skill", "shown_name"),
    *("valid_from", "valid_until", "revoked_at", "checked_at", "page"),
    *(name.replace("-", "_") for name in FACTS),
)
LONGEST_SENT = 200  # of what was sent, so much is repeated


def batch_csv(rows: Sequence[BatchRow], *, page_of: Callable[[str], str]) -> str:
    """The rows in their order; `page_of` gives a code's address."""
    return inert_csv(COLUMNS, (_cells(row, page_of) for row in rows))


def _cells(row: BatchRow, page_of: Callable[[str], str]) -> list[str]:
    sent = [str(row.line.number), row.line.sent[:LONGEST_SENT]]
    if row.found is None:
        told = [*sent, "", "", row.problem or ""]
        return told + [""] * (len(COLUMNS) - len(told))
    judgement, credential = row.found.judgement, row.found.credential
    facts = row.found.facts
    return [
        *sent,
        judgement.verdict,
        " ".join(judgement.reasons),
        "",
        credential.code,
        credential.skill,
        credential.shown_name or "",
        validity.to_text(credential.valid_from),
        validity.to_text(credential.valid_until),
        _instant(credential.revoked_at),
        validity.to_text(row.found.checked_at),
        page_of(credential.code),
        *(facts.get(name, "") for name in FACTS),
    ]


def _instant(at: datetime | None) -> str:
    return validity.to_text(at) if at else ""
