"""Statements of a graph -> its canonical N-Quads (RDFC-1.0, the W3C's RDF Dataset Canonicalization).

A statement is subject, predicate and object as N-Quads spell them; a node without a name is a whole number. What costs
most, naming such nodes, is needed in full only where two of them look alike: there pyoxigraph does it, 5 times slower.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from operator import eq

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

Node = str | int
Statement = tuple[Node, str, Node]


def canonical(statements: Collection[Statement]) -> bytes:
    """The bytes that are hashed and signed: each statement once, nodes named by what is said of them, sorted."""
    lines: list[str] = []
    nameless: set[Statement] = set()
    for statement in statements:
        s, p, o = statement
        if type(s) is int or type(o) is int:
            nameless.add(statement)
        else:
            lines.append(f"{s} {p} {o} .\n")
    names = _names(nameless)
    if names is None:
        return by_pyoxigraph(statements)
    lines += [f"{names.get(s, s)} {p} {names.get(o, o)} .\n" for s, p, o in nameless]
    lines.sort()
    if any(map(eq, lines, islice(lines, 1, None))):  # somebody says a thing twice, which few do
        lines = sorted(set(lines))
    return "".join(lines).encode()


def by_pyoxigraph(statements: Iterable[Statement]) -> bytes:
    """The same by the library alone."""
    lines = (f"{_blank(s)} {p} {_blank(o)} .\n" for s, p, o in statements)
    dataset = Dataset(parse("".join(lines), format=RdfFormat.N_QUADS))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    found = serialize(dataset, format=RdfFormat.N_QUADS) or b""
    return b"".join(sorted(found.splitlines(keepends=True)))


def _names(nameless: Iterable[Statement]) -> Mapping[Node, str] | None:
    """Canonical names by the first-degree hash alone (sections 4.4.3, steps 3 and 4, and 4.6); None if two are equal.

    In that hash a node is written `_:a` itself, and `_:z` any other without a name.
    """
    told: dict[int, list[str]] = defaultdict(list)
    for s, p, o in nameless:
        if isinstance(s, int):
            told[s].append(f"_:a {p} {o if isinstance(o, str) else '_:a' if o == s else '_:z'} .\n")
        if isinstance(o, int) and o != s:
            told[o].append(f"{s if isinstance(s, str) else '_:z'} {p} _:a .\n")
    nodes = {hashlib.sha256("".join(sorted(lines)).encode()).hexdigest(): node for node, lines in told.items()}
    if len(nodes) < len(told):
        return None
    return {nodes[digest]: f"_:c14n{place}" for place, digest in enumerate(sorted(nodes))}


def _blank(node: Node) -> str:
    return f"_:b{node}" if isinstance(node, int) else node
