"""Mail over a real SMTP server, and into the spool."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Inbox
from aiosmtpd.smtp import AuthResult

from app.foundation.job_attempts import may_pass
from app.foundation.mail import MailboxRefused, MailUnavailable, Message, Misaddressed, SmtpMailer, SpoolMailer
from tests.fakes import FrozenClock
from tests.journeys.installation import free_port
from tests.journeys.mail_server import MailServer, Manner

BEYOND_ASCII = "mot-de-passé"
SENDER = "Decile <no-reply@decile.example>"
MESSAGE = Message("zoé@example.org", "Votre code : 123 456", "Bonjour,\n\nvoilà.\n", key="sign-in:1")


class _Kept(Inbox):
    def __init__(self):
        super().__init__()
        self.mails, self.refused, self.refusal = [], None, "552 mailbox full"

    def handle_message(self, message):
        self.mails.append(message)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if address == self.refused:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def server():
    inbox = _Kept()
    inbox.port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port, enable_SMTPUTF8=True)
    controller.start()
    yield inbox
    controller.stop()


def test_a_message_reaches_a_real_server_whole(server):
    SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock()).send(MESSAGE)

    mail = email.message_from_bytes(server.mails[0].as_bytes(), policy=email.policy.default)
    assert (mail["Subject"], mail["From"], mail["Message-ID"]) == (
        MESSAGE.subject,
        SENDER,
        "<sign-in.1@decile.example>",
    )
    assert mail.get_content() == MESSAGE.text


@pytest.fixture
def asking_for_a_password():
    options = {"authenticator": lambda *_: AuthResult(success=True), "auth_require_tls": False}
    controller = Controller(_Kept(), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


def test_a_host_or_password_that_cannot_be_sent_is_a_reason_to_try_again(asking_for_a_password):
    for url in ("smtp://a..b", f"smtp://decile:{BEYOND_ASCII}@{asking_for_a_password}"):
        mailer = SmtpMailer(url, sender=SENDER, clock=FrozenClock())
        with pytest.raises(MailUnavailable, match="Unicode"):
            mailer.reach()
        with pytest.raises(MailUnavailable, match="Unicode"):
            mailer.send(MESSAGE)


def test_a_server_that_says_nothing_is_waited_for_shortly_where_nothing_is_to_be_sent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", sender=SENDER, clock=FrozenClock())
        began = time.monotonic()
        with pytest.raises(MailUnavailable):
            mailer.reach()
    assert time.monotonic() - began < 10


def test_edge_082_a_mailbox_that_refuses_keeps_nothing_from_the_second_one(server):
    server.refused = "full@b.example"
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock())
    mailer.send(Message("full@b.example", "s", "t", key="k", also_to=("second@b.example",)))
    (mail,) = server.mails
    assert mail["To"] == "full@b.example, second@b.example"
    assert mail["X-RcptTo"] == "second@b.example"
    with pytest.raises(MailUnavailable):
        mailer.send(Message("full@b.example", "s", "t", key="k"))


def test_a_mailbox_that_is_not_there_is_no_reason_to_try_again(server):
    server.refused, server.refusal = "gone@b.example", "550 no such mailbox"
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock())
    with pytest.raises(MailboxRefused, match="550") as refused:
        mailer.send(Message("gone@b.example", "s", "t", key="k"))
    assert "gone" not in str(refused.value)
    assert not may_pass(refused.value)


@pytest.mark.parametrize("local", ["=?utf-8?q?=61da?=", "=?utf-8?q?eve=40x.org=2c?=", "=?utf-8?q?a=0ada?="])
def test_a_message_goes_to_no_other_mailbox_than_the_one_it_is_for(server, tmp_path, local):
    """Headers decode RFC 2047's words, so such an address is written to under another spelling than it is kept."""
    smtp = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock())
    spool = SpoolMailer(tmp_path / "mail", sender=SENDER, clock=FrozenClock())
    for mailer in (smtp, spool):
        for to, also_to in ((f"{local}@b.example", ()), ("zoe@b.example", (f"{local}@b.example",))):
            with pytest.raises(Misaddressed) as refused:
                mailer.send(Message(to, "s", "t", key="k", also_to=also_to))
            assert not may_pass(refused.value)
    assert server.mails == list((tmp_path / "mail").iterdir()) == []


def test_case_089_a_server_that_is_not_there_is_a_reason_to_try_again():
    with pytest.raises(MailUnavailable):
        SmtpMailer("smtp://127.0.0.1:1", sender=SENDER, clock=FrozenClock()).send(MESSAGE)


class _Stubborn(_Kept):
    """Takes nothing now, thinks for ever, or takes the message and then loses its manners."""

    def __init__(self, manner: str) -> None:
        super().__init__()
        self.manner = manner

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        if self.manner == "later":
            return "451 try again later"
        if self.manner == "hangs":
            await asyncio.sleep(1)
        return await super().handle_DATA(server, session, envelope)

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return "421 too busy to say goodbye" if self.manner == "rude" else "221 bye"


@pytest.fixture
def stubborn(request):
    inbox = _Stubborn(request.param)
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    inbox.mailer = SmtpMailer(f"smtp://127.0.0.1:{controller.port}", sender=SENDER, clock=FrozenClock())
    yield inbox
    controller.stop()


@pytest.mark.parametrize("stubborn", ["later", "hangs"], indirect=True)
def test_case_089_a_server_that_says_later_or_nothing_is_a_reason_to_try_again(stubborn, monkeypatch):
    monkeypatch.setattr("app.foundation.mail.SMTP_TIMEOUT_SECONDS", 0.3)
    with pytest.raises(MailUnavailable):
        stubborn.mailer.send(MESSAGE)


@pytest.mark.parametrize("stubborn", ["rude"], indirect=True)
def test_a_message_that_was_taken_is_not_sent_again_whatever_the_goodbye(stubborn):
    stubborn.mailer.send(MESSAGE)
    assert len(stubborn.mails) == 1


def test_a_server_can_be_asked_whether_it_is_there_without_a_message(server):
    SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock()).reach()
    assert server.mails == []
    with pytest.raises(MailUnavailable):
        SmtpMailer("smtp://127.0.0.1:1", sender=SENDER, clock=FrozenClock()).reach()


def test_a_server_that_takes_nothing_from_our_sender_is_named_with_what_it_says():
    with MailServer() as server:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=SENDER, clock=FrozenClock())
        mailer.reach()
        server.behave(Manner.NOT_FROM_US)
        with pytest.raises(MailUnavailable, match=r"no-reply@decile.example: 530 5.7.0 Authentication required"):
            mailer.reach()
        server.behave(Manner.RUDE)
        mailer.reach()
    assert server.taken == []


def test_a_sender_beyond_ascii_is_asked_for_as_it_is_sent():
    sender = "Decile <courrier-été@decile.example>"
    with MailServer() as server:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender=sender, clock=FrozenClock())
        mailer.reach()
        mailer.send(MESSAGE)
    assert len(server.taken) == 1


def test_a_retry_into_the_spool_leaves_one_message(tmp_path):
    mailer = SpoolMailer(tmp_path / "mail", sender=SENDER, clock=FrozenClock())
    mailer.send(MESSAGE)
    mailer.send(MESSAGE)

    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["sign-in-1.eml"]


def test_forgetting_an_address_drops_what_goes_to_it_among_others(tmp_path):
    mailer = SpoolMailer(tmp_path, sender=SENDER, clock=FrozenClock())
    for key, also_to in (("both", ("second@b.example",)), ("one", ())):
        mailer.send(Message("first@b.example", "s", "t", key=key, also_to=also_to))
    mailer.forget("second@b.example")
    assert [file.name for file in tmp_path.glob("*.eml")] == ["one.eml"]


@pytest.mark.parametrize("field", ["to", "also_to", "subject"])
def test_edge_083_a_line_break_cannot_smuggle_in_a_header(tmp_path, field):
    smuggled = "x\r\nBcc: all@b.example"
    parts = {"to": "a@b.example", "subject": "x", field: (smuggled,) if field == "also_to" else smuggled}
    with pytest.raises((Misaddressed, ValueError), match=r"(?i)header|line|address"):
        SpoolMailer(tmp_path, sender=SENDER, clock=FrozenClock()).send(Message(text="t", key="k", **parts))
