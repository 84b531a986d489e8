"""The door of the command line: what the machine refuses is one line, what we did wrong is not hidden."""

from __future__ import annotations

import errno
import socket
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import QueuePool, create_engine, text

from app.cli import ROOM, Doorkeeper


def at_the_door(fail):
    """What a command that does this gives at the door."""
    door = Doorkeeper("door", commands=[click.Command("fail", callback=fail)])
    return CliRunner().invoke(door, ["fail"])


def test_what_the_machine_refuses_is_one_line_that_names_the_file(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    new.touch()
    assert "decile doctor --only disk" in ROOM
    make_it = "Make the directory that it should be in, or correct the name."
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as late:
        for line, fail in (
            (
                f"{tmp_path}/no/where: No such file or directory. {make_it}",
                (tmp_path / "no/where").touch,
            ),
            (f"{old}/x: Not a directory. Something on the way there is a file; correct the name.", (old / "x").mkdir),
            (f"{old}: File exists. Nothing is written over; give a new name.", partial(old.hardlink_to, new)),
            (f"No space left on device.{ROOM}", partial(Path("/dev/full").write_text, "x")),
            ("Address already in use.", partial(late.bind, taken.getsockname())),
        ):
            done = at_the_door(fail)
            assert (done.exit_code, done.output) == (1, f"Refused: {line}\n")


def test_an_argument_that_is_no_utf8_is_one_line():
    engine = create_engine("sqlite://")
    argument = b"caf\xe9".decode("utf-8", "surrogateescape")  # as Python hands over what is in Latin-1

    def look_up():
        with engine.connect() as connection:
            connection.execute(text("SELECT :x"), {"x": argument})

    done = at_the_door(look_up)
    assert (done.exit_code, done.output) == (1, "Refused: 'caf\\udce9' is not text in UTF-8.\n")


def test_a_database_that_is_away_is_one_line_without_its_password():
    def fail():
        with create_engine("postgresql+psycopg://decile:password@127.0.0.1:1/decile").connect():
            pass

    done = at_the_door(fail)
    assert done.exit_code == 1
    assert done.output.startswith("Refused: the database says: connection failed")
    assert ":password" not in done.output
    assert done.output.count("\n") == 1


def test_a_file_that_is_no_database_and_one_without_tables_are_one_line_each(tmp_path, database_url):
    (tmp_path / "bytes").write_bytes(b"no database" * 100)
    for url, said in (
        (f"sqlite:///{tmp_path / 'bytes'}", "file is not a database"),
        (database_url, "no such table" if "sqlite" in database_url else 'relation "norm_version" does not exist'),
    ):

        def fail(url=url):
            engine = create_engine(url)
            try:
                with engine.connect() as connection:
                    connection.execute(text("SELECT * FROM norm_version"))
            finally:
                engine.dispose()

        assert at_the_door(fail).output.startswith(f"Refused: the database says: {said}")


def test_a_database_with_no_connection_left_is_one_line():
    def fail():
        with pool.connect(), pool.connect():
            pass

    pool = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    assert at_the_door(fail).output.startswith("Refused: the database says: no connection is left.")


@pytest.mark.parametrize("problem", [OSError(errno.EBADF, "Bad file descriptor"), KeyError("x"), ValueError("y")])
def test_what_we_did_wrong_is_not_hidden(problem):
    def fail():
        raise problem

    assert at_the_door(fail).exception is problem
