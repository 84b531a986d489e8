"""The page of an item's rescoring in the hands of two item editors, and what the person sees on their result."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from app.assessment.models import Sitting
from app.factory import create_app
from app.item_bank.item_states import ItemState
from app.norming import queries as norms
from app.reviews.rescorings import items_waiting
from tests.app.accounts.signed_in import browser_of
from tests.app.reviews.test_rescoring import FAULTY, Desk, ask, bring, desk, item_id, later, made, suspend
from tests.journeys.pages import form_to

__all__ = ["desk", "made"]


def browser(desk: Desk, person_id: UUID | None):
    """Signed in, the second factor given now."""
    assert person_id is not None
    return browser_of(create_app(desk.runtime), desk.runtime, person_id)


def send(client, page, part, **fields):
    form = form_to(client.get(page).text, part)
    return client.post(form.action, data={**form.fields, **fields}, follow_redirects=True)


def test_two_people_rescore_over_the_pages_and_one_undoes_it(desk):
    first, second = browser(desk, desk.first.person_id), browser(desk, desk.second.person_id)
    person = browser(desk, desk.place.sitting(desk.sittings[5]).person_id)
    card = f"/desk/items/{item_id(desk)}"
    page, own = f"{card}/rescoring", f"/results/{desk.sittings[5]}"
    assert "Suspend it first" in first.get(page).text
    assert page not in first.get(card).text
    suspend(desk)
    assert page in first.get(card).text

    asked = send(first, page, "/rescoring", reason="the key is <wrong>", language=["en", "fr"])

    assert "another item editor has to apply it" in asked.text
    assert "the key is &lt;wrong&gt;" in asked.text
    assert "/apply" not in asked.text
    assert "turned out to be faulty" not in person.get(own).text
    assert "It can be undone until" in send(second, page, "/apply").text
    assert "turned out to be faulty" in person.get(own).text
    assert "Every result is what was reported" in send(second, page, "/undo").text
    assert "turned out to be faulty" not in person.get(own).text


def test_a_stale_proof_leads_to_a_fresh_one_and_the_first_persons_own_form_is_refused(desk):
    suspend(desk)
    first, second = browser(desk, desk.first.person_id), browser(desk, desk.second.person_id)
    page = f"/desk/items/{item_id(desk)}/rescoring"
    form = form_to(first.get(page).text, "/rescoring")
    desk.place.clock.advance(timedelta(minutes=11))
    first.post(form.action, data={**form.fields, "reason": "the key is wrong, I think"})
    first, second = browser(desk, desk.first.person_id), browser(desk, desk.second.person_id)
    assert ">the key is wrong, I think</textarea>" in first.get(page).text
    send(first, page, "/rescoring", reason="the key is wrong", language=["en", "fr"])
    form = form_to(second.get(page).text, "/apply")
    token = form_to(first.get(page).text, "").fields["csrf_token"]
    refused = first.post(form.action, data={**form.fields, "csrf_token": token})
    assert (refused.status_code, "Another person has to apply it" in refused.text) == (403, True)
    elsewhere = form.action.replace(str(item_id(desk)), str(item_id(desk, "col-j01")))
    assert second.post(elsewhere, data=form.fields).status_code == 404

    desk.place.clock.advance(timedelta(minutes=11))

    assert second.post(form.action, data=form.fields).location == f"/prove?next={page}"
    assert FAULTY in second.get(page).text


def test_beside_a_norm_that_somebody_altered_the_page_names_it_and_nothing_can_be_asked_for(desk):
    suspend(desk)
    first = browser(desk, desk.first.person_id)
    page = f"/desk/items/{item_id(desk)}/rescoring"
    form = form_to(first.get(page).text, "/rescoring")
    norm_id = desk.place.sitting(desk.sittings[5]).norm_id
    assert norm_id is not None
    label = desk.place.do(lambda session: norms.label_of(norm_id, session=session))
    desk.place.do(lambda session: setattr(session.get(Sitting, desk.sittings[5]), "composite", {"masses": []}))

    shown = first.get(page)

    assert (shown.status_code, f"The stored numbers of the norm {label} were altered" in shown.text) == (200, True)
    assert "Ask for it" not in shown.text
    refused = first.post(form.action, data={**form.fields, "reason": "the key is wrong", "language": ["en"]})
    assert (refused.status_code, "norm-unreadable" in refused.text) == (503, True)


def test_a_request_whose_suspension_was_lifted_in_a_language_says_so_and_is_not_to_be_applied(desk):
    suspend(desk)
    first, second = browser(desk, desk.first.person_id), browser(desk, desk.second.person_id)
    page = f"/desk/items/{item_id(desk)}/rescoring"
    send(first, page, "/rescoring", reason="the key is wrong", language=["en", "fr"])
    form = form_to(second.get(page).text, "/apply")
    bring(desk, ItemState.ACTIVE, languages=("fr",))

    for client in (first, second):
        shown = client.get(page).text
        assert "The item is not suspended any more, so this cannot be applied. Suspend it again" in shown
        assert "/apply" not in shown
    refused = second.post(form.action, data=form.fields)
    assert (refused.status_code, "Suspend it first, then rescore" in refused.text) == (409, True)

    suspend(desk)
    assert "It can be undone until" in send(second, page, "/apply").text


def test_an_item_with_a_rescoring_leads_to_it_whatever_its_state_and_its_badge_says_while_one_waits(desk):
    suspend(desk)
    first, second = browser(desk, desk.first.person_id), browser(desk, desk.second.person_id)
    card, listed, waits = f"/desk/items/{item_id(desk)}", "/desk/items", ">rescoring waits for a second person</span>"
    page = f"{card}/rescoring"
    assert [waits in second.get(path).text for path in (card, listed)] == [False, False]
    send(first, page, "/rescoring", reason="the key is wrong", language=["en", "fr"])
    assert [second.get(path).text.count(waits) for path in (card, listed)] == [1, 1]
    row = second.get(listed).text.partition(waits)[0].rpartition("<tr>")[2]
    assert f'href="{card}"' in row

    bring(desk, ItemState.ACTIVE)
    assert page in second.get(card).text
    suspend(desk)
    send(second, page, "/apply")
    assert [waits in second.get(path).text for path in (card, listed)] == [False, False]
    bring(desk, ItemState.RETIRED)
    assert page in second.get(card).text


@pytest.mark.parametrize("states", [(ItemState.RETIRED,), (ItemState.RETIRED, ItemState.PUBLISHED)])
def test_nobody_is_told_to_suspend_an_item_that_is_retired_or_published(desk, states):
    suspend(desk)
    ask(desk)
    second = browser(desk, desk.second.person_id)
    for state in states:
        bring(desk, state)
    shown = second.get(f"/desk/items/{item_id(desk)}/rescoring").text
    assert "The item is retired: what it was answered counts" in shown
    assert "The item is retired, so this cannot be applied any more. The request lapses on" in shown
    assert re.findall("Suspend it|in use|/apply", shown) == []


def test_an_item_retired_in_one_language_can_be_left_out_in_the_other(desk):
    suspend(desk)
    bring(desk, ItemState.RETIRED, languages=("fr",))
    ask(desk)  # in English
    shown = browser(desk, desk.second.person_id).get(f"/desk/items/{item_id(desk)}/rescoring").text
    assert "The item is retired" not in shown
    assert "/apply" in shown


def test_a_request_that_lapsed_waits_for_nobody(desk):
    suspend(desk)
    ask(desk)
    later(desk, 6.9)
    assert waiting(desk) == {item_id(desk)}
    later(desk, 0.2)
    assert waiting(desk) == frozenset()


def waiting(desk: Desk) -> frozenset[UUID]:
    return desk.place.do(lambda session: items_waiting(session=session, at=desk.place.clock.now()))
