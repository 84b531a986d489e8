"""One Chromium for all of this directory; pages of real installations and of the exhibition.

Both end with the last test here: left open until the end of the run they would take a tenth of a processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import launch
from tests.browser.normed_bank import an_installation_with_a_norm
from tests.journeys.installation import Installation


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this directory needs the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as people have it, started once."""
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def engine(playwright: Playwright) -> Iterator[Browser]:
    """What Chromium draws pages with, for looking at hundreds of them."""
    browser = launch(playwright, whole=False)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def installation(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Web and worker on the Collaboration bank under a synthetic norm."""
    with an_installation_with_a_norm(tmp_path_factory.mktemp("installation")) as installation:
        yield installation
