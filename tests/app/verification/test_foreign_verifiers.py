"""Every carrier in every state: our own verdict, openbadgeslib's and that of the libraries from npm, in one table."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from app.credentials import png_carrier
from app.credentials.publish_status_list import publish_status_list
from tests.app.credentials.awards import BASE_URL, JWT_KEY_ID, a_signer
from tests.app.credentials.documents import a_jwt_signer
from tests.app.credentials.test_jwt import part, with_part
from tests.app.verification.foreign_verifiers import (
    ACCEPTED,
    REFUSED,
    Case,
    World,
    carried,
    missing_for_node,
    node_says,
    npm_packages,
    openbadgeslib_says,
)
from tests.app.verification.papers import in_a_pdf
from tests.app.verification.register import HTML
from tests.app.verification.test_files import verdict

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TABLE = Path(__file__).parents[3] / "docs" / "verifiers.md"
CARRIERS = ("json", "jwt", "png", "svg", "pdf", "page")
PRINTED = {"json": "JSON", "jwt": "JWT", "png": "PNG", "svg": "SVG", "pdf": "PDF", "page": "HTML page"}
AT_THE_END, AFTER_SKEW = "expired, at the second", "expired, six minutes ago"
# What each state must be: our verdict, and what a stranger says.
STATES = {
    "valid": ("valid", ACCEPTED),
    "in its last second": ("valid", ACCEPTED),
    AT_THE_END: (
        "expired",
        ACCEPTED,
    ),  # of embedded proofs; libraries ask for a later instant, or allow for a slow clock
    AFTER_SKEW: ("expired", REFUSED),
    "revoked": ("revoked", REFUSED),
    "suspended": ("suspended", ACCEPTED),
    "specimen": ("specimen", ACCEPTED),
    "altered by one digit": ("altered", REFUSED),
    "key withdrawn": ("unknown", REFUSED),
    "status list out of reach": ("unknown", REFUSED),
}


@pytest.fixture
def issued(client, register, clock) -> tuple[list[Case], dict[str, World], dict[tuple[str, str], str]]:
    """All cases, the worlds they are in, and our own verdict on each."""
    cases: list[Case] = []
    ours: dict[tuple[str, str], str] = {}
    codes = {state: register.issued(is_specimen=state == "specimen") for state in STATES}
    files = {
        (state, carrier): client.get(
            f"/c/{code}" + ("" if carrier == "page" else f".{carrier}"),
            headers=HTML,
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        ).data
        for number, (state, code) in enumerate(codes.items())
        for carrier in CARRIERS
    }
    register.revoke(codes["revoked"])
    register.change(codes["suspended"], suspended_at=clock.now())
    _publish_list(register)
    worlds = _worlds(client)
    began = clock.now()
    until = began.replace(year=began.year + 1)
    for (state, carrier), fetched in files.items():
        file, content = fetched, carried(carrier, fetched, lambda address: client.get(address).text)
        if state == "altered by one digit":
            file, content = _altered(carrier, file, content)
        moments = {
            "in its last second": until - timedelta(seconds=1),
            AT_THE_END: until,
            AFTER_SKEW: until + timedelta(minutes=6),
        }
        at = moments.get(state, began + timedelta(days=1))
        world = {"key withdrawn": "without keys", "status list out of reach": "without lists"}.get(state, "as it is")
        cases.append(Case(carrier, state, content, at, world))
        if world == "as it is":
            clock.advance(at - clock.now())
            posted = content.encode() if carrier == "page" else file
            ours[state, carrier] = verdict(client, posted, network=f"192.0.{len(ours)}.9")
    return cases, worlds, ours


def _publish_list(register) -> None:
    with register.database.transaction() as session:
        publish_status_list(
            1,
            session=session,
            clock=register.clock,
            signer=a_signer(),
            jwt_signer=a_jwt_signer(JWT_KEY_ID),
            base_url=BASE_URL,
        )


def _worlds(client) -> dict[str, World]:
    address = f"{BASE_URL}/status/1"
    as_it_is = World(
        did=client.get("/.well-known/did.json").json,
        documents={address: client.get("/status/1", headers={"Accept": "application/json"}).json},
        tokens={address: client.get("/status/1", headers={"Accept": "application/vc+jwt"}).text},
    )
    return {"as it is": as_it_is, "without keys": as_it_is.without_keys(), "without lists": as_it_is.without_lists()}


def _altered(carrier: str, file: bytes, content: str) -> tuple[bytes, str]:
    """The file and what it holds, with 93.4 made 98.4."""
    if carrier == "jwt":
        told = json.loads(json.dumps(part(content, 1)).replace('"93.4"', '"98.4"'))
        changed = with_part(content, 1, told)
    else:
        changed = content.replace('"93.4"', '"98.4"')
    assert changed != content
    if carrier == "png":
        return png_carrier.bake(file, changed), changed
    if carrier == "pdf":
        return in_a_pdf(changed.encode()), changed
    return (file.replace(content.encode(), changed.encode()) if carrier == "svg" else changed.encode()), changed


def test_our_verdict_and_that_of_openbadgeslib_on_every_carrier_in_every_state(issued) -> None:
    cases, worlds, ours = issued
    assert {case: found for case, found in ours.items() if found != STATES[case[0]][0]} == {}
    assert len(ours) == len(CARRIERS) * (len(STATES) - 2)  # a key or a list out of reach has tests of its own
    assert _unexpected(cases, openbadgeslib_says(cases, worlds)) == {}


def test_libraries_from_npm_agree_and_the_table_in_the_documentation_says_so(issued, request) -> None:
    if reason := missing_for_node():
        pytest.skip(reason)
    cases, worlds, ours = issued
    npm = node_says(cases, worlds)
    assert _unexpected(cases, npm) == {}
    head = TABLE.read_text(encoding="utf-8").partition("| State")[0]
    text = head + _table(cases, ours, openbadgeslib_says(cases, worlds), npm)
    if request.config.getoption("--write-verifiers"):
        TABLE.write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text


def _unexpected(cases: list[Case], said: list[str]) -> dict[tuple[str, str], str]:
    """What a stranger said otherwise than it must. At its last instant a JWT is over, as its standard has it."""
    found = {}
    for case, words in zip(cases, said, strict=True):
        must = REFUSED if (case.state, case.carrier) == (AT_THE_END, "jwt") else STATES[case.state][1]
        if words.partition(":")[0] != must:
            found[case.state, case.carrier] = words
    return found


def _table(cases: list[Case], ours: dict[tuple[str, str], str], openbadgeslib: list[str], npm: list[str]) -> str:
    """One row for each state and set of carriers that fare alike."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for case, first, second in zip(cases, openbadgeslib, npm, strict=True):
        own = ours.get((case.state, case.carrier), "not asked")
        rows.setdefault((case.state, own, first, second), []).append(PRINTED[case.carrier])
    lines = ["| State | Carrier | `/verify` | openbadgeslib | npm |", "|---|---|---|---|---|"]
    for (state, own, first, second), carriers in rows.items():
        lines.append(f"| {state} | {', '.join(carriers)} | {own} | {first} | {second.replace('|', ' ')} |")
    return "\n".join(lines) + f"\n\nAsked: openbadgeslib {version('openbadgeslib')}; of npm {npm_packages()}.\n"
