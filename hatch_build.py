"""What a wheel carries besides its packages: migrations, item banks, runbooks, examples and the French, compiled.

An editable install carries nothing of this: it finds the checkout's own folders (`app/foundation/shipped.py`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = ("migrations", "item_banks", "docs/runbooks")
DEPLOY = "deploy"  # file by file: settings with secrets may lie beside their examples
SECRETS = ".env"
INSIDE = "app/shipped"  # where app/foundation/shipped.py looks first
CATALOGUES = "app/translations/*/LC_MESSAGES/*.po"


class Shipped(BuildHookInterface):
    """Adds to the wheel what the program reads at run time and no package holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        carried = build_data["force_include"]
        carried |= {str(root / folder): f"{INSIDE}/{folder}" for folder in SHIPPED}
        examples = (path for path in (root / DEPLOY).rglob("*") if path.is_file() and not path.name.endswith(SECRETS))
        carried |= {str(path): f"{INSIDE}/{path.relative_to(root).as_posix()}" for path in sorted(examples)}
        self.compiled = tempfile.TemporaryDirectory()  # gone with this process
        for number, catalogue in enumerate(sorted(root.glob(CATALOGUES))):
            compiled = Path(self.compiled.name) / f"{number}.mo"
            with catalogue.open("rb") as source, compiled.open("wb") as target:
                write_mo(target, read_po(source))
            carried[str(compiled)] = catalogue.relative_to(root).with_suffix(".mo").as_posix()
