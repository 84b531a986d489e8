"""Every text of a bank that a candidate reads, one by one, with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.item_bank.findings import SCENARIOS, STATEMENTS
from app.item_bank.text_rules import LANGUAGES
from app.item_bank.yaml_lines import Path

Entries = list[dict[str, Any]]
STATEMENT, SITUATION, OPTION = "statement", "situation", "option"
FORMATS = (STATEMENT, SITUATION, OPTION)


@dataclass(frozen=True, slots=True)
class BankText:
    """One text in one language, of the item named `code`."""

    file: str
    path: Path
    format: str
    language: str
    code: str
    text: str


def texts_of(statements: Entries, scenarios: Entries) -> Iterator[BankText]:
    """Statements, then each scenario's situation and options, in both languages."""
    for number, statement in enumerate(statements):
        for language in LANGUAGES:
            path = ("statements", number, "text", language)
            yield BankText(STATEMENTS, path, STATEMENT, language, statement["code"], statement["text"][language])
    for number, scenario in enumerate(scenarios):
        yield from _texts_of_scenario(number, scenario)


def _texts_of_scenario(number: int, scenario: dict[str, Any]) -> Iterator[BankText]:
    for language in LANGUAGES:
        path: Path = ("scenarios", number, "situation", language)
        yield BankText(SCENARIOS, path, SITUATION, language, scenario["code"], scenario["situation"][language].strip())
        for place, option in enumerate(scenario["options"]):
            path = ("scenarios", number, "options", place, language)
            yield BankText(SCENARIOS, path, OPTION, language, scenario["code"], option[language])
