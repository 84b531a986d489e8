"""Three items to try the screen with: for everybody, in both languages, and kept nowhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.assessment.practice import practice_page
from app.foundation.db import Base

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
HEADERS = {"en": {"Accept-Language": "en"}, "fr": {"Accept-Language": "fr"}}
RATINGS = {"options": "3", "rating-0": "6", "rating-1": "2", "rating-2": "1"}


def _sent(client: Any, position: int, **choice: str) -> Any:
    found = CSRF.search(client.get(f"/practice/{position}").text)
    assert found
    return client.post(f"/practice/{position}", data={"csrf_token": found.group(1), **choice})


def _rows(runtime: Any) -> dict[str, int]:
    with runtime.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }


def test_three_are_answered_without_an_account_and_nothing_is_stored(client, runtime) -> None:
    former = _rows(runtime)
    assert _sent(client, 1, answer="4").location == "/practice/2"
    assert _sent(client, 2, answer="did-not-arise").location == "/practice/3"
    assert _sent(client, 3, **RATINGS).location == "/practice/done"
    done = client.get("/practice/done")
    assert 'href="/skills"' in done.text
    assert _rows(runtime) == former
    with client.session_transaction() as cookie:
        assert set(cookie) <= {"csrf_token", "_fresh"}  # of the form and of signing in; nothing of a choice


@pytest.mark.parametrize(("position", "choice"), [(1, {}), (3, {**RATINGS, "rating-1": ""}), (3, {"options": "3"})])
def test_what_is_not_whole_is_asked_again_with_what_was_chosen(client, position, choice) -> None:
    again = _sent(client, position, **choice)
    assert again.status_code == 422
    assert 'id="problem"' in again.text
    assert again.text.count(" checked") == sum(bool(value) for name, value in choice.items() if name != "options")


@pytest.mark.parametrize("choice", [{"answer": "5"}, {"answer": "did-not-arise"}, {"answer": "x" * 50}, RATINGS])
def test_an_answer_that_the_item_does_not_have_is_refused_as_for_a_real_one(client, choice) -> None:
    assert _sent(client, 1, **choice).status_code == 422


@pytest.mark.parametrize("position", [0, 4, 10**30])
def test_there_is_no_fourth(client, position) -> None:
    assert client.get(f"/practice/{position}").status_code == 404


def test_both_languages_have_the_same_three_forms() -> None:
    forms = {
        language: [
            (page.item.kind, page.item.categories, len(page.item.content.get("options", ())))
            for page in (practice_page(position, language) for position in (1, 2, 3))
        ]
        for language in HEADERS
    }
    assert forms["en"] == forms["fr"] == [("statement", 5, 0), ("statement", 5, 0), ("scenario", 6, 3)]
    words = [
        {practice_page(position, language).item.content.get("text") for position in (1, 2)} for language in HEADERS
    ]
    assert not words[0] & words[1]


@pytest.mark.parametrize("language", HEADERS)
def test_the_front_page_leads_to_them(client, language) -> None:
    assert 'href="/practice/1"' in client.get("/", headers=HEADERS[language]).text
    assert f'lang="{language}"' in client.get("/practice/1", headers=HEADERS[language]).text
