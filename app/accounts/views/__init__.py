"""Pages of accounts: getting in, joining, the second factor, and a person's own data."""

from app.accounts.views import (
    account,
    api_tokens,
    joining,
    passkey_sign_in,
    passkeys,
    proving,
    second_address,
    second_factor,
    sign_in,
)
from app.accounts.views.blueprint import bp

__all__ = [
    "account",
    "api_tokens",
    "bp",
    "joining",
    "passkey_sign_in",
    "passkeys",
    "proving",
    "second_address",
    "second_factor",
    "sign_in",
]
