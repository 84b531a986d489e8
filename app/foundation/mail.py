"""Mail that really goes out: over SMTP, or into a spool directory in the embedded default."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import format_datetime, getaddresses, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app.foundation.clock import Clock
from app.foundation.errors import Refused, Unavailable

SMTP_TIMEOUT_SECONDS = 20
REACH_TIMEOUT_SECONDS = 4  # somebody waits for the doctor, and nothing is lost where a slow server is called silent
SUBMISSION_PORT = 587
LONGEST_ANSWER = 200  # of a server, in a line of ours; its first words say what it wants
REFUSED_FOR_GOOD = 500  # RFC 5321, 4.2.1: answers from here on are final, trying again does not help
SENDER_TAKEN = 250
FULL = 552  # but this one is, said of a mailbox: 4.5.3.1.10
HARD_SPACES = (  # only French writes a space there; a plain one may end the line, and the sign begins the next
    (re.compile(r"(?<=\S) (?=[;!?])"), "\u202f"),
    (re.compile(r"(?<=\S) (?=[:%»])|(?<=«) "), "\u00a0"),
)
TROUBLE = (OSError, smtplib.SMTPException, UnicodeError)  # the last: a name or password that cannot be sent


class MailUnavailable(Unavailable):
    """The mail server did not take the message; the job tries again."""

    code = "mail-unavailable"


class MailboxRefused(Refused):
    """The mail server answers, and will never take a message to this mailbox; nothing is tried again."""

    code = "mailbox-refused"

    def __init__(self, answer: int) -> None:
        super().__init__(f"The mail server takes nothing for this mailbox ({answer}).")


class Misaddressed(Refused):
    """On the wire the message would be for another mailbox than it is for here; nothing is tried again."""

    code = "mail-misaddressed"

    def __init__(self) -> None:
        super().__init__("The address reads otherwise in a message than it is kept. Have the person give another one.")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person. `key` names it for ever, so that a retry is recognisable.

    `person_id` says on whose own place it is kept as well; None for what lets somebody in, and for staff at work.
    `also_to` are further mailboxes of that person. Subject and text are set with the hard spaces of French.
    """

    to: str
    subject: str
    text: str
    key: str
    headers: dict[str, str] = field(default_factory=dict)
    person_id: UUID | None = None
    also_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Here and not where it is sent: what is kept on a person's own place is the same."""
        object.__setattr__(self, "subject", _with_hard_spaces(self.subject))
        object.__setattr__(self, "text", _with_hard_spaces(self.text))


def _with_hard_spaces(text: str) -> str:
    for plain, hard in HARD_SPACES:
        text = plain.sub(hard, text)
    return text


class Mailer(Protocol):
    """Sends messages."""

    def send(self, message: Message) -> None:
        """Hand the message over, or raise `MailUnavailable`.

        `MailboxRefused` or `Misaddressed` where that would never change.
        """
        ...

    def forget(self, address: str) -> None:
        """Drop every message to this address that we still hold."""
        ...

    def forget_keyed(self, beginning: str) -> None:
        """Drop every message that we still hold whose key begins so, whomever it went to."""
        ...

    def reach(self) -> None:
        """Return if a message could be handed over now, or raise `MailUnavailable`; none is sent."""
        ...


def compose(message: Message, *, sender: str, clock: Clock) -> EmailMessage:
    """The message as it goes over the wire. EmailMessage refuses line breaks in headers.

    Raises
    ------
    Misaddressed
    """
    email = EmailMessage()
    email["From"] = sender
    _address(email, ", ".join((message.to, *message.also_to)))
    email["Subject"] = message.subject
    email["Date"] = format_datetime(clock.now())
    domain = parseaddr(sender)[1].partition("@")[2]
    email["Message-ID"] = f"<{message.key.replace(':', '.')}@{domain}>"
    email["Auto-Submitted"] = "auto-generated"
    for name, value in message.headers.items():
        email[name] = value
    email.set_content(message.text)
    return email


def _address(email: EmailMessage, recipients: str) -> None:
    """EmailMessage decodes what looks like a word of RFC 2047, and the mail would go to whatever comes of it."""
    try:
        email["To"] = recipients
    except ValueError as problem:  # a line break came of it
        raise Misaddressed from problem
    if str(email["To"]) != recipients:
        raise Misaddressed


class SpoolMailer:
    """Writes each message as one .eml file; the file's name is the message's key, so a retry overwrites itself."""

    def __init__(self, directory: Path, *, sender: str, clock: Clock) -> None:
        self._directory, self._sender, self._clock = directory, sender, clock

    def send(self, message: Message) -> None:
        """Write the file under a temporary name and rename it, so that no reader meets half a message."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = _file_name(message.key)
        temporary = self._directory / f".{name}.part"
        temporary.write_bytes(bytes(compose(message, sender=self._sender, clock=self._clock)))
        temporary.replace(self._directory / f"{name}.eml")

    def forget(self, address: str) -> None:
        """Delete the files that go to this address too, half-written ones included."""
        for file in (*self._directory.glob("*.eml"), *self._directory.glob(".*.part")):
            recipients = message_from_bytes(file.read_bytes(), policy=default_policy).get_all("To", [])
            if address in {spec for _, spec in getaddresses(map(str, recipients))}:
                file.unlink(missing_ok=True)

    def forget_keyed(self, beginning: str) -> None:
        """Delete the files of keys that begin so, half-written ones included."""
        name = _file_name(beginning)
        for file in (*self._directory.glob(f"{name}*.eml"), *self._directory.glob(f".{name}*.part")):
            file.unlink(missing_ok=True)

    def reach(self) -> None:
        """Return: a spool needs nobody."""


def _file_name(key: str) -> str:
    return key.replace(":", "-").replace("/", "-")


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye. What was taken stays taken however that is answered: sending it again would double it."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _one_line(said: bytes | str) -> str:
    """What a server said, fit for a line that somebody reads: it may say anything."""
    text = said if isinstance(said, str) else said.decode("utf-8", errors="replace")
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())[:LONGEST_ANSWER].rstrip(".")


class SmtpMailer:
    """Speaks to one SMTP server: `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the start."""

    def __init__(self, url: str, *, sender: str, clock: Clock) -> None:
        self._url, self._sender, self._clock = urlsplit(url), sender, clock

    def send(self, message: Message) -> None:
        """Deliver to the server within a time limit."""
        email = compose(message, sender=self._sender, clock=self._clock)
        try:
            server = self._connect(SMTP_TIMEOUT_SECONDS)
            try:
                server.send_message(email)
            finally:
                _leave(server)
        except smtplib.SMTPRecipientsRefused as problem:
            answer = min(code for code, _text in problem.recipients.values())
            if answer >= REFUSED_FOR_GOOD and answer != FULL:
                raise MailboxRefused(answer) from problem
            raise MailUnavailable(f"The mail server does not take the message now ({answer}).") from problem
        except TROUBLE as problem:
            raise MailUnavailable(f"The mail server did not take the message ({type(problem).__name__}).") from problem

    def forget(self, address: str) -> None:
        """Nothing is held here: what was sent is with the mail servers."""

    def forget_keyed(self, beginning: str) -> None:
        """Likewise."""

    def reach(self) -> None:
        """Connect, sign in where the URL says so, name our sender, take that back, and leave."""
        try:
            server = self._connect(REACH_TIMEOUT_SECONDS)
            try:
                self._offer_sender(server)
            finally:
                _leave(server)
        except smtplib.SMTPSenderRefused as refusal:
            said = f"{refusal.sender}: {refusal.smtp_code} {_one_line(refusal.smtp_error)}"
            raise MailUnavailable(f"The mail server takes nothing from {said}.") from refusal
        except TROUBLE as problem:
            raise MailUnavailable(f"The mail server does not answer ({type(problem).__name__}).") from problem

    def _offer_sender(self, server: smtplib.SMTP) -> None:
        """As `send` begins. A server that does not take our sender takes no mail, however well it answers."""
        address = parseaddr(self._sender)[1]
        code, said = server.mail(address, () if address.isascii() else ("SMTPUTF8", "BODY=8BITMIME"))
        if code != SENDER_TAKEN:
            raise smtplib.SMTPSenderRefused(code, said, address)
        server.rset()

    def _connect(self, timeout_seconds: float) -> smtplib.SMTP:
        url, context = self._url, ssl.create_default_context()
        host, port = url.hostname or "localhost", url.port or SUBMISSION_PORT
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout_seconds, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout_seconds)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        return server
