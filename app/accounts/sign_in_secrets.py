"""What the mailed message holds. Link and code follow from the request's id and our keys, so neither is ever stored."""

from __future__ import annotations

import hmac
from uuid import UUID

from app.accounts.policy import AccountPolicy
from app.accounts.rules import CODE_DIGITS, typed_code
from app.foundation.links import LinkInvalid, Links

PURPOSE = "sign-in"
CODE_PURPOSE = "sign-in-code"
LINK_PATH = "/sign-in/link"
KEYS_ACCEPTED = 2  # the newest, and the former one while a rotation is under way; more would help only a guesser
SECONDS_PER_HOUR = 3600


def link_path(request_id: UUID, *, links: Links) -> str:
    """The path, with its token, that goes into a message."""
    return f"{LINK_PATH}?token={links.sign(PURPOSE, request_id.hex)}"


def request_of_link(token: str, *, links: Links, policy: AccountPolicy) -> UUID:
    """The request a token belongs to. Its own, shorter life is checked against the request itself."""
    longest = policy.operator_link_lifetime_hours * SECONDS_PER_HOUR
    try:
        return UUID(links.read(PURPOSE, token, max_age_seconds=longest))
    except (ValueError, TypeError, AttributeError):
        raise LinkInvalid from None


def code_of(request_id: UUID, *, links: Links) -> str:
    """The six digits for one request, under the newest key."""
    return _digits(links.mac(CODE_PURPOSE, request_id.hex))


def is_code_of(request_id: UUID, typed: str, *, links: Links) -> bool:
    """Whether somebody typed the right digits."""
    given = typed_code(typed).encode()
    codes = [_digits(mac).encode() for mac in links.macs(CODE_PURPOSE, request_id.hex)[:KEYS_ACCEPTED]]
    return any(hmac.compare_digest(given, code) for code in codes)


def _digits(mac: str) -> str:
    # 256 bits modulo 10**6: each code's probability is off by less than 1 in 10**70.
    return f"{int(mac, 16) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
