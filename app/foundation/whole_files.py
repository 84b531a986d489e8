"""Files that are whole or as they were, whatever fails meanwhile: a full disk, a write error, a kill or a power cut."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OWNER_ALONE = 0o600
PUBLIC = 0o666  # less what the process masks


def write_whole(path: Path, content: bytes, *, replacing: bool, mode: int = OWNER_ALONE) -> None:
    """Write a file that its owner alone may read, or who `mode` says; return once it is on the disk under its name.

    Raises
    ------
    OSError
        If the disk fails. Where a file was replaced, the new one may be there, whole.
    IsADirectoryError
        If the path names no file.
    FileExistsError
        If there is one of this name and it is not to be replaced.

    Every error names the path that was asked for, and not the file beside it in which it grows.
    """
    if not path.name:  # as of an empty argument, which stands for the directory one is in
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    part = path.with_name(f".{path.name}.part")  # a backup of the directory passes it over
    try:
        with errors_naming(path):
            _write(part, content, mode)
            if replacing:
                part.replace(path)
                sync_directory(path.parent)
            else:
                _give_name(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def errors_naming(path: Path) -> Iterator[None]:
    """Errors of the file beside it, or of the disk, name the path that was asked for."""
    try:
        yield
    except OSError as problem:
        problem.filename, problem.filename2 = str(path), None
        raise


def _write(part: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        view = memoryview(content)
        while view:
            view = view[file.write(view) :]
        os.fsync(descriptor)


def _give_name(part: Path, path: Path) -> None:
    path.hardlink_to(part)  # unlike a rename, it never replaces what came to be there meanwhile
    try:
        sync_directory(path.parent)
    except OSError:
        path.unlink()  # or it would be found and relied on, and be gone after a power cut
        raise


def write_public(path: Path, content: bytes) -> None:
    """Write a file for everybody's eyes, whole or not at all, and the directories above it."""
    make_directory(path.parent)
    write_whole(path, content, replacing=True, mode=PUBLIC)


def make_directory(directory: Path) -> None:
    """Make it, and those above it that are not there; return once their names are on the disk."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
    """Return once the names in it are on the disk: a file that was synced can else be there without a name."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
