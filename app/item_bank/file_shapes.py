"""Shape of a bank's files by item_banks/schema.json, with the validator's findings said in a writer's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from app.foundation.shipped import ITEM_BANKS
from app.item_bank.findings import BANK, DEVELOPMENT, SCENARIOS, SKILLS, STATEMENTS, Finding
from app.item_bank.text_rules import LANGUAGES

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

SCHEMA = ITEM_BANKS / "schema.json"
SHAPES = {BANK: "bank", STATEMENTS: "items", SCENARIOS: "scenarios", SKILLS: "skills", DEVELOPMENT: "development"}
SEE = "See docs/item_bank_format.md."
LONGEST_SHOWN = 60  # characters of a wrong value


def check_shape(file: str, data: Any) -> Iterator[Finding]:
    """Every way in which a file's values differ from its shape."""
    for error in _validator(SHAPES[file]).iter_errors(data):
        yield from _said(file, error)


@cache
def _validator(shape: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415  who reads no bank's files need not load it

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": schema["$defs"]})


def _said(file: str, error: ValidationError) -> Iterator[Finding]:
    path, rule = tuple(error.absolute_path), str(error.validator)
    found: Any = error.instance
    wanted: Any = error.validator_value
    match rule:
        case "additionalProperties":
            schema: Any = error.schema
            for field in sorted(set(found) - set(schema["properties"])):
                remedy = f"Remove it, or use one of: {', '.join(schema['properties'])}."
                yield Finding(file, (*path, field), "unknown-field", "the field is unknown", remedy)
        case "required":
            field = next(field for field in wanted if error.message.startswith(f"'{field}'"))
            code = "missing-language" if field in LANGUAGES else "missing-field"
            yield Finding(file, (*path, field), code, f"{field} is missing", f"Add it. {SEE}")
        case "enum" | "const":
            allowed = ", ".join(str(value) for value in (wanted if isinstance(wanted, list) else [wanted]))
            yield Finding(file, path, "not-allowed", f"{_shown(found)} is not allowed", f"Use: {allowed}.")
        case "minItems" | "maxItems":
            code = "option-count" if path[-1:] == ("options",) else "count"
            yield Finding(file, path, code, f"{len(found)} entries", f"Give {_limit(rule)} {wanted}.")
        case "minimum" | "maximum":
            code = "key-range" if path[-1:] == ("key",) else "range"
            yield Finding(file, path, code, f"{found} is out of range", f"Give {_limit(rule)} {wanted}.")
        case "type":
            yield Finding(file, path, "wrong-type", f"{_shown(found)} is not of the kind {wanted}", SEE)
        case _:
            message = f"{_shown(found)} does not have the form {_shown(wanted)}"
            yield Finding(file, path, "wrong-form", message, SEE)


def _limit(rule: str) -> str:
    return "at least" if rule.startswith("min") else "at most"


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"
