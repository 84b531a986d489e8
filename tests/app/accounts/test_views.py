"""Facts about every page of accounts: who may see it, what its forms need, what leaves the house."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from structlog.testing import capture_logs

from app.accounts import queries
from app.accounts.grant_role import grant_role
from app.accounts.roles import Role
from app.factory import create_app
from app.foundation.access import operator
from tests.app.accounts.visitor import CSRF, Visitor, newest_mail

ADA = "ada@example.org"


class Page(HTMLParser):
    """Labels, controls, forms, references and ids of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labels: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.posts = self.tokens = self.headings = 0
        self.language = ""
        self.scripts = 0
        self.modules: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"] or "")
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "label":
            self.labels.add(given.get("for") or "")
        if tag == "h1":
            self.headings += 1
        if tag == "script":
            self.scripts += 1
            if given.get("type") == "module" and "/passkeys.js?v=" in (given.get("src") or ""):
                self.modules.append(given["src"] or "")
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.posts += 1
        if tag == "input" and given.get("name") == "csrf_token":
            self.tokens += 1
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self.controls.append(given)
        if tag in ("img", "script", "link", "iframe"):
            self.loaded.append(given.get("src") or given.get("href") or "")


def every_page(visit, staff, runtime) -> dict[str, str]:
    """Each page as a person meets it, errors included."""
    pages = {}
    visitor = visit()
    pages["ask"] = visitor.open("/sign-in").text
    pages["ask, wrong"] = visitor.ask("nonsense").text
    visitor.ask(ADA)
    pages["code"] = visitor.open("/sign-in/code").text
    pages["code, wrong"] = visitor.enter_code("nonsense").text
    mail = newest_mail(runtime, ADA)
    pages["confirm here"] = visitor.open_link(mail.link).text
    pages["confirm elsewhere"] = visit().open_link(mail.link).text
    visitor.press()
    pages["spent"] = visitor.open_link(mail.link).text
    pages["join"] = visitor.open("/join").text
    pages["join, wrong"] = visitor.join(adult="").text
    visitor.join()
    pages["account"] = visitor.open("/account").text
    pages["account, wrong"] = visitor.send("/account", page="/account", display_name="x" * 200, language="en").text
    pages["new passkey"] = visitor.open("/account/passkeys/new").text
    pages["second address"] = visitor.open("/account/second-address").text
    visitor.send("/account/second-address", page="/account/second-address", email="elsewhere@example.org")
    pages["second address, asked"] = visitor.open("/account/second-address").text
    pages["prove"] = visitor.open("/prove").text
    pages["signed in, ask"] = visitor.open("/sign-in").text
    member = staff()
    pages["factor, absent"] = member.open("/second-factor").text
    member.send("/second-factor/enrol", page="/second-factor")
    pages["factor, enrolled"] = member.open("/second-factor").text
    pages["factor, wrong"] = member.enter_second_factor("000").text
    member.enrol()
    pages["factor, confirmed"] = member.open("/second-factor").text
    pages["account of staff"] = member.open("/account").text
    young = visit()
    young.ask("young@example.org")
    young.enter_code(newest_mail(runtime, "young@example.org").code)
    pages["under 18"] = young.join(adult="no").text
    return pages


def test_every_control_has_a_label_every_form_a_token_and_every_page_one_heading(visit, staff, runtime):
    for name, text in every_page(visit, staff, runtime).items():
        page = Page(text)
        for control in page.controls:
            assert control.get("id") in page.labels, (name, control)
            if control.get("type") != "radio":
                assert control.get("autocomplete"), (name, control)
        assert page.posts == page.tokens, name
        assert page.headings == 1, name
        assert len(page.ids) == len(set(page.ids)), name
        assert page.scripts == len(page.modules) <= 1, name
        if "wrong" in name:
            assert 'role="alert"' in text, name
            assert 'aria-invalid="true"' in text, name


def test_case_061_no_page_of_accounts_loads_anything_from_elsewhere(visit, staff, runtime):
    for name, text in every_page(visit, staff, runtime).items():
        assert all(reference.startswith(("/", "data:image/")) for reference in Page(text).loaded), name


def test_case_061_the_token_leaves_the_url_the_page_and_the_log(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    mail = newest_mail(runtime, ADA)
    token = mail.link.partition("token=")[2]
    with capture_logs() as logs:
        landing = visitor.open(mail.link)
        page = visitor.open(landing.location)
        visitor.press()
    assert (landing.status_code, landing.location) == (303, "/sign-in/confirm")
    for answer in (landing, page):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert token not in answer.text
    assert len(logs) >= 3
    for secret in (token, mail.code, ADA):
        assert secret not in str(logs)


def test_the_autocomplete_attributes_help_browsers_and_phones(visit):
    visitor = visit()
    assert 'autocomplete="email"' in visitor.open("/sign-in").text
    visitor.ask(ADA)
    assert 'autocomplete="one-time-code"' in visitor.open("/sign-in/code").text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_are_served_in_both_languages(visit, language):
    visitor = visit()
    assert Page(visitor.open(f"/sign-in?language={language}").text).language == language
    visitor.ask(ADA)
    assert Page(visitor.open("/sign-in/code").text).language == language


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(visit, runtime, staff, target):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.open("/sign-in", query_string={"next": target})
    visitor.ask(ADA)
    assert visitor.enter_code(newest_mail(runtime, ADA).code).location == "/"
    member = staff()
    answer = member.send("/second-factor/enrol", page="/second-factor", next=target)
    assert answer.location == "/second-factor?next=/"
    page = member.open("/second-factor", query_string={"next": target}).text
    assert "evil" not in page
    assert "javascript" not in page


def test_a_person_comes_back_to_the_page_they_wanted_even_by_the_link_on_another_device(visit, runtime):
    visit().sign_in(ADA)
    visitor, phone = visit(), visit()
    wanted = visitor.open("/account").location
    assert wanted == "/sign-in?next=/account"
    visitor.open(wanted)
    visitor.ask(ADA)
    phone.open_link(newest_mail(runtime, ADA).link)
    assert phone.press(meant="yes").location == "/account"


POSTS = (
    "/sign-in", "/sign-in/code", "/sign-in/confirm", "/join", "/sign-out", "/second-factor", "/second-factor/enrol",
    "/account", "/account/consents/norm_use", "/account/consents/norm_use/withdraw",
    "/account/sign-ins/00000000-0000-4000-8000-000000000000/end", "/account/second-factor/remove",
    "/account/sign-ins/end-others", "/prove/code", "/prove/passkey", "/prove/passkey/options", "/sign-in/passkey",
    "/sign-in/passkey/options", "/account/passkeys", "/account/passkeys/options",
    "/account/passkeys/00000000-0000-4000-8000-000000000000/rename",
    "/account/passkeys/00000000-0000-4000-8000-000000000000/remove",
    "/account/tokens", "/account/tokens/00000000-0000-4000-8000-000000000000/delete",
    "/account/second-address", "/account/second-address/remove", "/second-address/torn",
)  # fmt: skip


def test_every_post_of_accounts_is_refused_without_its_token(visit, app):
    visitor = visit()
    visitor.sign_in(ADA)
    routes = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("accounts.")]
    assert len([rule for rule in routes if "POST" in (rule.methods or ())]) == len(POSTS)
    for path in POSTS:
        assert visitor.client.post(path, data={"email": ADA}).status_code == 403, path
        forged = {"csrf_token": CSRF.search(Visitor(app, visitor.runtime).open("/sign-in").text).group(1)}
        assert visitor.client.post(path, data=forged).status_code == 403, path
    assert visitor.name_shown() == ADA


def test_every_role_has_a_name_on_the_page_of_ones_data(visit, runtime):
    visitor = visit()
    visitor.sign_in(ADA)
    with runtime.transaction() as session:
        person_id = queries.person_by_email(ADA, session=session).id
        for role in Role:
            grant_role(person_id, role, session=session, clock=runtime.clock, actor=operator())
    visitor.sign_in(ADA)
    visitor.enrol()
    roles = "item editor, norm approver, norm editor, recruiter, reviewer, support"
    assert f"<dd>{roles}</dd>" in visitor.open("/account").text


def test_edge_083_a_name_is_shown_as_text_and_never_as_markup(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    visitor.send("/account", page="/account", display_name="<script>alert(1)</script>", language="fr")
    text = visitor.open("/account").text
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_profile_refuses_a_language_we_do_not_speak(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    answer = visitor.send("/account", page="/account", display_name="Ada", language="xx")
    assert answer.status_code == 422


def test_forms_work_over_tls_although_no_referer_is_sent(runtime):
    """Our Referrer-Policy withholds the Referer, so nothing may insist on one."""
    settings = runtime.settings.model_copy(update={"base_url": "https://localhost"})
    app = create_app(replace(runtime, settings=settings))
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-decile=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    found = CSRF.search(page.text)
    data = {"csrf_token": found.group(1), "email": ADA}
    assert client.post("/sign-in", base_url="https://localhost", data=data).status_code == 303
