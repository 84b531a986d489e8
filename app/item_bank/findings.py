"""What a check found: one thing to correct, at a path of one of a bank's files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.item_bank.yaml_lines import Path

BANK, STATEMENTS, SCENARIOS, SKILLS = "bank.yaml", "items.yaml", "scenarios.yaml", "skills.yaml"
DEVELOPMENT = "development.yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where, what, and what to do; `code` names the rule.

    A warning is a matter of degree, for a person to weigh. It never keeps a bank from being released.
    """

    file: str
    path: Path
    code: str
    message: str
    remedy: str
    is_warning: bool = False

    def as_warning(self) -> Finding:
        """The same, for a person to weigh."""
        return replace(self, is_warning=True)
