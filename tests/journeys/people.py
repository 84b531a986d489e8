"""People as the server meets them: a browser with cookies, forms filled in and sent, mail read from the spool."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

import requests

from tests.journeys.installation import Installation
from tests.journeys.pages import Form, form_to

PATIENCE_SECONDS = 60
Answer = Callable[[str, Form], dict[str, str]]  # the item's page and form -> the fields to fill in


class Person:
    """One person at one browser."""

    def __init__(self, installation: Installation, address: str, language: str = "en") -> None:
        self.installation, self.address, self.language = installation, address, language
        self.browser = requests.Session()
        self.browser.headers.update({"Accept": "text/html", "Accept-Language": language})

    def get(self, path: str, **options: object) -> requests.Response:
        return self.browser.get(urljoin(self.installation.base_url, path), timeout=PATIENCE_SECONDS, **options)

    def send(self, form: Form, page_url: str, **values: str) -> requests.Response:
        target = urljoin(page_url, form.action) if form.action else page_url
        return self.browser.post(target, data={**form.fields, **values}, timeout=PATIENCE_SECONDS)

    def fill_in(self, page: requests.Response, part_of_action: str, **values: str) -> requests.Response:
        answer = self.send(form_to(page.text, part_of_action), page.url, **values)
        assert answer.status_code < 400, f"{answer.status_code} {answer.url}\n{answer.text[-2500:]}"
        return answer

    def sign_in(self) -> requests.Response:
        """Ask for a code, read it in the mail, type it; join where new."""
        former = self.installation.mails_so_far(self.address)
        page = self.fill_in(self.get("/sign-in"), "/sign-in", email=self.address)
        _, mail = self.installation.mail_to(self.address, not_in=former)
        code = re.search(r"\b(\d{3}) ?(\d{3})\b", mail.get_content())
        assert code, mail.get_content()
        page = self.fill_in(page, "/sign-in/code", code="".join(code.groups()))
        if page.url.endswith("/join"):
            page = self.fill_in(page, "/join", adult="yes", language=self.language)
        return page

    def sign_in_with_link(self, link: str) -> requests.Response:
        """By a one-time link that an operator made; join where new."""
        page = self.fill_in(self.get(link), "/sign-in/confirm", meant="yes")
        return self.fill_in(page, "/join", adult="yes", language=self.language) if page.url.endswith("/join") else page

    def start(self, skill: str, *, norm_use: bool = False) -> requests.Response:
        """Give consent and word, and begin."""
        page = self.get(f"/skills/{skill}/start")
        form = form_to(page.text, f"/skills/{skill}/start")
        wanted = ["consent_assessment", "honesty", *(["consent_norm_use"] if norm_use else [])]
        boxes = {name: form.choices[name][0] for name in wanted if name in form.choices}
        return self.fill_in(page, "/start", **boxes)

    def respond(self, page: requests.Response, answer: Answer) -> requests.Response:
        """Answer the shown item and go on."""
        form = form_to(page.text, "/responses")
        return self.fill_in(page, "/responses", action="next", **answer(page.text, form))

    def take(self, skill: str, answer: Answer, *, norm_use: bool = False) -> str:
        """A whole sitting; the id of it."""
        page = self.start(skill, norm_use=norm_use)
        sitting_id = re.search(r"/sittings/([0-9a-f-]{36})", page.url)
        assert sitting_id, page.url
        while "/responses" in page.text:
            page = self.respond(page, answer)
        return sitting_id.group(1)
