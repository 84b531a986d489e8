"""The last signed checkpoint in a file outside the database: an older backup, restored, is then seen to be older."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from app.foundation.whole_files import write_whole
from app.transparency.errors import LogBroken

LOG_HEAD = "log-head.json"  # in the directory of the keys


@dataclass(frozen=True, slots=True)
class LogHead:
    """The file. It lies beside the worker's keys, which a backup of the database does not bring back."""

    path: Path

    def read(self) -> tuple[int, bytes]:
        """Size and root signed last; 0 and nothing before the first.

        Raises
        ------
        LogBroken
            If the file is torn.
        """
        if not self.path.exists():
            return 0, b""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return int(found["size"]), bytes.fromhex(found["root"])
        except (ValueError, KeyError, TypeError):
            raise LogBroken(str(self.path), "the file is torn; put it back from a backup") from None

    def write(self, size: int, root: bytes) -> None:
        """Keep it, on the disk, before the checkpoint is shown to anybody; a full disk stops the signature."""
        write_whole(self.path, json.dumps({"size": size, "root": root.hex()}).encode(), replacing=True)
