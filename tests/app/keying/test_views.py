"""A judge's pages as a browser without scripts sees them: one's own ratings, and no key of anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from markupsafe import escape

from app.accounts.grant_role import grant_role
from app.accounts.queries import person
from app.factory import create_app
from app.foundation.access import operator
from app.item_bank import queries as item_bank
from app.keying.models import Rating
from tests.app.accounts.signed_in import browser_of
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


def test_whoever_signed_or_comes_after_the_panel_is_closed_sees_no_situation_and_no_ratings(browser, link, judged):
    page = begin(browser, link)
    send(browser, page, judged.keys[forms(page.text)[0].fields["code"]])
    others = [f"/judge/{token}" for token in judged.invite("judge-1@example.org", "late@example.org")]
    begin(browser, others[1])
    situations = secret_texts(judged)
    assert any(text in browser.get(f"{link}/1").text for text in situations)
    assert "your part is done" in assert_tells_nothing(browser, others[0], situations)

    judged.clear()

    for closed in (link, others[1]):
        assert "This panel is closed. Nothing more is needed from you." in assert_tells_nothing(
            browser, closed, situations
        )


def secret_texts(judged):
    with judged.runtime.reading() as session:
        return [
            escape(one.content["situation"]) for one in item_bank.scenarios(judged.release.id, "en", session=session)
        ]


def assert_tells_nothing(browser, link, situations):
    """The page at a link, which is the same at every place of it."""
    overview = browser.get(link)
    for place in (1, 15, 30):
        answer = browser.get(f"{link}/{place}")
        assert (answer.status_code, 'name="rating-' in answer.text, " checked" in answer.text) == (200, False, False)
        assert not any(text in answer.text for text in situations)
    return overview.text


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


@pytest.fixture
def desk(judging):
    """The browser of the editor who opened the panel."""
    with judging.runtime.transaction() as session:
        person_id, role = judging.editor.person_id, "norm_editor"
        grant_role(person_id, role, session=session, clock=judging.runtime.clock, actor=operator())
    return browser_of(create_app(judging.runtime), judging.runtime, judging.editor.person_id)


def invite(desk, judging, addresses, **more):
    page = desk.get(f"/desk/keys/{judging.panel_id}")
    form = form_to(page.text, "/invite")
    return desk.post(form.action, data={**form.fields, "addresses": addresses, **more}, follow_redirects=True)


def test_the_desk_offers_no_release_to_who_invited_a_judge(judged):
    with judged.runtime.transaction() as session:
        grant_role(
            judged.editor.person_id, "norm_editor", session=session, clock=judged.runtime.clock, actor=operator()
        )
    app, page = create_app(judged.runtime), f"/desk/keys/{judged.panel_id}"
    approver = browser_of(app, judged.runtime, judged.approver.person_id)
    assert "Who invites a judge cannot release the key." in approver.get(page).text
    assert "Release the bank under this key" in approver.get(page).text

    judged.invite("friend@example.org", actor=judged.approver)

    assert "Release the bank under this key" not in approver.get(page).text
    assert "you opened the panel or invited one of its judges" in approver.get(page).text


def test_the_desk_names_skills_as_people_do(desk, judging):
    page = f"/desk/keys/{judging.panel_id}"
    assert "<h1>Panel of Collaboration v2</h1>" in desk.get(page).text
    assert "Panel of Collaboration v2: 0 of" in desk.get("/desk/keys").text


def test_addresses_stand_on_lines_of_their_own_or_with_commas_between_them(desk, judging):
    answer = invite(desk, judging, "a@example.org, b@example.org;\r\n\r\nc@example.org\n")
    assert "3 new judges are invited." in answer.text
    assert {seat.email for seat in judging.panel().seats} == {f"{name}@example.org" for name in "abc"}


def test_what_was_typed_survives_the_proof_that_an_invitation_asks_for(desk, judging):
    judging.runtime.clock.advance(timedelta(minutes=11))
    answer = invite(desk, judging, "a@example.org\r\nb@example.org", language="fr")
    assert "we ask again who you are" in answer.text
    assert judging.panel().seats == ()
    assert "\na@example.org\r\nb@example.org</textarea>" in desk.get(f"/desk/keys/{judging.panel_id}").text


def test_a_list_too_long_to_be_kept_over_the_proof_is_not_lost_in_silence(desk, judging):
    judging.runtime.clock.advance(timedelta(minutes=11))
    answer = invite(desk, judging, "\n".join(f"judge-{number}@example.org" for number in range(1000)))
    assert "We could not keep what you typed." in answer.text


def test_one_line_that_is_no_address_is_named_and_nobody_is_invited(desk, judging):
    typed = "a@example.org\r\nnot an address\r\n<b>@example.org"
    answer = invite(desk, judging, typed, language="fr")
    assert answer.status_code == 422
    assert "Line 2 is not an address: not an address" in answer.text
    assert "Line 3 is not an address: &lt;b&gt;@example.org" in answer.text
    assert "\na@example.org\r\nnot an address\r\n&lt;b&gt;@example.org</textarea>" in answer.text
    assert '<option value="fr" lang="fr" selected>' in answer.text
    assert judging.panel().seats == ()


def test_a_norm_admin_among_them_is_told_beside_the_list(desk, judging):
    with judging.runtime.reading() as session:
        own = person(judging.editor.person_id, session=session).email
    answer = invite(desk, judging, f"a@example.org\n{own}")
    assert answer.status_code == 422
    assert "Who decides about a key does not make it." in answer.text
    assert f"\na@example.org\n{own}</textarea>" in answer.text
    assert judging.panel().seats == ()
