"""Browsers of people who have signed in, for tests that are about what comes after."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.browser_sessions import Browser, open_session
from app.accounts.policy import AccountPolicy
from app.foundation.runtime import Runtime


def sign_in(runtime: Runtime, person_id: UUID, *, second_factor: bool, device: str = "test") -> str:
    """What the cookie of a sign-in of just now says."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        return open_session(
            person_id,
            browser=Browser(device),
            second_factor_at=now if second_factor else None,
            session=session,
            at=now,
            entropy=runtime.entropy,
            policy=AccountPolicy(),
        )


def browser_with(app: Flask, signed_in: str) -> FlaskClient:
    """A browser that holds this sign-in."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = signed_in
    return client


def browser_of(app: Flask, runtime: Runtime, person_id: UUID, *, second_factor: bool = True) -> FlaskClient:
    """The browser of somebody who has signed in just now."""
    return browser_with(app, sign_in(runtime, person_id, second_factor=second_factor))
