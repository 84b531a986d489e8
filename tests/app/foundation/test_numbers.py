"""A number in an address that no row can have is answered like any unknown one, on both databases."""

from __future__ import annotations

import pytest
from werkzeug.routing import IntegerConverter

from app.foundation.web.numbers import LARGEST_STORED


@pytest.mark.parametrize("number", [LARGEST_STORED, LARGEST_STORED + 1, 2**63, 10**40])
def test_nothing_is_found_under_a_large_number(client, number: int) -> None:
    assert client.get(f"/status/{number}").status_code == 404


def test_no_route_looks_for_a_number_that_no_column_holds(app) -> None:
    converters = [(rule.rule, one) for rule in app.url_map.iter_rules() for one in rule._converters.values()]
    numbers = [(rule, one.max) for rule, one in converters if isinstance(one, IntegerConverter)]
    assert numbers
    assert [rule for rule, most in numbers if most is None or most > LARGEST_STORED] == []


def test_a_character_that_no_column_holds_is_the_senders_to_correct(client) -> None:
    answers = [client.get("/skills/a%00b"), client.get("/skills/a%00b", headers={"Accept": "application/json"})]
    assert {one.status_code for one in answers} <= {404, 422}
    assert all("unexpected" not in one.text for one in answers)
