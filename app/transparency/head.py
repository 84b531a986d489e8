"""The last signed checkpoint in a file outside the database: an older backup, restored, is then seen to be older."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

LOG_HEAD = "log-head.json"  # in the directory of the keys
PRIVATE_MODE = 0o600  # public in itself; whatever lies beside the keys is for their owner alone


@dataclass(frozen=True, slots=True)
class LogHead:
    """The file. It lies beside the worker's keys, which a backup of the database does not bring back."""

    path: Path

    def read(self) -> tuple[int, bytes]:
        """Size and root signed last; 0 and nothing before the first."""
        if not self.path.exists():
            return 0, b""
        found = json.loads(self.path.read_text(encoding="utf-8"))
        return int(found["size"]), bytes.fromhex(found["root"])

    def write(self, size: int, root: bytes) -> None:
        """Keep it, on the disk, before the checkpoint is shown to anybody; a full disk stops the signature."""
        temporary = self.path.with_name(f".{self.path.name}.part")  # a backup of the directory passes it over
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"size": size, "root": root.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
