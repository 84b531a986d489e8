"""Who is counted together, and what may be called a shared network."""

from __future__ import annotations

import pytest

from app.foundation.policies import PolicyInvalid
from app.foundation.rates import SharedNetworkPolicy, network_of


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("unknown", "203.0.113.8", False),
    ],
)
def test_a_household_counts_as_one_network(one: str, other: str, *, together: bool) -> None:
    assert (network_of(one) == network_of(other)) is together


@pytest.mark.parametrize(
    ("address", "held"),
    [("198.51.100.7", True), ("::ffff:198.51.100.7", True), ("2001:db8:1:2::7", True), ("203.0.113.7", False),
     ("unknown", False)],
)  # fmt: skip
def test_a_shared_network_holds_its_addresses_however_they_are_written(address: str, *, held: bool) -> None:
    shared = SharedNetworkPolicy(networks=("198.51.100.0/24", "2001:db8:1::/48"))
    assert shared.holds(address) is held


def test_what_is_no_network_is_refused_when_it_is_named() -> None:
    with pytest.raises(PolicyInvalid, match="is no network"):
        SharedNetworkPolicy(networks=("the school",))
