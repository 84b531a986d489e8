"""Who we are to a passkey: the host name and origin of the one configured address, never of a request."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

NAME = "Decile"  # what the device shows
USUAL_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A passkey is made for `id` and answers pages of `origin` alone."""

    id: str
    origin: str
    can_have_passkeys: bool


def relying_party(base_url: str) -> RelyingParty:
    """The relying party behind `base_url`, its origin written as browsers write it.

    Passkeys need a host name, and TLS anywhere but on this machine (WebAuthn 3, 5.1.3 and 13.4.9).
    """
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port
    shown = host if port in (None, USUAL_PORT.get(parts.scheme)) else f"{host}:{port}"
    is_local = host == "localhost" or host.endswith(".localhost")
    is_secure = parts.scheme == "https" or is_local
    return RelyingParty(host, f"{parts.scheme}://{shown}", is_secure and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
