from __future__ import annotations

import pytest

from app.accounts.relying_party import relying_party


@pytest.mark.parametrize(
    ("base_url", "host", "origin", "possible"),
    [
        ("https://decile.example", "decile.example", "https://decile.example", True),
        ("https://decile.example:443", "decile.example", "https://decile.example", True),
        ("https://decile.example:8443", "decile.example", "https://decile.example:8443", True),
        ("https://Decile.Example", "decile.example", "https://decile.example", True),
        ("http://localhost:8000", "localhost", "http://localhost:8000", True),
        ("http://try.localhost", "try.localhost", "http://try.localhost", True),
        ("http://decile.example", "decile.example", "http://decile.example", False),
        ("http://127.0.0.1:8000", "127.0.0.1", "http://127.0.0.1:8000", False),
        ("https://192.0.2.7", "192.0.2.7", "https://192.0.2.7", False),
        ("http://localhost.example", "localhost.example", "http://localhost.example", False),
    ],
)
def test_host_and_origin_come_from_the_configured_address(base_url, host, origin, possible):
    party = relying_party(base_url)
    assert (party.id, party.origin, party.can_have_passkeys) == (host, origin, possible)
