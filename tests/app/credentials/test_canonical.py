"""Canonical N-Quads: our short way equals the library's whole algorithm, and leaves to it what the short way cannot."""

from __future__ import annotations

import random

import pytest

from app.credentials import canonical, terms
from app.credentials.canonical import Statement
from tests.app.credentials.documents import a_random_document

KNOWS, NAME = "<https://schema.org/knows>", "<https://schema.org/name>"
ALIKE: list[Statement] = [(1, KNOWS, 2), (2, KNOWS, 1), (1, KNOWS, "<https://a.example/>"), (2, KNOWS, "<did:a:b>")]
ALIKE_ALONE: list[Statement] = [(1, KNOWS, 2), (2, KNOWS, 3), (3, KNOWS, 1), (1, NAME, '"A"'), (3, KNOWS, 3)]


def test_random_credentials_are_canonical_as_the_library_says() -> None:
    chance = random.Random(20261128)
    for _ in range(300):
        statements = terms.statements(a_random_document(chance))
        assert canonical.canonical(statements) == canonical.by_pyoxigraph(statements)


def test_random_graphs_are_canonical_as_the_library_says_alike_nodes_or_not() -> None:
    chance = random.Random(20261129)
    alike = 0
    for _ in range(400):
        nodes = [*range(chance.randint(1, 5)), "<https://a.example/>"]
        statements: list[Statement] = [
            (chance.choice(nodes), KNOWS, chance.choice([*nodes, '"\\"A\\\\\\n"'])) for _ in range(chance.randint(1, 9))
        ]
        nameless = {one for one in statements if not (isinstance(one[0], str) and isinstance(one[2], str))}
        alike += canonical._names(nameless) is None
        assert canonical.canonical(statements) == canonical.by_pyoxigraph(statements)
    assert alike >= 20  # both ways were gone


@pytest.mark.parametrize("statements", [ALIKE, ALIKE_ALONE], ids=["a pair", "a ring"])
def test_the_order_in_which_nodes_are_met_changes_nothing(statements: list[Statement]) -> None:
    chance = random.Random(3)
    found = set()
    for _ in range(20):
        numbers = dict(zip((1, 2, 3), chance.sample(range(10), 3), strict=True))
        met = [(numbers.get(s, s), p, numbers.get(o, o)) for s, p, o in statements]  # type: ignore[call-overload]
        found.add(canonical.canonical(chance.sample(met, len(met))))
    assert len(found) == 1


def test_what_is_said_twice_stands_once() -> None:
    assert canonical.canonical([("<a:b>", NAME, '"x"')] * 2) == b'<a:b> <https://schema.org/name> "x" .\n'
