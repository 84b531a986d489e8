"""A copy of the log as files, taken from the pages anyone can open."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from types import ModuleType

from app import worker
from app.foundation.runtime import Runtime

AUDIT = Path(__file__).resolve().parents[3] / "docs" / "audit" / "audit_log.py"


def auditor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_log", AUDIT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sign(house: Runtime) -> None:
    worker.JOBS["sign_checkpoint"](house)


def copied(client, folder: Path, codes: list[str]) -> Path:
    """Everything an auditor reads, each file from its own address."""
    audit = auditor()
    note = client.get("/log/checkpoint").get_data()
    size = int(note.split(b"\n")[1])
    paths = [f"log/proof/{code}" for code in codes]
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        paths += [audit.tile_path("entries", number, width), audit.tile_path("0", number, width)]
    _write(folder / "log/checkpoint", note)
    for path in paths:
        answer = client.get(f"/{path}")
        if answer.status_code == 200:
            _write(folder / path, answer.get_data())
    return folder


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def key_of(client) -> list[str]:
    return client.get("/log/keys").get_data(as_text=True).split()


def document(client, code: str) -> str:
    return client.get(f"/c/{code}.json").get_data(as_text=True)


def path_leads_to_root(shown: dict, audit: ModuleType) -> bool:
    """An inclusion proof, checked after RFC 9162, section 2.1.3.2, apart from the code that made it."""
    import hashlib  # noqa: PLC0415

    size = int(shown["checkpoint"].split("\n")[1])
    root = base64.b64decode(shown["checkpoint"].split("\n")[2])
    fn, sn = shown["number"], size - 1
    found = hashlib.sha256(b"\0" + shown["entry"].encode()).digest()
    for one in (base64.b64decode(text) for text in shown["path"]):
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = hashlib.sha256(b"\1" + one + found).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\1" + found + one).digest()
        fn, sn = fn >> 1, sn >> 1
    signed = audit.read_checkpoint(shown["checkpoint"], [shown["verifier_key"]])
    return sn == 0 and found == root and signed is not None and json.loads(shown["entry"])["v"] == 1
