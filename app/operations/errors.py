"""Why a backup is not made or not restored, and what to do."""

from __future__ import annotations

from pathlib import Path

from app.foundation.errors import Conflict, Invalid, Refused


class BackupRefused(Refused):
    """Nothing was written."""

    code = "backup-refused"


class BackupUnreadable(Invalid):
    """The file is none of ours, was changed or cut short, or belongs to another passphrase."""

    code = "backup-unreadable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be restored: {reason}. Nothing was changed.")


class RestoreRefused(Conflict):
    """A restore would overwrite, mix or half do something."""

    code = "restore-refused"


class RecordsAltered(Conflict):
    """Records that the program keeps in step tell different stories."""

    code = "records-altered"

    def __init__(self, findings: list[str]) -> None:
        super().__init__(f"{'; '.join(findings)}. See `decile runbook records_altered`.")
