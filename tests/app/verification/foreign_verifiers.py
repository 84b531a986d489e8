"""Every carrier in every state before verifiers nobody here wrote: openbadgeslib in Python, libraries from npm in node.

pytest tests/app/verification/test_foreign_verifiers.py --write-verifiers      writes docs/verifiers.md anew
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
from openbadgeslib.baking import ITXT_KEYWORD_OB3, SVG_ELEMENT_OB3, extract_png, extract_svg

from tests.app.credentials.openbadges_verifier import verify_token_with_openbadgeslib, verify_with_openbadgeslib
from tests.app.credentials.published_contexts import FILES, ob3_json

NODE = Path(__file__).parents[2] / "node"
SECONDS = 120
ACCEPTED, REFUSED = "accepted", "refused"


@dataclass(frozen=True, slots=True)
class World:
    """What the issuer publishes at one moment: its DID document, and its status lists in both forms by address."""

    did: Mapping[str, Any]
    documents: Mapping[str, Any]
    tokens: Mapping[str, str]

    def without_keys(self) -> World:
        """The same after both keys were declared compromised."""
        return replace(self, did={**self.did, "verificationMethod": [], "assertionMethod": []})

    def without_lists(self) -> World:
        """The same with no status list to be had."""
        return replace(self, documents={}, tokens={})


@dataclass(frozen=True, slots=True)
class Case:
    """One carrier in one state: what stands inside, when it is looked at, and in which world."""

    carrier: str
    state: str
    content: str
    at: datetime
    world: str


def carried(carrier: str, file: bytes, fetch: Callable[[str], str]) -> str:
    """What a carrier holds, taken out with libraries that are not ours; a page names it in its head."""
    if carrier == "png":
        return str(extract_png(file, keyword=ITXT_KEYWORD_OB3))
    if carrier == "svg":
        return str(extract_svg(file, element=SVG_ELEMENT_OB3, text_fallback=True))
    if carrier == "pdf":
        with pikepdf.open(io.BytesIO(file)) as pdf:
            (attached,) = pdf.attachments.values()
            return attached.get_file().read_bytes().decode()
    if carrier == "page":
        (link,) = re.findall(rb'<link rel="alternate" type="application/vc\+ld\+json" href="([^"]+)"', file)
        return fetch(link.decode())
    return file.decode()


def openbadgeslib_says(cases: Iterable[Case], worlds: Mapping[str, World]) -> list[str]:
    """Its outcome on each; several carriers hold the same, which it is asked about once."""
    found: dict[tuple[str, datetime, str], str] = {}
    said = []
    for case in cases:
        same = case.content, case.at, case.world
        if same not in found:
            found[same] = _openbadgeslib_on(case, worlds[case.world])
        said.append(found[same])
    return said


def _openbadgeslib_on(case: Case, world: World) -> str:
    """Its outcome. Where no list is to be had it is handed one of another address, which it does not take."""
    if case.content.startswith("{"):
        (listed,) = [json.dumps(one) for one in world.documents.values()] or ['{"id": "http://localhost/status/0"}']
        accepted = verify_with_openbadgeslib(case.content, dict(world.did), listed, at=case.at)
    else:
        (listed,) = list(world.tokens.values()) or ["e30.eyJpZCI6Imh0dHA6Ly9sb2NhbGhvc3Qvc3RhdHVzLzAifQ.e30"]
        accepted = verify_token_with_openbadgeslib(case.content, dict(world.did), listed, at=case.at)
    return ACCEPTED if accepted else REFUSED


def missing_for_node() -> str | None:
    """Why the libraries from npm cannot be asked on this machine; None if they can."""
    if shutil.which("node") is None:
        return "needs node, which is not on this machine"
    if not (NODE / "node_modules").is_dir():
        return "needs the verifiers of tests/node: run scripts/install_node_verifiers.sh"
    return None


def node_says(cases: Iterable[Case], worlds: Mapping[str, World]) -> list[str]:
    """The outcome of each case, all in one process of node, which reaches no network for it."""
    asked = {
        "contexts": {url: ob3_json(f"contexts/{name}") for url, name in FILES.items()},
        "worlds": {
            name: {"did": one.did, "documents": one.documents, "tokens": one.tokens} for name, one in worlds.items()
        },
        "cases": [{"content": one.content, "at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}", "world": one.world} for one in cases],
    }
    done = subprocess.run(
        ["node", "verify.mjs"],
        input=json.dumps(asked),
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    outcomes: list[str] = json.loads(done.stdout)
    return outcomes


def npm_packages() -> str:
    """The libraries that are asked, with their versions."""
    wanted: dict[str, str] = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return ", ".join(f"{name} {number}" for name, number in wanted.items())
