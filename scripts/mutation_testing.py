"""Do the tests of decisions and norms notice a wrong sign? Small faults are planted one by one, and should be caught.

    python scripts/mutation_testing.py                     every module of TARGETS
    python scripts/mutation_testing.py scoring.stopping    some
    python scripts/mutation_testing.py --list …            also what survived
    python scripts/mutation_testing.py --sample 60 …       so many of each, drawn from a fixed seed

A mutant differs from the module in one place: a comparison, a sign, an operator, a number, an `and`, a condition. Its
tests run in a forked process in which the module is the mutant; a failure, an error or a run that takes too long kills
it. Exits with 1 when fewer than the least share are killed. Some survivors are no fault of the tests: they compute the
same thing.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {
    "scoring.stopping": ["tests/scoring/test_stopping.py"],
    "scoring.cut_scores": ["tests/scoring/test_cut_scores.py"],
    "scoring.empirical_distribution": ["tests/scoring/test_empirical_distribution.py", "tests/scoring/test_norms.py"],
    "scoring.latent_distribution": ["tests/scoring/test_latent_distribution.py", "tests/scoring/test_norms.py"],
    "scoring.norms": ["tests/scoring/test_norms.py", "tests/scoring/test_empirical_distribution.py"],
    "app.awarding.rules": ["tests/app/awarding/test_rules.py"],
}
PRELOADED = ("tests.conftest", "hypothesis.strategies", "scipy.stats", "scipy.optimize")  # what tests import anyway
LEAST_KILLED = 0.90
SLOWEST = 10.0  # times as long as the module's tests take as they are; a mutant may never end
LEAST_SECONDS = 30
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Sub,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any",
    "floor": "ceil", "ceil": "floor", "left": "right", "right": "left",
}  # fmt: skip
Mutant = tuple[ast.Module, int, str]


def places(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that are computed with: no annotation, docstring, decorator or text of an error."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not is_text and not isinstance(child, ast.Raise | ast.JoinedStr):
                yield child
                yield from places(child)


def change(node: ast.AST) -> str:  # noqa: PLR0911  one clause for each kind of fault
    """Change a node, if there is a way to, and say how."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        new = COMPARISONS[type(node.ops[0])]
        node.ops = [new(), *node.ops[1:]]
        return f"comparison becomes {new.__name__}"
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        node.op = OPERATORS[type(node.op)]()
        return f"operator becomes {type(node.op).__name__}"
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return f"becomes {type(node.op).__name__}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
        return "sign dropped"
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return "condition negated"
    if isinstance(node, ast.Constant) and type(node.value) in {int, float, bool}:
        former = node.value
        node.value = not former if isinstance(former, bool) else former + 1
        return f"{former} becomes {node.value}"
    return _renamed(node)


def _renamed(node: ast.AST) -> str:
    where = "attr" if isinstance(node, ast.Attribute) else "id"
    former = getattr(node, where, None)
    if former not in NAMES:
        return ""
    setattr(node, where, NAMES[former])
    return f"{former} becomes {NAMES[former]}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, with its line and what was changed; the tree is the next one's as well."""
    tree = ast.parse(source)
    for node in list(places(tree)):
        former = dict(vars(node))
        if what := change(node):
            yield ast.fix_missing_locations(tree), getattr(node, "lineno", 0), what
        vars(node).clear()
        vars(node).update(former)


def become(name: str, tree: ast.Module) -> None:
    """Make a loaded module the mutant, also for modules that took names over from it when they were loaded."""
    module = vars(sys.modules[name])
    former = dict(module)
    exec(compile(tree, name, "exec"), module)  # noqa: S102  our own  # nosec B102
    for other in [vars(loaded) for loaded in list(sys.modules.values()) if hasattr(loaded, "__dict__")]:
        for key in former.keys() & other.keys():
            if other[key] is former[key]:
                other[key] = module[key]


def survives(name: str, tree: ast.Module | None, tests: Sequence[str], seconds: int = 0) -> bool:
    """Whether the tests pass, in so many seconds if any are given; without a tree, on the module as it is."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(seconds)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            if tree is not None:
                become(name, tree)
            options = [
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:randomly",
                "--hypothesis-seed=0",
                "-m",
                "not long",
            ]
            status = int(pytest.main([*options, *tests]))
        finally:
            os._exit(min(status, 1))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def examined(name: str, tests: Sequence[str], sample: int | None) -> tuple[int, list[str]]:
    """Number of mutants tried, and those that survived."""
    source = (ROOT / f"{name.replace('.', '/')}.py").read_text()
    began = time.monotonic()
    if not survives(name, None, tests):
        raise SystemExit(f"The tests of {name} fail as they are; mutants would say nothing.")
    seconds = LEAST_SECONDS + round(SLOWEST * (time.monotonic() - began))
    total, alive = 0, []
    every = range(sum(1 for _ in mutants(source)))
    chosen = set(every if sample is None else random.Random(0).sample(every, min(sample, len(every))))  # noqa: S311
    for place, (tree, line, what) in enumerate(mutants(source)):
        if place not in chosen:
            continue
        total += 1
        if survives(name, tree, tests, seconds):
            alive.append(f"{name}:{line} {what}: {source.splitlines()[line - 1].strip()}")
    return total, alive


def main() -> None:
    """Print how many of each module's mutants were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(TARGETS))
    parser.add_argument("--list", action="store_true", help="say what survived")
    parser.add_argument("--sample", type=int)
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads of a forked process wait for each other
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for module in PRELOADED:
        importlib.import_module(module)
    enough = True
    for name in chosen.modules:
        importlib.import_module(name)
        total, alive = examined(name, TARGETS[name], chosen.sample)
        killed = 1 - len(alive) / total
        enough = enough and killed >= LEAST_KILLED
        verdict = "" if killed >= LEAST_KILLED else f"  under {LEAST_KILLED:.0%}"
        print(f"{name:24} {total - len(alive):4} of {total:4} killed, {killed:.1%}{verdict}", flush=True)
        if chosen.list:
            print(*(f"    {line}" for line in alive), sep="\n", flush=True)
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
