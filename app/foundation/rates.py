"""How often one network may ask: policy data, read when the web process starts."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import ClassVar

from app.foundation.policies import PolicyInvalid

HOUSEHOLD_BITS = 64  # of an IPv6 address: what a provider gives to one household, or more


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Requests per network and window. Rates slow guessing down; they never lock a person out for good."""

    policy_name: ClassVar[str] = "rates"
    all_pages_per_minute: int = 600
    sign_in_requests_per_hour: int = 60
    sign_in_confirmations_per_hour: int = 120
    verifications_per_minute: int = 120
    not_found_per_minute: int = 60
    questions_per_hour: int = 30  # to holders
    batches_per_minute: int = 10  # of up to 1,000 codes; 10,000 guesses a minute find none of 2**80
    api_calls_per_minute: int = 300  # of one token, whatever it calls; of one network where none came
    beginnings_per_day: int = 40  # of something that shows our content; going on with what was begun is not counted


@dataclass(frozen=True, slots=True)
class SharedNetworkPolicy:
    """Networks that many people are known to share, such as a school's, and what these may begin instead."""

    policy_name: ClassVar[str] = "shared_networks"
    networks: tuple[str, ...] = ()  # addresses or ranges, as 198.51.100.0/24
    beginnings_per_day: int = 1_000

    def __post_init__(self) -> None:
        """Refuse what is no network, at the start of the process and not at somebody's first request."""
        for network in self.networks:
            try:
                ip_network(network)
            except ValueError as fault:
                raise PolicyInvalid(f"Policy shared_networks: {network!r} is no network: {fault}.") from None

    def holds(self, address: str) -> bool:
        """Whether an address belongs to one of them."""
        found = _read(address)
        return found is not None and any(found in ip_network(network) for network in self.networks)


def network_of(address: str) -> str:
    """What is counted together: one IPv4 address, or the 64 bits of an IPv6 address that a household shares."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, HOUSEHOLD_BITS), strict=False))
    return address if found is None else str(found)


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one also where a socket of both kinds wrote it as ::ffff:203.0.113.7.

    None for other text, which a proxy in front may send: it limits as it stands, and fails no page.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
