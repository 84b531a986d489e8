"""What a check found: one thing to correct, at a path of one of a bank's files."""

from __future__ import annotations

from dataclasses import dataclass

from app.item_bank.yaml_lines import Path

BANK, STATEMENTS, SCENARIOS, SKILLS = "bank.yaml", "items.yaml", "scenarios.yaml", "skills.yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where, what, and what to do; `code` names the rule."""

    file: str
    path: Path
    code: str
    message: str
    remedy: str
