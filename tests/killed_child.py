"""A use case in a child process that is killed -9 before its n-th statement to the database, or its n-th file."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import traceback
from collections.abc import Callable

from sqlalchemy import event, select

from app.foundation.db import Base, Database

Rows = dict[str, list[str]]
ON_FILES = frozenset({"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "sqlite3.connect"})


def killed_before(statement: int, url: str, act: Callable[[Database], object]) -> bool:
    """Whether the child came so far and was killed; else it came to its end."""

    def begin() -> None:
        database, sent = Database(url), itertools.count(1)

        def die(*_: object) -> None:
            if next(sent) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(database.writing, "before_cursor_execute", die)
        act(database)

    return _killed(begin)


def killed_before_file(number: int, act: Callable[[], object]) -> bool:
    """The same before the n-th time that a file or directory is opened, made, renamed or removed."""

    def begin() -> None:
        touched = itertools.count(1)

        def die(what: str, _arguments: object) -> None:
            if what in ON_FILES and next(touched) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        act()

    return _killed(begin)


def _killed(act: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:  # noqa: BLE001  shown, and no test of the parent's goes on in the child
            traceback.print_exc()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return os.WIFSIGNALED(status)


def rows_of(url: str) -> Rows:
    """Everything in the database, by table."""
    database = Database(url)
    with database.reading() as session:
        found = {
            table.name: sorted(map(repr, session.execute(select(table)).all())) for table in Base.metadata.sorted_tables
        }
    database.dispose()
    return found
