"""Modules and functions stay short enough to be read in one go; those that do not are named here, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES, FUNCTION_LINES = 300, 60  # of code: neither blank nor comment nor docstring

LONG_MODULES = {
    "app/assessment/adaptation.py": "the one place where rows of a sitting become values of scoring and back",
    "app/assessment/views.py": "the candidate's pages, a few lines each; forms and programs are read in one place",
    "scoring/calibration_fit.py": "one climb: start values, EM and Newton steps, and the proof that the top is reached",
    "scoring/calibration_groups.py": "the same climb over several groups, whose parts share one layout of arrays",
    "scoring/sitting_kernels.py": "compiled by numba, which inlines and caches within one module",
}
LONG_FUNCTIONS = {
    "scoring/sitting_kernels.py: _next": "a numba kernel: a call in the innermost loop would cost what it saves",
    "scoring/sitting_kernels.py: run_sittings": "a numba kernel: its parts would have to be handed a dozen arrays each",
}


class Length(NamedTuple):
    """Of a module, or of a function in it."""

    name: str
    lines: int


@cache
def lengths() -> tuple[tuple[Length, ...], tuple[Length, ...]]:
    """Lines of code of every module, and of every function."""
    modules, functions = [], []
    for path in sorted(file for folder in ("app", "scoring") for file in (ROOT / folder).rglob("*.py")):
        name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        code = set(numbers_of_code(text)) - set(docstring_lines(nodes))
        modules.append(Length(name, len(code)))
        functions += [
            Length(f"{name}: {node.name}", len(code.intersection(range(node.lineno, (node.end_lineno or 0) + 1))))
            for node in nodes
            if isinstance(node, ast.FunctionDef)
        ]
    return tuple(modules), tuple(functions)


def numbers_of_code(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.strip().startswith("#"):
            yield number


def docstring_lines(nodes: list[ast.AST]) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            yield from range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def test_every_long_module_is_named_with_its_reason_and_no_other():
    modules, _ = lengths()
    assert {module.name for module in modules if module.lines > MODULE_LINES} == set(LONG_MODULES)


def test_every_long_function_is_named_with_its_reason_and_no_other():
    _, functions = lengths()
    assert {function.name for function in functions if function.lines > FUNCTION_LINES} == set(LONG_FUNCTIONS)
