"""Where an address may send somebody."""

from __future__ import annotations

import pytest

from app.foundation.own_paths import safe_path


@pytest.mark.parametrize("path", ["/", "/skills/collaboration", "/a?b=c&d=//e", "/verify?code=X#top"])
def test_a_path_of_ours_is_followed(path):
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "skills", "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", " //evil.example",
        "http:evil.example", "/" + "a" * 600, "/\x7f/evil.example",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_becomes_the_front_page(path):
    assert safe_path(path) == "/"
