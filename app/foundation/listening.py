"""Where a server is to listen and cannot: said with the settings by which to mend it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from app.foundation.errors import Conflict, Invalid


class AddressUnusable(Invalid):
    """No address of this machine, or no name that anybody knows."""

    code = "listening-address-unusable"

    def __init__(self, host: str, setting: str) -> None:
        super().__init__(
            f"{setting}HOST={host} is no address of this machine. Set an address to listen at, such as 127.0.0.1, or "
            "0.0.0.0 for all of them."
        )


class PortTaken(Conflict):
    """Something else listens there, or the port is not ours to open."""

    code = "port-taken"

    def __init__(self, host: str, port: int, setting: str, problem: OSError, example: str = "") -> None:
        why = f"Nothing of ours can listen at {host}:{port} ({problem.strerror or problem})."
        if problem.errno == errno.EADDRINUSE:
            why = f"Another program listens at {host}:{port}."
        super().__init__(f"{why} Stop what listens there, or choose another port with {setting}PORT{example}.")


@contextmanager
def listening_at(host: str, port: int, *, setting: str, example: str = "") -> Iterator[None]:
    """Around the step that opens the port; `setting` is what the names of both settings begin with.

    `example` goes on after the name of the port's.

    Raises
    ------
    AddressUnusable, PortTaken
    """
    try:
        yield
    except ValueError:  # of a name that could be nobody's
        raise AddressUnusable(host, setting) from None
    except OSError as problem:
        if problem.errno == errno.EADDRNOTAVAIL or problem.errno not in errno.errorcode:  # numbers of unknown names
            raise AddressUnusable(host, setting) from None
        raise PortTaken(host, port, setting, problem, example) from None
