"""A mail server that keeps what it takes, and has manners: away, busy, silent, strict, or rude once it has one."""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import StrEnum
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Inbox

from tests.journeys.installation import free_port

HANGS_SECONDS = 60.0


class Manner(StrEnum):
    """How it treats who comes with a message."""

    GOOD = "takes it"
    AWAY = "is not there"
    LATER = "says later"
    HANGS = "says nothing"
    RUDE = "takes it and says no goodbye"
    NOT_FROM_US = "takes nothing from our sender"
    TO_NOBODY = "takes nothing for any mailbox"


class MailServer(Inbox):
    """On a port of its own, as long as the context lasts."""

    def __init__(self) -> None:
        super().__init__()
        self.port, self.manner = free_port(), Manner.GOOD
        self.taken: list[tuple[str, str]] = []  # address and message id, each time
        self._controller: Controller | None = None

    def behave(self, manner: Manner) -> None:
        """From now on."""
        self.manner = manner
        if manner is Manner.AWAY and self._controller is not None:
            self._controller.stop()
            self._controller = None
        elif manner is not Manner.AWAY and self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)
            self._controller.start()

    def handle_message(self, message: Any) -> None:
        self.taken.append((str(message["To"]), str(message["Message-ID"])))

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.manner is Manner.NOT_FROM_US:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.manner is Manner.TO_NOBODY:
            return "550 relay not permitted"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.manner is Manner.LATER:
            return "451 try again later"
        if self.manner is Manner.HANGS:
            await asyncio.sleep(HANGS_SECONDS)
        return str(await super().handle_DATA(server, session, envelope))

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return "421 too busy to say goodbye" if self.manner is Manner.RUDE else "221 bye"

    def times_taken(self) -> Counter[str]:
        """How often it took each message."""
        return Counter(message_id for _, message_id in self.taken)

    def __enter__(self) -> MailServer:
        self.behave(Manner.GOOD)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.behave(Manner.AWAY)
