"""Makes jobs of use cases: each is handed what it names, and the text a job keeps becomes what the use case expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum
from functools import cache
from inspect import Parameter, signature
from typing import Any, get_type_hints
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.job_workflow import Job
from app.foundation.runtime import Runtime

Tool = Callable[[Runtime, Session], object]
KEPT_AS_THEY_ARE = (str, int, float, bool)


class Binding:
    """Knows which tool belongs to which name."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools

    def in_transaction(self, use_case: Callable[..., Any], **given: object) -> Job:
        """A job that calls `use_case` in one transaction; `given` are further arguments, such as who acts.

        Raises
        ------
        TypeError
            At once, if the use case names something that is no tool, not given, and could not stand in a job.
        """
        return self._job(use_case, Runtime.transaction, given)

    def reading_first(self, use_case: Callable[..., Any], **given: object) -> Job:
        """The same; on SQLite nobody waits for what it reads before it writes.

        For a use case that is right on PostgreSQL without a lock: what it reads never changes, or its rows are unique.
        """
        return self._job(use_case, Runtime.transaction_that_reads_first, given)

    def while_reading(self, use_case: Callable[..., Any], **given: object) -> Job:
        """The same without the lock of writers, which must not wait for a mail server that takes seconds."""
        return self._job(use_case, Runtime.reading, given)

    def _job(
        self,
        use_case: Callable[..., Any],
        opened: Callable[[Runtime], AbstractContextManager[Session]],
        given: Mapping[str, object],
    ) -> Job:
        parameters, kinds = _asked_by(use_case)
        named = {name: how for name, how in parameters.items() if name not in given}
        handed = [name for name in named if name in self._tools]
        for name in named.keys() - set(handed):
            if not _can_be_kept(kinds[name]) and named[name].default is Parameter.empty:
                raise TypeError(f"no tool is called {name}, for which {use_case.__name__} asks")

        def job(runtime: Runtime, **arguments: object) -> object:
            with opened(runtime) as session:
                tools = {name: self._tools[name](runtime, session) for name in handed}
                read = {name: _read(value, kinds[name]) for name, value in arguments.items()}
                return use_case(**read, **tools, **given)

        return job


@cache  # some jobs of every sitting are bound anew for what they were given
def _asked_by(use_case: Callable[..., Any]) -> tuple[Mapping[str, Parameter], Mapping[str, object]]:
    return signature(use_case).parameters, get_type_hints(use_case)


def _can_be_kept(kind: object) -> bool:
    return kind in (*KEPT_AS_THEY_ARE, UUID, datetime, Sequence[UUID]) or _is_enum(kind)


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _read(value: Any, kind: Any) -> object:
    """The text of a job's argument as what the use case expects; anything else as it is."""
    if kind == Sequence[UUID]:
        return [_read(one, UUID) for one in value]
    if not isinstance(value, str) or kind in KEPT_AS_THEY_ARE:
        return value
    return datetime.fromisoformat(value) if kind is datetime else kind(value)
