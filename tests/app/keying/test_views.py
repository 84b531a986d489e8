"""A judge's pages as a browser without scripts sees them: one's own ratings, and no key of anybody else."""

from __future__ import annotations

import pytest

from app.factory import create_app
from app.keying.models import Rating
from tests.journeys.pages import form_to, forms


@pytest.fixture
def browser(judged):
    return create_app(judged.runtime).test_client()


@pytest.fixture
def link(judged):
    (token,) = judged.invite("guest@example.org")
    return f"/judge/{token}"


def begin(browser, link):
    form = form_to(browser.get(link).text, "/declare")
    return browser.post(form.action, data={**form.fields, "independent": "1"}, follow_redirects=True)


def send(browser, page, ratings, **more):
    form = forms(page.text)[0]
    given = {f"rating-{place}": rating for place, rating in enumerate(ratings)}
    return browser.post(form.action, data={**form.fields, **given, **more}, follow_redirects=True)


def test_a_judge_sees_no_key_and_no_rating_but_their_own(browser, link, judged):
    page = begin(browser, link)
    shown = forms(page.text)[0]
    code, options = shown.fields["code"], int(shown.fields["options"])

    assert not any(name.startswith("rating-") for name in shown.fields), "nothing is chosen beforehand"
    for other in (page.text, browser.get(link).text):
        assert "provisional" not in other
        assert "rationale" not in other
        assert "standard deviation" not in other
    own = [1 + place % 6 for place in range(options)]
    send(browser, page, own)
    with judged.runtime.reading() as session:
        seat = next(seat for seat in judged.panel().seats if seat.email == "guest@example.org")
        assert seat.rated == 1
        kept = session.query(Rating).filter_by(item_code=code).all()
        assert own in [rating.values for rating in kept]
    again = forms(browser.get(shown.action).text)[0]
    assert [int(again.fields[f"rating-{place}"]) for place in range(options)] == own


def test_a_judge_goes_on_where_they_stopped_and_signs_at_the_end(browser, link, judged):
    page = begin(browser, link)
    codes = []
    while (shown := forms(page.text)[0]).fields.get("code"):
        codes.append(shown.fields["code"])
        if len(codes) == 3:
            send(browser, page, judged.keys[codes[-1]], action="pause")
            assert "3 of 30" in browser.get(link).text
            page = browser.get(f"{link}/4")
            continue
        page = send(browser, page, judged.keys[codes[-1]])

    assert sorted(codes) == sorted(judged.keys)
    signed = browser.post(shown.action, data=shown.fields, follow_redirects=True)
    assert "Your ratings are signed" in signed.text
    assert judged.panel().signed == 11


def test_half_a_scenario_is_not_kept_and_the_page_says_so(browser, link):
    page = begin(browser, link)

    answer = send(browser, page, [3])

    assert answer.status_code == 422
    assert "Every action needs a rating" in answer.text
    assert forms(answer.text)[0].fields["rating-0"] == "3"


def test_judges_read_in_their_own_order(browser, judged):
    first = [begin(browser, f"/judge/{token}") for token in judged.invite("a@example.org", "b@example.org")]

    assert len({forms(page.text)[0].fields["code"] for page in first}) == 2


def test_without_the_judges_word_no_scenario_is_shown(browser, link):
    assert "independent" in browser.get(f"{link}/1").text
    assert 'name="rating-0"' not in browser.get(f"{link}/1").text
    refused = browser.post(f"{link}/declare", data=form_to(browser.get(link).text, "/declare").fields)
    assert refused.status_code == 422


def test_a_torn_link_opens_nothing_and_an_open_one_is_kept_by_nobody(browser, link):
    assert browser.get(link[:-1]).status_code == 422
    assert browser.get(link).headers["Cache-Control"] == "no-store"


def test_french_pages_show_the_french_scenario(browser, link):
    begin(browser, link)

    page = browser.get(f"{link}/1?language=fr")

    assert '<div lang="fr" class="item">' in page.text
