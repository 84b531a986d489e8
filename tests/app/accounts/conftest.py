"""Visitors of the real application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from app.accounts.make_sign_in_link import make_sign_in_link
from tests.app.accounts.visitor import Visitor

T = TypeVar("T")


@pytest.fixture
def visit(app, runtime) -> Callable[[], Visitor]:
    """A fresh browser at each call."""
    return lambda: Visitor(app, runtime)


@pytest.fixture
def at_once() -> Callable[[Sequence[Callable[[], T]]], list[T]]:
    """Run every act in a thread of its own, all let loose at the same moment."""

    def run(acts: Sequence[Callable[[], T]]) -> list[T]:
        barrier = Barrier(len(acts))

        def wait_then(act: Callable[[], T]) -> T:
            barrier.wait()
            return act()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(wait_then, acts))

    return run


@pytest.fixture
def invited(runtime) -> Callable[..., str]:
    """An operator's link for an address, with roles granted."""

    def link(address: str, *roles: str) -> str:
        with runtime.transaction() as session:
            return make_sign_in_link(
                address,
                roles=roles,
                session=session,
                clock=runtime.clock,
                entropy=runtime.entropy,
                links=runtime.links,
            )

    return link


@pytest.fixture
def staff(visit, invited) -> Callable[..., Visitor]:
    """A signed-in member of staff who has not shown a second factor yet."""

    def signed_in(address: str = "staff@example.org", role: str = "norm_editor") -> Visitor:
        visitor = visit()
        visitor.open_link(invited(address, role))
        answer = visitor.press(meant="yes")
        if answer.location == "/join":
            visitor.join()
        return visitor

    return signed_in
