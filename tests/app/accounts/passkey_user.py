"""What a visitor does with passkeys: the requests that the script on the pages makes."""

from __future__ import annotations

from typing import Any

from tests.app.accounts.software_authenticator import Authenticator
from tests.app.accounts.visitor import Visitor

ANY_FORM = "/sign-in"  # a page that shows a form, and with it the CSRF token, to everybody


def question(visitor: Visitor, path: str, *, page: str) -> dict[str, Any]:
    answer = visitor.send(path, page=page)
    assert answer.status_code == 200, answer.text
    return answer.json


def creation_question(visitor: Visitor) -> dict[str, Any]:
    return question(visitor, "/account/passkeys/options", page=ANY_FORM)


def send_made(visitor: Visitor, message: str, **fields):
    return visitor.send("/account/passkeys", page=ANY_FORM, credential=message, **fields)


def add_passkey(visitor: Visitor, name: str = "phone", label: str = "Phone", **options) -> Authenticator:
    """Register a passkey on a device of its own; fails where it is refused."""
    device = Authenticator(name.encode(), **options)
    answer = send_made(visitor, device.create(creation_question(visitor)), label=label)
    assert answer.status_code in (200, 303), answer.text
    return device


def sign_in_question(visitor: Visitor) -> dict[str, Any]:
    return question(visitor, "/sign-in/passkey/options", page=ANY_FORM)


def send_shown(visitor: Visitor, message: str):
    return visitor.send("/sign-in/passkey", page=ANY_FORM, credential=message)


def sign_in_with(visitor: Visitor, device: Authenticator):
    return send_shown(visitor, device.get(sign_in_question(visitor)))


def prove_with(visitor: Visitor, device: Authenticator, **fields):
    asked = question(visitor, "/prove/passkey/options", page=ANY_FORM)
    return visitor.send("/prove/passkey", page=ANY_FORM, credential=device.get(asked), **fields)
