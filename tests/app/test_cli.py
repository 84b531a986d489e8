"""The door of the command line: what the machine refuses is one line, what we did wrong is not hidden."""

from __future__ import annotations

import errno
import socket
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import Doorkeeper


def at_the_door(fail):
    """What a command that does this gives at the door."""
    door = Doorkeeper("door", commands=[click.Command("fail", callback=fail)])
    return CliRunner().invoke(door, ["fail"])


def test_what_the_machine_refuses_is_one_line_that_names_the_file(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    new.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as late:
        for line, fail in (
            (f"{tmp_path}/no/where: No such file or directory.", (tmp_path / "no/where").touch),
            (f"{old}/x: Not a directory.", (old / "x").mkdir),
            (f"{old}: File exists.", partial(old.hardlink_to, new)),
            ("No space left on device.", partial(Path("/dev/full").write_text, "x")),
            ("Address already in use.", partial(late.bind, taken.getsockname())),
        ):
            done = at_the_door(fail)
            assert (done.exit_code, done.output) == (1, f"Refused: {line}\n")


@pytest.mark.parametrize("problem", [OSError(errno.EBADF, "Bad file descriptor"), KeyError("x"), ValueError("y")])
def test_what_we_did_wrong_is_not_hidden(problem):
    def fail():
        raise problem

    assert at_the_door(fail).exception is problem
