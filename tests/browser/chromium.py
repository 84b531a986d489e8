"""Debian's Chromium under Playwright, and a page that remembers what went wrong while it was open."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

CHROMIUM = "/usr/bin/chromium"
HEADLESS_SHELL = "/usr/bin/chromium-headless-shell"  # the same engine of the same package, without the window
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MILLISECONDS = 20_000
LANGUAGE_TAGS = {"en": "en-GB", "fr": "fr-FR"}
COUNT_POLICY_REPORTS = """
window.policyReports = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.policyReports.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


def launch(playwright: Playwright, *, whole: bool = True) -> Browser:
    """Chromium, or a skip that says why; where DECILE_REQUIRE_BROWSER=1 its absence is a failure.

    Not `whole`: its engine alone where that is installed, which looks at pages for two thirds of the processor time.
    """
    places = (CHROMIUM,) if whole else (HEADLESS_SHELL, CHROMIUM)
    path = next((place for place in places if Path(place).exists()), shutil.which("chromium"))
    if path is None:
        reason = f"there is no Chromium at {CHROMIUM} (apt-get install chromium), so no page was looked at"
        if os.environ.get("DECILE_REQUIRE_BROWSER") == "1":
            pytest.fail(f"DECILE_REQUIRE_BROWSER=1, but {reason}")
        pytest.skip(reason)
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


def open_context(browser: Browser, base_url: str, *, language: str = "en", **options: Any) -> BrowserContext:
    """A browser profile of its own: one device of one person."""
    context = browser.new_context(base_url=base_url, locale=LANGUAGE_TAGS[language], reduced_motion="reduce", **options)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.add_init_script(COUNT_POLICY_REPORTS)
    return context


@dataclass
class Watched:
    """A page with everything that must not happen on it; `faults` empties the list."""

    page: Page
    _seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._seen.append(f"script error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        is_own_status = message.text.startswith("Failed to load resource") and (
            message.location.get("url", "").split("#")[0] == self.page.url.split("#")[0]
        )  # a page of 404 or 422 is logged as an error and is one by intention
        if message.type in ("error", "warning") and not is_own_status:
            self._seen.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        own, asked = urlsplit(self.page.url).netloc, urlsplit(request.url)
        if asked.scheme in ("http", "https") and own and asked.netloc != own:
            self._seen.append(f"request to another origin: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._seen.append(f"status {response.status}: {response.url}")

    def faults(self) -> list[str]:
        """What went wrong since the last look."""
        reports = [f"policy report: {report}" for report in self.page.evaluate("window.policyReports ?? []")]
        found, self._seen = self._seen + reports, []
        return found
