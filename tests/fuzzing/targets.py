"""Everything of ours that reads a file or a message of strangers, each with good examples to begin from.

A target may refuse in its own words: a `DecileError`, whose text says what to do, or the one named error beside it.
Anything else that comes out is a fault, and so is taking longer than anybody would wait.
"""

from __future__ import annotations

import atexit
import gzip
import io
import json
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from app.accounts import passkey_messages
from app.accounts.passkey_messages import MessageInvalid
from app.accounts.relying_party import RelyingParty
from app.credentials import conformance, jwt, png_carrier, proof, status_list, svg_carrier
from app.foundation.errors import DecileError
from app.item_bank.bank_files import check_bank
from app.item_bank.export_bank import export_bank, export_qti
from app.item_bank.import_bank import import_bank
from app.norming.mapping import read_mapping
from app.norming.sample_file import read_sample
from app.operations import archive
from app.operations.archive import Manifest
from app.transparency import merkle, note
from app.transparency.note import Checkpoint
from app.transparency.published_copy import read_copy, tile_path
from app.verification import batch_list
from app.verification.carried import carried
from tests.app.accounts.software_authenticator import ORIGIN, RP_ID, Authenticator, encoded
from tests.app.credentials.documents import SeedSigner, a_signed_document, a_token
from tests.app.item_bank.bank_folders import ITEM_BANKS, SHIPPED
from tests.app.norming.builders import a_mapping, mapping_content
from tests.app.verification.papers import in_a_pdf

LOG_ORIGIN = "localhost/log"
PASSPHRASE = "a passphrase for fuzzing"
CHALLENGE = "a challenge"
YOUNGEST_ADULT = 18
PARTS = 4  # of a package: manifest, bank, and two items
ROOM = Path(tempfile.mkdtemp(prefix="decile-fuzzing-"))  # of this process
atexit.register(shutil.rmtree, ROOM, ignore_errors=True)


@dataclass(frozen=True)
class Target:
    """What reads, and examples that it accepts."""

    name: str
    read: Callable[[bytes], object]
    examples: Callable[[], list[bytes]]
    refusals: tuple[type[Exception], ...] = (DecileError,)
    longest: int = 200_000  # bytes that are tried: each of these has a limit of its own far below a large file


def _file(content: bytes, name: str) -> Path:
    path = ROOM / name
    path.write_bytes(content)
    return path


def _document() -> str:
    return json.dumps(a_signed_document(), separators=(",", ":"))


# --- carriers of a credential --------------------------------------------------------------------


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return png_carrier.SIGNATURE + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def _carriers() -> list[bytes]:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>'
    return [
        _document().encode(),
        a_token().encode(),
        svg_carrier.bake(drawing, _document()).encode(),
        png_carrier.bake(_png(), _document()),
        in_a_pdf(_document().encode()),
    ]


def _credential(content: bytes) -> object:
    document, options = proof.split(proof.parse(content))
    return conformance.check(document), options


def _token(content: bytes) -> object:
    token = content.decode("utf-8", errors="replace")
    return jwt.document_of(token), jwt.key_of(token)


def _status_list(content: bytes) -> object:
    return status_list.decode(content.decode("utf-8", errors="replace"))


# --- files of item editors and norm editors ------------------------------------------------------


def _bank(content: bytes, suffix: str) -> object:
    with tempfile.TemporaryDirectory(dir=ROOM) as root:
        return import_bank(_file(content, f"bank{suffix}"), Path(root))


@cache
def _package() -> bytes:
    return export_qti(SHIPPED)


def _within_package(content: bytes) -> object:
    """One file of a package, which the first byte names, packed again: what a bit-flip in a ZIP never reaches."""
    place, inside = content[:1], content[1:]
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_package())) as package, zipfile.ZipFile(made, "w") as another:
        chosen = package.namelist()[place[0] % PARTS] if place else ""
        for name in package.namelist():
            another.writestr(name, inside if name == chosen else package.read(name))
    return _bank(made.getvalue(), ".zip")


def _parts_of_package() -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(_package())) as package:
        return [bytes([number]) + package.read(name) for number, name in enumerate(package.namelist()[:PARTS])]


def _bank_folder(content: bytes) -> object:
    """The statements of a bank as its author left them; findings are the answer, never an error."""
    root = ROOM / "banks"
    folder = root / "collaboration" / "v1"
    if not folder.is_dir():
        shutil.copytree(SHIPPED, folder)
        shutil.copy(ITEM_BANKS / "skills.yaml", root / "skills.yaml")
    (folder / "items.yaml").write_bytes(content)
    return check_bank(folder)


def _few_statements() -> bytes:
    data = yaml.safe_load((SHIPPED / "items.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({"statements": data["statements"][:3]}, allow_unicode=True).encode()


def _sample(content: bytes) -> object:
    return read_sample(_file(content, "sample.csv"), a_mapping(groups={"g": "group"}))


def _samples() -> list[bytes]:
    text = b"person,age,Q1,Q2,group\na,30,1,5,x\nb,41,2,,y\nc,17,3,3,x\n"
    return [text, b"\xef\xbb\xbf" + text, gzip.compress(text, mtime=0)]


def _mapping(content: bytes) -> object:
    return read_mapping(_file(content, "mapping.yaml"), youngest_adult_years=YOUNGEST_ADULT)


def _batch(content: bytes) -> object:
    return batch_list.lines_of(batch_list.text_of(content))


# --- what operators bring back, and what browsers send -------------------------------------------


def _log_entries() -> bytes:
    texts = [json.dumps({"v": 1, "kind": "key", "at": "2026-11-28T12:00:00Z", "n": n}).encode() for n in range(3)]
    return b"".join(struct.pack(">H", len(text)) + text for text in texts)


@cache
def _log_key() -> tuple[str, str]:
    signer, data = SeedSigner(LOG_ORIGIN), _log_entries()
    leaves = []
    while data:
        (length,) = struct.unpack(">H", data[:2])
        leaves.append(merkle.leaf_hash(data[2 : 2 + length]))
        data = data[2 + length :]
    text = note.sign(Checkpoint(LOG_ORIGIN, len(leaves), merkle.root(leaves)), signer=signer)
    return text, note.verifier_key(LOG_ORIGIN, signer.public_bytes)


def _log_tile(content: bytes) -> object:
    folder = ROOM / "log-copy"
    tile = folder / tile_path("entries", 0, 3)
    tile.parent.mkdir(parents=True, exist_ok=True)
    tile.write_bytes(content)
    text, key = _log_key()
    (folder / "log/checkpoint").write_text(text)
    return read_copy(folder, [key])


def _checkpoint(content: bytes) -> object:
    return note.read(content.decode("utf-8", errors="replace"), _log_key()[1])


def _backup(content: bytes) -> object:
    return archive.read_manifest(_file(content, "night.backup"), PASSPHRASE)


def _sealed() -> list[bytes]:
    content = ROOM / "content"
    content.mkdir(exist_ok=True)
    (content / "secret_keys.json").write_text("{}")
    made = ROOM / "made.backup"
    made.unlink(missing_ok=True)
    manifest = Manifest(
        made_at="2026-11-28T12:00:00Z", engine="sqlite", schema_head="x", rows={}, files=archive.files_below(content)
    )
    archive.write_archive(made, content, PASSPHRASE, manifest=manifest)
    return [made.read_bytes()]


PARTY = RelyingParty(RP_ID, ORIGIN, can_have_passkeys=True)


def _passkey(content: bytes) -> object:
    message = content.decode("utf-8", errors="replace")
    try:
        return passkey_messages.claim_of(message)
    except MessageInvalid:
        return passkey_messages.new_credential(message, challenge=CHALLENGE, party=PARTY)


def _passkeys() -> list[bytes]:
    device = Authenticator(b"a credential id")
    options = {"challenge": encoded(CHALLENGE.encode()), "user": {"id": encoded(b"somebody")}}
    return [device.create(options).encode(), device.get(options).encode()]


TARGETS = {
    target.name: target
    for target in (
        Target("carrier", carried, _carriers),
        Target("credential", _credential, lambda: [_document().encode()]),
        Target("token", _token, lambda: [a_token().encode()]),
        Target("status_list", _status_list, lambda: [status_list.encode(status_list.bitstring([3, 9])).encode()]),
        Target("bank_json", lambda content: _bank(content, ".json"), lambda: [export_bank(SHIPPED, "json").encode()]),
        Target("bank_yaml", lambda content: _bank(content, ".yaml"), lambda: [export_bank(SHIPPED, "yaml").encode()]),
        Target("bank_package", lambda content: _bank(content, ".zip"), lambda: [_package()]),
        Target("within_package", _within_package, _parts_of_package),
        Target("bank_folder", _bank_folder, lambda: [_few_statements()]),
        Target("sample", _sample, _samples),
        Target("mapping", _mapping, lambda: [yaml.safe_dump(mapping_content(), allow_unicode=True).encode()]),
        Target("batch", _batch, lambda: [b"code;name\n7Q4F-XK2M-9TBD-W3HN-5;x\n\n\"7Q4FXK2M9TBDW3HN5\"\n"]),
        Target("log_tile", _log_tile, lambda: [_log_entries()]),
        Target("checkpoint", _checkpoint, lambda: [_log_key()[0].encode()]),
        Target("backup", _backup, _sealed),
        Target("passkey", _passkey, _passkeys, (DecileError, MessageInvalid)),
    )
}  # fmt: skip
