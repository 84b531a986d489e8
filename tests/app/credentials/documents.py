"""Builders for tests of documents: facts, identities, a signer, and random ones by seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from app.credentials import codes, conformance, jwt, proof
from app.credentials.did import Issuer
from app.credentials.keys import RsaSigner
from app.credentials.open_badge import AwardFacts, Identity, credential_document

ISSUER = Issuer("Decile", "https://decile.example")
ISSUED_AT = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
KEY_ID = "did:web:decile.example#2026-11-0a1b2c3d"


class SeedSigner:
    """An Ed25519 signer from a fixed seed: real signatures, the same in every run."""

    algorithm = "Ed25519"

    def __init__(self, key_id: str = KEY_ID, seed: bytes = bytes(range(32))) -> None:
        self.key_id = key_id
        self._private_key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_bytes = self._private_key.public_key().public_bytes_raw()
        self.signatures_made = 0

    def sign(self, data: bytes) -> bytes:
        self.signatures_made += 1
        return self._private_key.sign(data)


class Forger(SeedSigner):
    """Claims one key and signs with another: a fault in a key device, or a mixed-up key file."""

    def sign(self, data: bytes) -> bytes:
        return SeedSigner(seed=bytes(32)).sign(data)


class JwtForger(RsaSigner):
    """Claims an RSA key and signs something else with it, to the same effect."""

    def sign(self, data: bytes) -> bytes:
        return super().sign(data + b"another")


JWT_KEY_ID = "did:web:decile.example#2026-11-4e5f6a7b"


@cache
def an_rsa_key() -> RSAPrivateKey:
    """One real key for a whole run: making one takes longer than a test should."""
    return generate_private_key(65537, 2048)


def a_jwt_signer(key_id: str = JWT_KEY_ID) -> RsaSigner:
    return RsaSigner(key_id, an_rsa_key())


def a_token(**changes: Any) -> str:
    """A credential as a JWT."""
    return jwt.sign(conformance.check(a_document(some_facts(**changes))), signer=a_jwt_signer())


def some_facts(**changes: Any) -> AwardFacts:
    """A real award for collaboration."""
    facts = AwardFacts(
        skill_slug="collaboration",
        skill_name="Collaboration",
        skill_definition="Working with others towards a shared goal, sharing information and credit.",
        facets=("Sharing information", "Giving help", "Settling differences"),
        percentile_rank=93.44,
        band_low=86.21,
        band_high=97.03,
        band_percent=90,
        decision_confidence=0.8161,
        norm_id=UUID("0b6f9a52-5555-4666-8777-888899990000"),
        norm_label="COL-2026.2",
        norm_population="adults working in any occupation",
        norm_n=5120,
        norm_window_start_on=date(2024, 11, 1),
        norm_window_end_on=date(2026, 10, 31),
        cut_percentile=90.0,
        cut=1.2816,
        cut_standard_error=0.0312,
        mode="open",
        statements=11,
        scenarios=9,
        is_specimen=False,
    )
    return replace(facts, **changes)


def an_identity(**changes: Any) -> Identity:
    """What one credential was given before signing."""
    identity = Identity(
        code=codes.code_from_bits(0x3A7F_16E8_99D5_0B2C_44F1),
        subject_id=UUID("7e9d9f5c-1111-4222-8333-944455556666"),
        status_list=1,
        status_index=94567,
        valid_from=ISSUED_AT,
    )
    return replace(identity, **changes)


def a_document(facts: AwardFacts | None = None, identity: Identity | None = None) -> dict[str, Any]:
    """An unsigned credential."""
    return credential_document(facts or some_facts(), identity or an_identity(), issuer=ISSUER)


def a_signed_document(signer: SeedSigner | None = None, **changes: Any) -> dict[str, Any]:
    """A signed credential, parsed."""
    checked = conformance.check(a_document(some_facts(**changes)))
    return proof.parse(proof.sign(checked, signer=signer or SeedSigner(), created=ISSUED_AT))


SCRIPTS = (
    "abcdefgh XYZ",
    "éàçœßñ",
    "Ελληνικά",
    "кириллица",
    "日本語漢字",
    "العربية",
    "עברית",
    "हिन्दी",
    "😀🎓",
    "a\u0301e\u0308",
)
AWKWARD = (
    '"quoted"',
    "back\\slash",
    "<b>&amp;</b>",
    "line\nbreak",
    "${x}",
    "%(x)s",
    "_:b0",
    "@type",
    "\u2028",
    "\u00a0",
)


def a_random_text(chance: random.Random) -> str:
    """Words of many scripts with the characters that trip escapers."""
    return "A " + " ".join(chance.choice(SCRIPTS + AWKWARD) for _ in range(chance.randint(1, 6)))


def a_random_document(chance: random.Random) -> dict[str, Any]:
    """A conforming credential with every optional part in or out."""
    started = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(8 * 366 * 86400))
    low, rank, high = sorted(chance.uniform(0, 100) for _ in range(3))
    is_specimen, cut_percentile = chance.random() < 0.5, chance.choice((90.0, 95.0, 97.5))
    facts = some_facts(
        skill_slug=chance.choice(("collaboration", "adaptability", "composure")),
        skill_name=a_random_text(chance),
        skill_definition=a_random_text(chance),
        facets=tuple(a_random_text(chance) for _ in range(chance.randint(0, 4))),
        percentile_rank=rank if is_specimen else max(rank, cut_percentile),
        band_low=low,
        band_high=high,
        decision_confidence=chance.random(),
        norm_id=UUID(int=chance.getrandbits(128), version=4),
        norm_label=a_random_text(chance),
        norm_population=a_random_text(chance),
        norm_n=chance.randrange(1000, 10**6),
        cut_percentile=cut_percentile,
        cut=chance.gauss(0, 2),
        cut_standard_error=chance.random(),
        mode=chance.choice(("open", "controlled", "confirmed", "observed")),
        is_specimen=is_specimen,
        esco_uri="http://data.europa.eu/esco/skill/" + str(UUID(int=chance.getrandbits(128), version=4))
        if chance.random() < 0.5
        else None,
    )
    identity = Identity(
        code=codes.code_from_bits(chance.getrandbits(80)),
        subject_id=UUID(int=chance.getrandbits(128), version=4),
        status_list=chance.randrange(1, 50),
        status_index=chance.randrange(131_072),
        valid_from=started,
    )
    host = chance.choice(
        ("https://decile.example", "https://certificates.decile.example:8443", "http://127.0.0.1:8000")
    )
    return credential_document(facts, identity, issuer=Issuer(a_random_text(chance), host))


Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The place of every text and number of a document."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield from leaves(one, (*path, position))
    else:
        yield path


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The place of every object of a document."""
    if isinstance(value, dict):
        yield path
        for key, one in value.items():
            yield from places(one, (*path, key))
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield from places(one, (*path, position))


def value_at(document: Any, path: Path) -> Any:
    """What stands at a place."""
    for step in path:
        document = document[step]
    return document


def with_value(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the document with one place changed."""
    changed = deepcopy(document)
    value_at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """A copy of the document with one place removed."""
    changed = deepcopy(document)
    del value_at(changed, path[:-1])[path[-1]]
    return changed
