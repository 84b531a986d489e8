"""Trees, paths, and the auditor's own arithmetic, each against another implementation."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.transparency import merkle
from tests.app.transparency.copy_of_log import auditor


def test_the_auditors_ed25519_agrees_with_the_library() -> None:
    audit = auditor()
    for number in range(4):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public, message = key.public_key().public_bytes_raw(), bytes(range(number * 40))
        signature = key.sign(message)
        assert audit.ed25519_holds(public, message, signature)
        for bad in (signature[:-1] + bytes([signature[-1] ^ 1]), bytes([signature[0] ^ 1]) + signature[1:], b""):
            assert not audit.ed25519_holds(public, message, bad)
        assert not audit.ed25519_holds(public, message + b"x", signature)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 70), data=st.data())
def test_every_path_leads_to_the_root(size: int, data) -> None:
    hashes = [merkle.leaf_hash(bytes([one])) for one in range(size)]
    index = data.draw(st.integers(0, size - 1))
    assert merkle.root(hashes) == auditor().root_of(hashes)
    found, position, path = hashes[index], index, merkle.inclusion_path(index, hashes)
    last = size - 1
    for one in path:
        if position & 1 or position == last:
            found = merkle.node_hash(one, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = merkle.node_hash(found, one)
        position, last = position >> 1, last >> 1
    assert (found, last) == (merkle.root(hashes), 0)
