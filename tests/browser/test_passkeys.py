"""Real ceremonies in Chromium, with its own virtual authenticator: make a passkey, sign in elsewhere, remove it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.browser.candidate import Candidate
from tests.browser.chromium import Watched, open_context
from tests.browser.hands import Pointing
from tests.journeys.installation import Installation

LARGEST_SCRIPT_BYTES = 4000


@dataclass
class Device:
    """The authenticator of one browser profile."""

    session: CDPSession
    authenticator_id: str

    def credentials(self) -> list[dict[str, Any]]:
        return self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator_id})["credentials"]

    def receive(self, credential: dict[str, Any]) -> None:
        """A passkey synchronised from another device."""
        self.session.send(
            "WebAuthn.addCredential", {"authenticatorId": self.authenticator_id, "credential": credential}
        )

    def set_verifies(self, *, verifies: bool) -> None:
        """Whether whoever touches it is its owner."""
        self.session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.authenticator_id, "isUserVerified": verifies}
        )


def a_device(context: BrowserContext, page: Page) -> Device:
    """A phone with a finger on its sensor."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(session, made["authenticatorId"])


@contextmanager
def a_browser(browser: Browser, installation: Installation, **options: Any):
    """A profile of its own with a page and a device; nothing may go wrong on the page."""
    context = open_context(browser, installation.base_url, **options)
    watched = Watched(context.new_page())
    yield watched.page, a_device(context, watched.page)
    assert watched.faults() == []
    context.close()


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def add_passkey(page: Page, label: str) -> None:
    page.get_by_label("A name for the passkey").fill(label)
    press(page, "Make the passkey")


def sign_in(page: Page, installation: Installation, address: str) -> None:
    person = Candidate(Pointing(page), installation, address)
    person.sign_in()
    if page.url.endswith("/join"):
        person.join()


def test_make_a_passkey_sign_in_with_it_elsewhere_and_remove_it(browser: Browser, installation: Installation) -> None:
    with a_browser(browser, installation) as (here, device), a_browser(browser, installation) as (there, other):
        sign_in(here, installation, "grace@example.org")
        here.goto("/account")
        with here.expect_navigation():
            here.get_by_role("link", name="Add a passkey").click()
        add_passkey(here, "Phone")
        expect(here.locator("main")).to_contain_text("The passkey is added.")
        expect(here.locator("main")).to_contain_text("Phone · added on")
        [made] = device.credentials()
        assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)

        other.receive(made)
        there.goto("/sign-in?next=/account")
        press(there, "Sign in with a passkey")
        assert there.url == f"{installation.base_url}/account"
        expect(there.locator("main")).to_contain_text("grace@example.org")

        here.reload()
        here.get_by_text("Rename or remove").click()
        press(here, "Remove this passkey")
        expect(here.locator("main")).to_contain_text("The passkey is removed.")
        there.goto("/account")
        assert there.url.startswith(f"{installation.base_url}/sign-in")
        press(there, "Sign in with a passkey")
        expect(there.get_by_role("alert")).to_contain_text("We do not know this passkey.")
        subjects = (_notice(installation, "grace@example.org", kind) for kind in ("added", "removed"))
        assert all(f"passkey was {kind}" in said for kind, said in zip(("added", "removed"), subjects, strict=True))


def _notice(installation: Installation, address: str, kind: str) -> str:
    """The subject of the notice of this kind, waited for."""
    others = frozenset(name for name in installation.mails_so_far(address) if f"passkey-{kind}" not in name)
    return str(installation.mail_to(address, not_in=others)[1]["Subject"])


def test_staff_choose_a_passkey_as_their_second_factor(browser: Browser, installation: Installation) -> None:
    installation.cli("person", "grant", "lin@example.org", "norm_editor")
    with a_browser(browser, installation) as (page, device):
        sign_in(page, installation, "lin@example.org")
        page.goto("/desk/norms")
        assert "/second-factor?next=/desk/norms" in page.url
        with page.expect_navigation():
            page.get_by_role("link", name="Set up a passkey").click()
        add_passkey(page, "Laptop")
        assert len(re.findall(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", page.locator("main").inner_text())) == 10
        with page.expect_navigation():
            page.get_by_role("link", name="I have put them away, go on").click()
        assert page.url.endswith("/desk/norms")

        page.get_by_role("button", name="Sign out").click()
        sign_in(page, installation, "lin@example.org")
        page.goto("/desk/norms")
        device.set_verifies(verifies=False)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("That did not work, or was stopped.")).to_be_visible()
        device.set_verifies(verifies=True)
        press(page, "Use a passkey")
        assert page.url.endswith("/desk/norms")

        page.get_by_role("button", name="Sign out").click()
        page.goto("/sign-in?next=/desk/norms")
        press(page, "Sign in with a passkey")
        assert page.url.endswith("/desk/norms")


@pytest.mark.parametrize("without", ["scripts", "passkeys", "the configured address"])
def test_where_passkeys_cannot_work_nothing_of_them_shows(browser: Browser, installation, without: str) -> None:
    context = open_context(browser, installation.base_url, java_script_enabled=without != "scripts")
    if without == "passkeys":
        context.add_init_script("delete window.PublicKeyCredential")
    page = context.new_page()
    origin = installation.base_url.replace("localhost", "127.0.0.1") if "address" in without else ""
    page.goto(f"{origin}/sign-in")
    expect(page.get_by_role("button", name="Send me the message")).to_be_visible()
    expect(page.get_by_text("With a passkey", exact=True)).to_be_hidden()
    context.close()


def test_the_script_is_small(browser: Browser, installation: Installation) -> None:
    context = open_context(browser, installation.base_url)
    body = context.request.get("/static/passkeys.js").body()
    assert 0 < len(body) < LARGEST_SCRIPT_BYTES
    context.close()
