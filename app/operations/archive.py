"""The inside of a backup: files with their hashes and, last, a manifest that says what must be there."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from app.foundation.whole_files import errors_naming, sync_directory
from app.operations.errors import BackupRefused, BackupUnreadable
from app.operations.sealed_file import DAMAGED, SealingWriter, UnsealingReader

MANIFEST = "manifest.json"
DATABASE = "database"
KEYS = "keys"
SECRET_KEYS = "secret_keys.json"  # noqa: S105  a file's name
ROOTS = (DATABASE, KEYS, SECRET_KEYS)
QUICK = 1  # of zlib's levels: four times faster than the best, a tenth larger
PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files` maps names to SHA-256, `rows` tables to how many rows they had."""

    made_at: str
    engine: str
    schema_head: str
    rows: dict[str, int]
    files: dict[str, str]


def write_archive(path: Path, content: Path, passphrase: str, *, manifest: Manifest) -> None:
    """Seal every file under `content` into `path`, which appears whole or not at all.

    Raises
    ------
    BackupRefused
        If there is a file of that name.
    """
    part = path.with_name(f".{path.name}.part")
    with errors_naming(path):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
    try:
        with errors_naming(path), os.fdopen(descriptor, "wb") as out:
            _seal(out, content, passphrase, manifest)
            out.flush()
            os.fsync(out.fileno())
        if read_manifest(part, passphrase) != manifest:
            raise BackupUnreadable(path, "what was written is not what was read back")
        _appear(part, path)
    finally:
        part.unlink(missing_ok=True)


def _appear(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise BackupRefused(
            f"There is a file {path} already; a backup overwrites nothing. Choose another name."
        ) from None
    sync_directory(path.parent)


def _seal(out: BinaryIO, content: Path, passphrase: str, manifest: Manifest) -> None:
    sealing = SealingWriter(out, passphrase)
    with (
        gzip.GzipFile(fileobj=cast("BinaryIO", sealing), mode="wb", compresslevel=QUICK, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name in manifest.files:
            tar.add(content / name, arcname=name, recursive=False)
        text = json.dumps(asdict(manifest)).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    sealing.finish()


def files_below(content: Path) -> dict[str, str]:
    """Each file's name below `content`, with its SHA-256."""
    found = sorted(path for path in content.rglob("*") if path.is_file())
    return {path.relative_to(content).as_posix(): _sha256(path) for path in found}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path, passphrase: str) -> Manifest:
    """Read the whole backup and write nothing; what comes back is proven to be in it.

    Raises
    ------
    BackupUnreadable
    """
    return _unpack(path, passphrase, into=None)


def extract(path: Path, passphrase: str, *, into: Path) -> Manifest:
    """Write every file below `into`, which only its owner may read, checking all of it once more."""
    return _unpack(path, passphrase, into=into)


def _unpack(path: Path, passphrase: str, *, into: Path | None) -> Manifest:
    seen: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    with _opened(path, passphrase) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None or manifest is not None:
                raise BackupUnreadable(path, "it holds what no backup holds")
            if member.name == MANIFEST:
                manifest = json.load(file)
            else:
                seen[member.name] = _copied(file, _place(path, member.name, into))
    if manifest is None or manifest["files"] != seen:
        raise BackupUnreadable(path, "its files are not those that its manifest names")
    return Manifest(**manifest)


def _place(path: Path, name: str, into: Path | None) -> Path | None:
    parts = PurePosixPath(name).parts
    if parts[0] not in ROOTS or ".." in parts:
        raise BackupUnreadable(path, f"it holds a file {name}, which no backup holds")
    return None if into is None else into / name


def _copied(file: Any, place: Path | None) -> str:
    digest = hashlib.sha256()
    if place is None:
        while block := file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "wb") as out:
        while block := file.read(1 << 20):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


@contextmanager
def _opened(path: Path, passphrase: str) -> Iterator[tarfile.TarFile]:
    try:
        with path.open("rb") as file:
            plain = io.BufferedReader(UnsealingReader(file, path, passphrase))
            with gzip.GzipFile(fileobj=plain) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
                yield tar
                while packed.read(1 << 20):  # to the true end, where a file that was cut short shows
                    pass
            if plain.read(1):
                raise BackupUnreadable(path, DAMAGED)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError, TypeError, KeyError):
        raise BackupUnreadable(path, DAMAGED) from None
    except FileNotFoundError:
        raise BackupUnreadable(path, "there is no such file") from None
    except (IsADirectoryError, PermissionError):
        raise BackupUnreadable(path, "it is no file that may be read") from None
