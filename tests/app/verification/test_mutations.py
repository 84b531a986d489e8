"""Any one change of any one signed value is found: by us, in both forms, and never called good."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_document
from tests.app.credentials.documents import leaves, value_at, with_value
from tests.app.credentials.test_jwt import part, with_part

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SEED = 20261128
FEW, MANY = 300, 6000  # of each form, so 600 and 12,000 in all


def changed(value: Any, chance: random.Random) -> Any:
    """Another value of the same kind, often hardly another one."""
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 86_400, 10**6))
    place, letter = chance.randrange(len(value) + 1), chance.choice("0a \u200b\u0301é\u202e")
    found = chance.choice(
        (
            value[:place] + letter + value[place:],
            value[:place] + value[place + 1 :],
            value.swapcase(),
            value[::-1],
            value + " ",
            "",
            value[: place - 1] + chr(ord(value[place - 1]) ^ 1) + value[place:] if place else value + "x",
        )
    )
    return found if found != value else value + letter


def removed(document: Any, path: tuple[Any, ...]) -> Any:
    """The document without this leaf."""
    copy = json.loads(json.dumps(document))
    holder = value_at(copy, path[:-1])
    del holder[path[-1]]
    return copy


def mutations(document: dict[str, Any], count: int):
    """Each leaf in turn, again and again, every time otherwise; now and then one is removed."""
    chance, places = random.Random(SEED), list(leaves(document))
    for number in range(count):
        path = places[number % len(places)]
        if chance.random() < 0.1:
            yield path, removed(document, path)
        else:
            yield path, with_value(document, path, changed(value_at(document, path), chance))


def accepted(document: dict[str, Any], count: int, write, runtime) -> list[tuple[Any, str]]:
    """What was changed and still not called altered, or under a key that nobody published, unknown."""
    found = []
    with runtime.reading() as session:
        for path, mutation in mutations(document, count):
            verdict = verify_document(write(mutation), session=session, clock=runtime.clock).verdict
            if verdict not in (Verdict.ALTERED, Verdict.UNKNOWN) or (
                verdict is Verdict.UNKNOWN and path[-1] != "verificationMethod"
            ):
                found.append((path, verdict))
    return found


def both_forms(client, register, runtime, count: int) -> list[tuple[Any, str]]:
    code = register.issued()
    document, token = json.loads(client.get(f"/c/{code}.json").text), client.get(f"/c/{code}.jwt").text
    with runtime.reading() as session:
        for text in (json.dumps(document), token):
            assert verify_document(text, session=session, clock=runtime.clock).verdict is Verdict.VALID
    wrong = accepted(document, count, json.dumps, runtime)
    return wrong + accepted(part(token, 1), count, lambda told: with_part(token, 1, told), runtime)


def test_six_hundred_changes_of_one_leaf_are_rejected(client, register, runtime) -> None:
    assert both_forms(client, register, runtime, FEW) == []


@pytest.mark.long
def test_twelve_thousand_changes_of_one_leaf_are_rejected(client, register, runtime) -> None:
    assert both_forms(client, register, runtime, MANY) == []
    print(f"{2 * MANY} changes, 0 accepted")
