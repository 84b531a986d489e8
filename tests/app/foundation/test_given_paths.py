"""A path that is empty is wrong usage, of every command that takes one."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.testing import CliRunner

from app.cli import main
from app.foundation.given_paths import GivenPath


def commands(command: click.Command, name: str = "decile") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            yield from commands(command.get_command(context, each), f"{name} {each}")


def test_every_path_of_a_command_is_one_that_says_something():
    types = {
        f"{name} {param.name}": type(param.type)
        for name, command in commands(main)
        for param in command.params
        if isinstance(param.type, click.Path)
    }
    assert len(types) > 10
    assert set(types.values()) == {GivenPath}


def test_an_empty_path_writes_nothing_where_we_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = dict(commands(main))["decile log copy"]
    done = CliRunner().invoke(command, [""])
    assert done.exit_code == 2
    assert "The name of the directory is empty; give one." in done.output
    assert list(tmp_path.iterdir()) == []
