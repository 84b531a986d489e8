"""A person with a browser and a mailbox: reads real pages, sends their real forms, opens real spooled mail."""

from __future__ import annotations

import email
import re
from email import policy as email_policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pyotp

from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.foundation.runtime import Runtime
from app.worker import JOBS

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
SHOWN = re.compile(r'name="shown" value="([^"]+)"')
SECRET = re.compile(r"<code>([A-Z2-7 ]{32,})</code>")
RECOVERY = re.compile(r"<code>([0-9A-Z-]{19})</code>")
COOKIE = "decile"


class Visitor:
    """One browser. `app` makes clients; cookies stay with this visitor."""

    def __init__(self, app, runtime: Runtime) -> None:
        self.app, self.runtime = app, runtime
        self.client = app.test_client()

    def twin(self) -> Visitor:
        """A second browser holding a copy of this one's cookie."""
        twin = Visitor(self.app, self.runtime)
        twin.cookie = self.cookie
        return twin

    @property
    def cookie(self) -> str:
        found = self.client.get_cookie(COOKIE)
        return found.value if found else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.set_cookie(COOKIE, value)

    def open(self, path: str, **options):
        return self.client.get(path, **options)

    def token(self, page: str = "/sign-in") -> str:
        """The CSRF token of a page's form."""
        found = CSRF.search(self.open(page).text)
        assert found, f"{page} shows no form"
        return found.group(1)

    def send(self, path: str, *, page: str = "/sign-in", headers=None, **fields):
        """Fill in the form of `page` and send it to `path`."""
        return self.client.post(path, data={"csrf_token": self.token(page), **fields}, headers=headers)

    def ask(self, address: str, **options):
        return self.send("/sign-in", email=address, **options)

    def enter_code(self, code: str):
        return self.send("/sign-in/code", page="/sign-in/code", code=code)

    def open_link(self, path: str):
        """Open a mailed link as a browser does, and stay on the page with the button."""
        return self.client.get(path, follow_redirects=True)

    def press(self, **fields):
        """Press the button of the page as it is shown now."""
        data = {**self.confirm_form(), **fields}
        return self.client.post("/sign-in/confirm", data=data)

    def confirm_form(self) -> dict[str, str]:
        """What the page with the button sends along unseen, but for the word that the address is one's own."""
        page = self.open("/sign-in/confirm").text
        found, shown = CSRF.search(page), SHOWN.search(page)
        assert found
        assert shown
        return {"csrf_token": found.group(1), "shown": shown.group(1)}

    def join(self, adult: str = "yes", language: str = "en"):
        return self.send("/join", page="/join", adult=adult, language=language)

    def sign_in(self, address: str):
        """From nothing to signed in, joining on the way if need be."""
        self.ask(address)
        answer = self.enter_code(newest_mail(self.runtime, address).code)
        return self.join() if answer.location == "/join" else answer

    def name_shown(self) -> str | None:
        """Whom the server takes this browser for."""
        answer = self.open("/account")
        found = re.search(r"<dt>E-mail address</dt>\s*<dd>([^<]+)</dd>", answer.text)
        return found.group(1) if answer.status_code == 200 and found else None

    def status_for_programs(self, path: str = "/account") -> int:
        return self.client.get(path, headers={"Accept": "application/json"}).status_code

    def enrol(self) -> tuple[str, list[str]]:
        """Set up the second factor; the secret and the recovery codes."""
        self.send("/second-factor/enrol", page="/second-factor")
        found = SECRET.search(self.open("/second-factor").text)
        assert found
        secret = found.group(1).replace(" ", "")
        answer = self.enter_second_factor(totp(secret, self.runtime))
        return secret, RECOVERY.findall(answer.text)

    def enter_second_factor(self, code: str, **fields):
        return self.send("/second-factor", page="/second-factor", code=code, **fields)


def totp(secret: str, runtime: Runtime) -> str:
    """What the authenticator app shows now."""
    return str(pyotp.TOTP(secret).at(runtime.clock.now()))


class Mail:
    """One delivered message."""

    def __init__(self, message: EmailMessage) -> None:
        self.message = message
        self.to = str(message["To"])
        self.subject = str(message["Subject"])
        self.text = message.get_content()

    @property
    def code(self) -> str:
        found = re.search(r"\b(\d{6})\b", self.text)
        assert found
        return found.group(1)

    @property
    def link(self) -> str:
        """Path and query of the link."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}"

    @property
    def url(self) -> str:
        found = re.search(r"^(\S+/sign-in/link\?token=\S+)$", self.text, re.MULTILINE)
        assert found
        return found.group(1)


def deliver(runtime: Runtime) -> None:
    """Do the worker's jobs that write to people."""
    for name, arguments in list(runtime.jobs.enqueued.values()):
        if name.startswith("send_"):
            JOBS[name](runtime, **arguments)
        with runtime.transaction() as session:
            forget_stale_sign_ins(session=session, clock=runtime.clock)
    runtime.jobs.enqueued.clear()


def read(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=email_policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(message)


def mails(runtime: Runtime) -> list[Mail]:
    """Everything delivered so far, oldest first."""
    deliver(runtime)
    spool = runtime.settings.spool_directory or Path()
    files = sorted(spool.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [read(file.read_bytes()) for file in files]


def newest_mail(runtime: Runtime, address: str) -> Mail:
    return [mail for mail in mails(runtime) if mail.to == address.strip().lower()][-1]
