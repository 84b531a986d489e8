from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from app.accounts.mail_shares import Asker
from app.accounts.request_sign_in import request_sign_in
from app.accounts.send_sign_in_mail import send_sign_in_mail
from app.foundation.mail import MailUnavailable, SmtpMailer
from tests.app.accounts.visitor import Mail, deliver, mails, newest_mail, read
from tests.journeys.installation import free_port

ADA = "ada@example.org"
FORGED = [
    {"Host": "evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "localhost@evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil.example"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Original-URL": "http://evil.example/", "X-Host": "evil.example"},
]


class Mailbox(MessageHandler):
    """Keeps what the server took."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Mail] = []

    def handle_message(self, message) -> None:
        self.received.append(read(bytes(message)))


@pytest.fixture
def mail_server() -> Iterator[Controller]:
    """A real SMTP server on a port of its own."""
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def send(runtime, request_id, mailer) -> None:
    with runtime.reading() as session:
        send_sign_in_mail(
            request_id, base_url=runtime.settings.base_url, session=session, clock=runtime.clock, links=runtime.links,
            mailer=mailer,
        )  # fmt: skip


def ask(runtime) -> UUID:
    with runtime.transaction() as session:
        return request_sign_in(
            ADA, "fr", asker=Asker.from_network("198.51.100.7"), session=session, clock=runtime.clock,
            entropy=runtime.entropy, jobs=runtime.jobs, links=runtime.links,
        )  # fmt: skip


def test_the_message_travels_over_a_real_mail_server_and_its_code_signs_in(visit, runtime, mail_server):
    visitor = visit()
    visitor.open("/sign-in?language=fr")
    visitor.ask(ADA)
    [(_, arguments)] = runtime.jobs.enqueued.values()
    sender = runtime.settings.mail_sender
    mailer = SmtpMailer(f"smtp://127.0.0.1:{mail_server.port}", sender=sender, clock=runtime.clock)
    send(runtime, UUID(arguments["request_id"]), mailer)
    [mail] = mail_server.handler.received
    assert (mail.to, mail.message["Auto-Submitted"]) == (ADA, "auto-generated")
    assert "personne n’entre" in mail.text
    assert visitor.enter_code(mail.code).location == "/join"


def test_a_mail_server_that_does_not_answer_lets_the_job_try_again(runtime):
    mailer = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", sender=runtime.settings.mail_sender, clock=runtime.clock)
    request_id = ask(runtime)
    with pytest.raises(MailUnavailable):
        send(runtime, request_id, mailer)


def test_sending_again_sends_the_same_message_under_the_same_name(runtime):
    request_id = ask(runtime)
    send(runtime, request_id, runtime.mailer)
    first = newest_mail(runtime, ADA)
    send(runtime, request_id, runtime.mailer)
    [again] = mails(runtime)
    assert again.message["Message-ID"] == first.message["Message-ID"]
    assert again.code == first.code


def test_a_request_that_is_spent_or_too_old_sends_nothing(visit, runtime, clock, entropy):
    visit().sign_in(ADA)
    sent = len(mails(runtime))
    clock.advance(timedelta(minutes=1))
    request_id = ask(runtime)
    clock.advance(timedelta(minutes=15))
    send(runtime, request_id, runtime.mailer)
    send(runtime, entropy.uuid(), runtime.mailer)
    runtime.jobs.enqueued.clear()
    assert len(mails(runtime)) == sent


def test_case_060_a_forged_host_never_reaches_a_mailed_link(visit, runtime, clock):
    for forged in FORGED:
        answer = visit().ask(ADA, headers=forged)
        assert answer.status_code == (400 if "Host" in forged else 303), forged
        assert "evil" not in (answer.location or "")
        clock.advance(timedelta(seconds=61))
        deliver(runtime)
    assert len(mails(runtime)) == 4
    for mail in mails(runtime):
        assert urlsplit(mail.url).netloc == "localhost"
        assert "evil" not in bytes(mail.message).decode()


def test_case_060_a_forged_host_never_reaches_a_page_or_a_redirect(visit):
    for forged in FORGED:
        for path in ("/sign-in", "/sign-in/link?token=x", "/sign-in/confirm", "/account"):
            answer = visit().open(path, headers=forged)
            assert answer.status_code in ((400,) if "Host" in forged else (200, 303, 422)), (forged, path)
            assert "evil" not in answer.text
            assert "evil" not in (answer.location or "")


def test_case_060_an_absolute_request_line_for_another_host_is_refused(visit, runtime):
    visitor = visit()
    token = visitor.token()
    answer = visitor.client.post("/sign-in", base_url="http://evil.example", data={"csrf_token": token, "email": ADA})
    assert answer.status_code == 400
    assert mails(runtime) == []
