"""Whole numbers in addresses."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

LARGEST_STORED = 2**31 - 1  # what an integer column holds; PostgreSQL refuses to look for more


class StoredNumber(IntegerConverter):
    """`<int:…>` in every route: under a number that no row can have there is nothing, as under any unknown one."""

    def __init__(self, url_map: Map, **limits: Any) -> None:
        super().__init__(url_map, **{"max": LARGEST_STORED, **limits})
