"""The item banks that came with the program, released into a database; doing it again changes nothing."""

from __future__ import annotations

from pathlib import Path

from app.assessment.open_pilot import open_pilot
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills


def load_item_banks(runtime: Runtime) -> None:
    """Release every bank that came with the program and open a pilot for each skill that has no norm yet."""
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        for path in sorted(ITEM_BANKS.glob("*/v*/bank.yaml"), key=_skill_and_version):
            release = release_bank(
                path.parent, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator()
            )
            open_pilot(release.id, session=session, clock=runtime.clock)


def _skill_and_version(path: Path) -> tuple[str, int]:
    return path.parent.parent.name, int(path.parent.name.removeprefix("v"))  # v10 comes after v9
