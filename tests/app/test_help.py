"""The help of every command: an example to copy, and words for each option."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from app.cli import main


def commands_below(command: click.Command, words: tuple[str, ...] = ("decile",)) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands_below(below, (*words, name))


@pytest.fixture(scope="module")
def commands() -> list[tuple[str, click.Command]]:
    return list(commands_below(main))


def test_every_command_and_group_has_an_example_of_itself(commands):
    without = [words for words, command in commands if words not in (command.help or "").partition("Example: ")[2]]
    assert without == []


def test_every_option_is_explained(commands):
    bare = [
        f"{words} {option.opts[0]}"
        for words, command in commands
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert bare == []
