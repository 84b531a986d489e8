"""Reads YAML and remembers on which line each value stands, so that a problem can be shown to its writer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import yaml
from yaml.constructor import SafeConstructor

LARGEST_FILE_BYTES = 2_000_000  # a bank of 120 statements and 60 scenarios in two languages is a tenth of this
DEEPEST = 50  # a bank is nested five deep
LONGEST_NAME = 40  # characters of a field's name, where it is told
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path: TypeAlias = tuple[str | int, ...]


class Unreadable(ValueError):
    """A file that is not YAML as we accept it."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.message, self.remedy = line, message, remedy


@dataclass(frozen=True, slots=True)
class Document:
    """One file's values, and the line of each by its path."""

    name: str
    data: Any
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(file: FilePath) -> Document:
    """The file's values with their lines.

    Raises
    ------
    Unreadable
        For anything that is not plain UTF-8 YAML: syntax, a field given twice, an alias, a huge file.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise Unreadable(1, "the file is missing", "Create it; the format is in docs/item_bank_format.md.") from None
    except OSError as problem:
        raise Unreadable(1, f"the file cannot be read ({problem.strerror})", "Give a readable YAML file.") from None
    if len(content) > LARGEST_FILE_BYTES:
        raise Unreadable(1, "the file is larger than 2 MB", "Split the bank, or remove what is not an item.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise Unreadable(line, "the file is not UTF-8", "Save it as UTF-8.") from None
    return _document(file.name, text)


def _document(name: str, text: str) -> Document:
    reading = _Reading()
    root = composed(text)
    try:
        data = None if root is None else reading.value(root, ())
    except yaml.YAMLError as problem:
        raise _not_yaml(problem) from None
    return Document(name, data, reading.lines)


def composed(text: str, *, with_aliases: bool = False) -> Any:
    """The root node of a YAML text, None of an empty one: every name is a plain one and stands once in its place.

    Names are compared, and to be read, as they are written: the library takes 1, 01 and 1.0 for one, or no and off,
    and lets the last one win without a word.

    Raises
    ------
    Unreadable
        For what is not YAML, a name that stands twice or is none, depth, or an alias unless they are allowed.
    """
    try:
        _require_flat(text, with_aliases=with_aliases)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as problem:
        raise _not_yaml(problem) from None
    _require_names_once(root)
    return root


def _not_yaml(problem: yaml.YAMLError) -> Unreadable:
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
    return Unreadable(mark.line + 1 if mark else 1, f"not YAML: {reason}", "Correct the syntax.")


def _require_flat(text: str, *, with_aliases: bool) -> None:
    """No depth: the library composes by recursion, in C, and would take the process down with it."""
    depth = 0
    for happening in yaml.parse(text, Loader=LOADER):
        line = happening.start_mark.line + 1 if happening.start_mark else 1
        if isinstance(happening, yaml.AliasEvent) and not with_aliases:
            raise Unreadable(line, "an alias (*name) is used", "Write the text out.")
        depth += isinstance(happening, yaml.CollectionStartEvent) - isinstance(happening, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(
                line, "nested too deeply", "Write it as docs/item_bank_format.md or docs/recipes.md shows."
            )


def _require_names_once(root: Any) -> None:
    """Each node once, as it was composed: an alias leads to the same node, a merge (<<) is not spread out yet."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _require_each_once([key for key, _ in node.value])
            waiting.extend(child for _, child in node.value)
        else:
            waiting.extend(node.value)


def _require_each_once(keys: list[Any]) -> None:
    names: set[str] = set()
    for key in keys:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(line, "a list or several values stand for a name", "Name the field in one word.")
        if key.value in names:
            name = key.value[:LONGEST_NAME]
            told = name if name.isprintable() else repr(name)
            raise Unreadable(line, f"{told} stands twice in one place", "Keep one of the two.")
        names.add(key.value)


class _Reading:
    """Turns YAML nodes into values, noting lines on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._constructor = SafeConstructor()

    def value(self, node: Any, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._scalar(node)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            field = str(key.value)
            self.lines[(*path, field)] = key.start_mark.line + 1
            found[field] = self.value(child, (*path, field))
        return found

    def _scalar(self, node: Any) -> Any:
        try:
            return self._constructor.construct_object(node)
        except ValueError:
            return node.value  # an impossible date or number is shown to the checks as the text it is
