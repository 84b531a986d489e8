"""What does not fit a declared shape, by the names that its sender wrote and never by those of our classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

PLAIN = {
    "model_type": "several named values are needed here",
    "model_attributes_type": "several named values are needed here",
    "dict_type": "several named values are needed here",
    "missing": "this is missing",
    "extra_forbidden": "nothing of this name is known here",
}

Place = tuple[str | int, ...]


def faults_of(problem: ValidationError, content: Any) -> list[tuple[Place, str]]:
    """Each place in `content` that is wrong, and what was expected there; never the value, which may be a secret.

    Where one of several shapes would do, only what is wrong within a shape is told, or else what each would be.
    """
    found: dict[Place, list[str]] = {}
    for fault in problem.errors(include_url=False, include_input=False, include_context=False):
        words = PLAIN.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        said = found.setdefault(_place(fault["loc"], content, is_missing=fault["type"] == "missing"), [])
        if words not in said:
            said.append(words)
    nearest = [place for place in found if not any(_is_within(other, place) for other in found)]
    return [(place, ", or: ".join(found[place])) for place in nearest]


def _place(location: Sequence[str | int], content: Any, *, is_missing: bool) -> Place:
    """The location without the names of the shapes that were tried: they stand nowhere in the content."""
    kept: list[str | int] = []
    last = len(location) - 1
    for depth, part in enumerate(location):
        stands = isinstance(content, dict) if isinstance(part, str) else isinstance(content, list | tuple)
        if stands and (part in content if isinstance(content, dict) else 0 <= int(part) < len(content)):
            content = content[part]
            kept.append(part)
        elif is_missing and depth == last:
            kept.append(part)
    return tuple(kept)


def _is_within(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer
