"""Files that are whole or as they were; what fails meanwhile is in tests/app/operations/test_write_errors.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.foundation.whole_files import write_whole


def test_a_file_is_replaced_only_where_that_is_meant_and_nothing_lies_beside_it(tmp_path):
    path = tmp_path / "head.json"
    write_whole(path, b"first", replacing=True)
    write_whole(path, b"second", replacing=True)
    with pytest.raises(FileExistsError):
        write_whole(path, b"third", replacing=False)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_names_no_file_is_refused_as_a_directory():
    with pytest.raises(IsADirectoryError):
        write_whole(Path(), b"x", replacing=False)


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    there = tmp_path / "there"
    there.touch()
    for path, replacing in ((tmp_path / "nowhere" / "x.zip", False), (there, False), (there / "x", True)):
        with pytest.raises(OSError) as refused:  # noqa: PT011  its name is what is looked at
            write_whole(path, b"x", replacing=replacing)
        assert (refused.value.filename, refused.value.filename2) == (str(path), None)
