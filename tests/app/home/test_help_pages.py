"""Pages that explain the product stand in both languages and are linked from every page."""

from __future__ import annotations

import re

import pytest

PAGES = ("/help", "/help/certificate", "/help/top-10-percent", "/privacy", "/accessibility", "/design", "/design/plots")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_answers_in_the_language_asked_for(client, path, language) -> None:
    answer = client.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_help_privacy_and_accessibility_are_one_step_from_the_front_page(client) -> None:
    links = set(re.findall(r'href="([^"]+)"', client.get("/", headers={"Accept": "text/html"}).text))
    assert {"/help", "/help/certificate", "/help/top-10-percent", "/privacy", "/accessibility"} <= links


def test_every_plot_on_show_has_a_title_a_text_and_ids_of_its_own(client) -> None:
    page = client.get("/design/plots", headers={"Accept": "text/html"}).text
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 14
    assert all("<title" in figure and "<desc" in figure for figure in figures)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
