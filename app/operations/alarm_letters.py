"""Letters of `decile doctor --alarm`: when something begins to fail, once a day while it lasts, and when it is over.

What was told is kept in a notebook beside the data, so that a look every minute is no letter every minute. A letter
that could not be handed over was not told: the next look tries again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.foundation.clock import Clock
from app.foundation.mail import Mailer, Message
from app.foundation.whole_files import write_whole
from app.operations.checks import Check, State

NOTEBOOK = "doctor.json"
AGAIN_AFTER = timedelta(days=1)


def write_if_changed(
    found: Sequence[Check], address: str, *, base_url: str, notebook: Path, mailer: Mailer, clock: Clock
) -> str:
    """The subject of the letter that was handed over; empty where there was nothing new to tell.

    Raises
    ------
    MailUnavailable
    """
    now, failing = clock.now(), [check for check in found if check.state is State.FAIL]
    names = {check.name for check in failing}
    told, told_at = _read(notebook)
    is_due = bool(names) and (told_at is None or now - told_at >= AGAIN_AFTER)
    is_over = bool(told) and not names
    if not (names - told or is_due or is_over):
        return ""
    says = f"{', '.join(check.name for check in failing)} failing" if failing else "all is well again"
    subject = f"Decile at {base_url}: {says}"
    mailer.send(Message(address, subject, _text(subject, failing, now), key=f"doctor:{now:%Y%m%dT%H%M%S}"))
    with suppress(OSError):  # the disk that fails is told of, if need be at each look
        _write(notebook, names, now)
    return subject


def _text(subject: str, failing: Sequence[Check], now: datetime) -> str:
    lines = [f"{subject}, as seen at {now:%Y-%m-%d %H:%M} UTC.", ""]
    for check in failing:
        lines += [f"{check.name}: {check.saw}", f"  {check.remedy}", ""]
    if failing:
        lines.append("The next letter comes when something else fails, in a day, or when all is well again.")
    return "\n".join(lines).rstrip() + "\n"


def _read(notebook: Path) -> tuple[set[str], datetime | None]:
    """What was told last, and when; a notebook that cannot be read has told nothing."""
    try:
        told = json.loads(notebook.read_text(encoding="utf-8"))
        return set(told["failing"]), datetime.fromisoformat(told["at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return set(), None


def _write(notebook: Path, names: set[str], now: datetime) -> None:
    written = json.dumps({"failing": sorted(names), "at": now.isoformat()})
    write_whole(notebook, written.encode(), replacing=True)
