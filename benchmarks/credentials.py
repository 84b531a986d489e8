"""How fast credentials are signed, checked and printed on one core, beside openbadgeslib (PyLD, PyJWT) in one run.

    python benchmarks/credentials.py                every figure of docs/measurements.md, section Credentials
    python benchmarks/credentials.py --count 100    fewer of each

Times are processor time of this process, so a busy machine disturbs them little. Every document is another one: nothing
is remembered between two measurements but fonts and code.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib.ob3.ldp import OB3LdpVerifier, add_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3Verifier

from app.credentials import carriers, conformance, did, jwt, proof
from app.credentials.face import face
from app.credentials.open_badge import credential_document
from app.credentials.queries import CredentialView
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    SeedSigner,
    a_jwt_signer,
    a_random_document,
    an_identity,
    some_facts,
)
from tests.app.credentials.openbadges_verifier import clock_of_openbadgeslib, did_address

TEMPLATES = Path(__file__).parents[1] / "app" / "templates"
SLOW_COUNT = 60  # of what takes tens of milliseconds
SEED = 20261128


def measured(act: Callable[[Any], object], given: list[Any]) -> list[float]:
    """Milliseconds of processor time for each; the first is a warming-up and not counted."""
    act(given[0])
    spent = []
    for one in given[1:]:
        started = time.process_time()
        act(one)
        spent.append(1000 * (time.process_time() - started))
    return spent


def one_after_the_other(
    first: Callable[[Any], object], second: Callable[[Any], object], given: list[Any]
) -> tuple[list[float], list[float]]:
    """The same of two acts in turn, so that the neighbours on this machine disturb both alike."""
    pairs = [(measured(first, [one, one]), measured(second, [one, one])) for one in given]
    return [one[0] for one, _ in pairs], [one[0] for _, one in pairs]


def told(name: str, spent: list[float], goal: str = "") -> None:
    middle, late = statistics.median(spent), statistics.quantiles(spent, n=20)[-1]
    print(f"{name:<58} {middle:8.2f} {late:8.2f} {1000 / statistics.mean(spent):8.0f}  {goal}")


def documents(count: int) -> list[dict[str, Any]]:
    """Plain credentials of this house; each differs from the others."""
    chance = random.Random(SEED)
    found = []
    for number in range(count):
        facts = some_facts(norm_n=5000 + number, percentile_rank=chance.uniform(90, 99.9))
        found.append(credential_document(facts, an_identity(status_index=number), issuer=ISSUER))
    return found


def views(count: int) -> Iterator[CredentialView]:
    """What a page knows of each, with a name of its own."""
    display = {
        "skill_names": {"en": "Collaboration"},
        "norm_population": {"en": "adults working in any occupation"},
        "norm_window_start_on": "2024-11-01",
        "norm_window_end_on": "2026-10-31",
        "band_percent": 90,
        "top_share": "10",
        "cut_percentile": "90",
        "issuer_name": ISSUER.name,
        "issuer_url": ISSUER.base_url,
    }
    empty = dict.fromkeys(CredentialView.__dataclass_fields__)
    for number in range(count):
        yield CredentialView(
            **{
                **empty,
                "skill": "collaboration",
                "code": an_identity().code,
                "is_specimen": False,
                "valid_from": ISSUED_AT,
                "valid_until": an_identity().valid_until,
                "display": display,
                "shown_name": f"Zoë O’Neil-García {number}",
            }
        )


def sign_and_verify(count: int) -> None:
    ed25519, rsa, slow = SeedSigner(), a_jwt_signer(), min(count, SLOW_COUNT)
    given = documents(count)
    checked = [conformance.check(one) for one in given]
    published = did.did_document(ISSUER.did, [ed25519, rsa])
    told("check the document", measured(conformance.check, given))
    told("Ed25519: sign 64 bytes (OpenSSL alone)", measured(lambda _: ed25519.sign(bytes(64)), given))
    told("eddsa-rdfc: check the document and sign", measured(lambda one: _signed(one, ed25519), given), ">= 2000/s")
    told(
        "eddsa-rdfc: sign what was checked",
        measured(lambda one: proof.sign(one, signer=ed25519, created=ISSUED_AT), checked),
    )
    floor, spent = one_after_the_other(lambda _: rsa.sign(bytes(64)), lambda one: jwt.sign(one, signer=rsa), checked)
    told("RSA-2048: sign 64 bytes (OpenSSL alone: the floor)", floor)
    told("RS256: sign what was checked", spent, ">= 2500/s")
    share = statistics.mean(floor) / statistics.mean(spent)
    print(f"{'  of the signatures that OpenSSL alone makes':<58} {share:8.1%}")
    told(
        "RS256: check the document and sign", measured(lambda one: jwt.sign(conformance.check(one), signer=rsa), given)
    )
    signed = [_signed(one, ed25519) for one in given]
    tokens = [jwt.sign(one, signer=rsa) for one in checked]
    told(
        "eddsa-rdfc: verify",
        measured(lambda one: proof.verify(proof.parse(one), ed25519.public_bytes), signed),
        "p95 <= 15 ms",
    )
    told("RS256: verify (joserfc)", measured(lambda one: jwt.verify(one, rsa.public_bytes), tokens), "p95 <= 15 ms")
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    told(
        "openbadgeslib: eddsa-rdfc, sign (PyLD)",
        measured(lambda one: add_data_integrity_proof(one, private, ed25519.key_id), given[:slow]),
    )
    addresses = {did_address(ISSUER.did): json.dumps(published).encode()}
    reading = OB3LdpVerifier(issuer_did=ISSUER.did)
    with clock_of_openbadgeslib(ISSUED_AT):
        told(
            "openbadgeslib: eddsa-rdfc, verify (PyLD)",
            measured(lambda one: reading.verify(one, download=addresses.__getitem__), signed[:slow]),
        )
        reader = OB3Verifier.for_issuer_did(ISSUER.did, addresses.__getitem__)
        told("openbadgeslib: RS256, verify (PyJWT)", measured(reader.verify, tokens))
    chance = random.Random(SEED)
    told(
        "eddsa-rdfc: check and sign, random texts and scripts",
        measured(lambda one: _signed(one, ed25519), [a_random_document(chance) for _ in range(count)]),
    )


def print_faces(count: int) -> None:
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    drawing = templates.get_template("credentials/badge.svg")
    document = documents(1)[0]
    signed = _signed(document, SeedSigner())
    faces = [
        face(
            view,
            document,
            site=ISSUER.base_url,
            language="en",
            gettext=lambda text, **values: text % values if values else text,
        )
        for view in views(min(count, SLOW_COUNT * 3))
    ]
    for name, kind, goal in (
        ("certificate as PDF, unsigned", carriers.PDF, "p95 <= 60 ms"),
        ("badge as SVG", carriers.SVG, "<= 20 ms"),
        ("badge as PNG", carriers.PNG, "<= 20 ms"),
    ):
        told(name, measured(lambda one, kind=kind: carriers.carry(kind, one, signed, draw=drawing.render), faces), goal)


def _signed(document: dict[str, Any], signer: SeedSigner) -> str:
    return proof.sign(conformance.check(document), signer=signer, created=ISSUED_AT)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    print(f"{platform.machine()}, Python {platform.python_version()}; {count} of each, slow ones {SLOW_COUNT}")
    print(f"{'milliseconds of processor time':<58} {'p50':>8} {'p95':>8} {'per s':>8}  goal")
    sign_and_verify(count)
    print_faces(count)


if __name__ == "__main__":
    main()
