"""Pages that explain the product stand in both languages and are linked from every page."""

from __future__ import annotations

import re
from email.utils import parseaddr

import pytest

PAGES = (
    "/help", "/help/certificate", "/help/top-10-percent", "/help/terms", "/privacy", "/accessibility", "/design",
    "/design/plots",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_answers_in_the_language_asked_for(client, path, language) -> None:
    answer = client.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_help_privacy_and_accessibility_are_one_step_from_the_front_page(client) -> None:
    links = set(re.findall(r'href="([^"]+)"', client.get("/", headers={"Accept": "text/html"}).text))
    assert {"/help", "/help/certificate", "/help/top-10-percent", "/privacy", "/accessibility"} <= links


def test_edge_070_the_terms_forbid_asking_for_more_and_a_button_writes_to_the_issuer(client, runtime) -> None:
    page = client.get("/help/terms", headers={"Accept": "text/html"}).text
    assert "Ask for nothing that is not shown." in page
    _, address = parseaddr(runtime.settings.mail_sender)
    assert f'href="mailto:{address}?subject=Somebody%20asked%20for%20more%20than%20is%20shown"' in page
    assert '"/help/terms"' in client.get("/help", headers={"Accept": "text/html"}).text


def test_every_plot_on_show_has_a_title_a_text_and_ids_of_its_own(client) -> None:
    page = client.get("/design/plots", headers={"Accept": "text/html"}).text
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 14
    assert all("<title" in figure and "<desc" in figure for figure in figures)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_stays_after_an_erasure_is_one_list_with_backups_and_counts(client) -> None:
    page = client.get("/privacy", headers={"Accept": "text/html"}).text
    stays = page[page.index("What stays after you erase everything") : page.index("What we never do")]
    assert stays.count("<li>") == 6
    assert "for 730 days" in stays
    assert "How many results a month had" in stays
