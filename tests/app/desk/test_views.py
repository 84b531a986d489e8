"""The item desk in the hands of the people who work on items."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from app.accounts.grant_role import grant_role
from app.accounts.models import Person
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import Sitting
from app.assessment.report_item import report_item
from app.foundation.access import operator
from app.item_bank import item_record
from app.item_bank.item_states import ItemState
from app.item_bank.name_item_author import name_item_author
from app.item_bank.release_bank import release_bank
from app.item_bank.release_trial_bank import TrialItem, release_trial_bank
from tests.app.accounts.signed_in import browser_of
from tests.app.assessment.builders import (
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    a_policy,
    take,
    the_collaboration_bank,
)
from tests.app.item_bank.bank_folders import a_bank_folder, replace
from tests.journeys.pages import form_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def place(runtime) -> Place:
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    return place


@pytest.fixture
def editor(place):
    return a_person(place)


@pytest.fixture
def browser(app, runtime, editor):
    """The editor's, its second factor given now."""
    with runtime.transaction() as session:
        grant_role(editor, "item_editor", session=session, clock=runtime.clock, actor=operator())
    return browser_of(app, runtime, editor)


def item_of(place, code):
    return place.do(lambda session: item_record.item_id_of("collaboration", code, session=session))


def state_of(place, code, language="en"):
    item_id = item_of(place, code)
    return place.do(lambda session: item_record.standing(item_id, language, session=session)).state


def send(client, page, part, **fields):
    """Fill the form of the page that goes to `part`, and send it; the page it leads to."""
    form = form_to(client.get(page).text, part)
    return client.post(form.action, data={**form.fields, **fields}, follow_redirects=True)


def test_the_folded_menu_names_the_page_and_nobody_but_staff_has_it(app, browser, place, runtime):
    assert "<summary>Menu: Item desk</summary>" in browser.get("/desk/items").text
    assert "<summary>Menu</summary>" in browser.get("/privacy").text
    candidate = browser_of(app, runtime, a_person(place), second_factor=False)
    assert "<summary>Menu" not in candidate.get("/privacy").text


def test_the_bank_is_listed_by_facet_format_language_and_state(browser, place):
    whole = browser.get("/desk/items").text
    assert "36 of 36 items" in whole
    assert "released unreviewed" in whole
    assert '<option value="collaboration" selected>Collaboration</option>' in whole
    assert re.search('<option value="share_information">[A-Z][a-z ]+</option>', whole)
    assert ">share_information</td>" not in whole
    assert "12 of 36" in browser.get("/desk/items?skill=collaboration&format=scenario").text
    assert "6 of 36" in browser.get("/desk/items?facet=share_information&format=statement").text
    page = f"/desk/items/{item_of(place, 'col-s07')}"
    send(browser, page, "/state", state="watched", language=["fr"], reason="an odd word")
    assert "1 of 36" in browser.get("/desk/items?state=watched").text
    assert "1 of 36" in browser.get("/desk/items?state=watched&of_language=fr").text
    assert "No item is of this kind." in browser.get("/desk/items?state=watched&of_language=en").text
    assert "fr: watched" in browser.get("/desk/items?format=statement").text


def test_an_item_without_data_says_so_and_shows_both_languages_its_key_and_its_expected_curve(browser, place):
    page = browser.get(f"/desk/items/{item_of(place, 'col-j01')}").text
    for shown in (
        "unreviewed",
        "no data yet",
        "Français",
        "provisional",
        "what its authors expect",
        "4, 2, 6, 1, 3",
        "no step is on record",
        "Nobody has reviewed these words yet.",
        "It stands in one release alone.",
    ):
        assert shown in page
    assert page.count("<svg") >= 2
    assert "observed</span>" not in page


def test_figures_come_from_the_sittings_and_an_observed_line_from_thirty_answers_on(browser, place):
    a_normed_skill(place, scenario_slope=1.5)
    a_policy(place, fewest_units_for_result=2, choose_among=1)
    shown = Counter()
    for number in range(32):
        person, person_id = SimulatedPerson(place, number / 10 - 1.6, number / 10 - 1.6, seed=number), a_person(place)
        sitting_id = take(place, person_id, person.answer, most=2)
        place.do(
            lambda session, which=sitting_id, whose=person_id: leave_sitting(
                which, person_id=whose, session=session, clock=place.clock, jobs=place.jobs
            )
        )
        shown.update(one.item_code for one in place.shown(sitting_id))
    code, count = shown.most_common(1)[0]
    assert count >= 30
    page = browser.get(f"/desk/items/{item_of(place, code)}").text
    assert f"<td>{count} ({100 * count / 32:.0f}\N{NO-BREAK SPACE}%)</td>" in page
    assert "estimated from answers" in page
    assert "observed" in page


def test_a_suspension_shows_first_what_it_would_touch_and_nothing_happens_before_it_is_confirmed(browser, place):
    a_normed_skill(place, scenario_slope=1.5)
    person = SimulatedPerson(place, 0.9, 0.9)
    finished = take(place, a_person(place), person.answer)
    code = place.shown(finished)[0].item_code
    page = f"/desk/items/{item_of(place, code)}"
    preview = send(browser, page, "/state", state="suspended", language=["en"], reason="two options say the same")
    assert preview.request.path == f"{page}/suspension"
    assert "of the latest 1 finished sittings" in preview.text
    assert "two options say the same" in preview.text
    assert state_of(place, code) is ItemState.ACTIVE
    form = form_to(preview.text, "/state")
    done = browser.post(form.action, data={**form.fields, "reason": "two options say the same"}, follow_redirects=True)
    assert "The state is changed" in done.text
    assert (state_of(place, code), state_of(place, code, "fr")) == (ItemState.SUSPENDED, ItemState.ACTIVE)
    lifted = send(browser, page, "/state", state="active", language=["en"], reason="they do not")
    assert "two options say the same" in lifted.text
    assert state_of(place, code) is ItemState.ACTIVE


def test_an_item_at_fault_can_be_suspended_beside_a_norm_that_somebody_altered_which_is_named(browser, place):
    a_normed_skill(place, scenario_slope=1.5)
    finished = take(place, a_person(place), SimulatedPerson(place, 0.9, 0.9).answer)
    code, norm_id = place.shown(finished)[0].item_code, place.sitting(finished).norm_id
    place.do(lambda session: setattr(session.get(Sitting, finished), "composite", {"masses": []}))
    page = f"/desk/items/{item_of(place, code)}"
    preview = send(browser, page, "/state", state="suspended", language=["en"], reason="two options say the same")
    assert preview.status_code == 200
    assert f"The stored numbers of the norm {norm_id} were altered" in preview.text
    form = form_to(preview.text, "/state")
    browser.post(form.action, data={**form.fields, "reason": "two options say the same"}, follow_redirects=True)
    assert state_of(place, code) is ItemState.SUSPENDED


def test_a_review_is_recorded_with_its_name_and_an_author_is_offered_none(browser, place, editor):
    page = f"/desk/items/{item_of(place, 'col-s07')}"
    given = {"aspect": "language:fr", "finding": "object", "comment": "le mot est lourd", "independent": "yes"}
    assert send(browser, page, "/reviews", **given | {"finding": ""}).status_code == 422
    reviewed = send(browser, page, "/reviews", **given)
    assert "le mot est lourd" in reviewed.text
    assert "objects" in reviewed.text
    refused = browser.post(f"{page}/reviews", data={**form_to(reviewed.text, "/reviews").fields, "comment": "x"})
    assert refused.status_code == 422
    place.do(
        lambda session: name_item_author(
            item_record.item_id_of("collaboration", "col-s01", session=session),
            editor,
            session=session,
            clock=place.clock,
            actor=operator(),
        )
    )
    own = browser.get(f"/desk/items/{item_of(place, 'col-s01')}").text
    assert "You wrote this item" in own
    assert "/reviews" not in own


def test_a_step_that_is_not_allowed_or_does_not_exist_is_refused_in_words(browser, place):
    page = f"/desk/items/{item_of(place, 'col-s07')}"
    jumped = send(browser, page, "/state", state="published", reason="why not")
    assert (jumped.status_code, "cannot go from where it is" in jumped.text) == (409, True)
    assert send(browser, page, "/state", state="lost", reason="why not").status_code == 422
    assert send(browser, page, "/state", state="watched", reason=" ").status_code == 422
    assert state_of(place, "col-s07") is ItemState.ACTIVE


def test_changes_between_releases_are_read_field_by_field(browser, place, tmp_path):
    folder = a_bank_folder(tmp_path / "second", version=2)
    replace(folder / "items.yaml", "too much to do?", "too much to handle?")
    place.do(
        lambda session: release_bank(
            folder, session=session, clock=place.clock, entropy=place.entropy, actor=operator()
        )
    )
    page = browser.get(f"/desk/items/{item_of(place, 'col-s07')}").text
    assert "From collaboration v1 to collaboration v2" in page
    assert "<del>help someone who had too much to do?</del>" in page
    assert "Nothing changed." in browser.get(f"/desk/items/{item_of(place, 'col-s01')}").text


def reported(place):
    """Somebody reports the first item of a sitting; its code, and who."""
    me = a_person(place)
    sitting_id = place.start(me).sitting_id
    place.do(
        lambda session: report_item(
            sitting_id,
            1,
            "error",
            "Two options <b>are</b> the same",
            person_id=me,
            session=session,
            clock=place.clock,
            entropy=place.entropy,
            jobs=place.jobs,
        )
    )
    return place.shown(sitting_id)[0].item_code, me


def test_a_report_stands_on_the_items_page_without_a_name_and_is_kept_or_suspended_with_a_reason(browser, place):
    a_normed_skill(place, scenario_slope=1.5)
    code, reporter = reported(place)
    page = f"/desk/items/{item_of(place, code)}"
    shown = browser.get(page).text
    assert "There is a mistake in it" in shown
    assert "Two options &lt;b&gt;are&lt;/b&gt; the same" in shown
    assert str(reporter) not in shown
    assert ">reported</span>" in browser.get("/desk/items").text
    preview = send(browser, page, "/reports/", verdict="suspended", reason="they are")
    assert preview.request.path == f"{page}/suspension"
    assert state_of(place, code) is ItemState.ACTIVE
    form = form_to(preview.text, "/reports/")
    done = browser.post(form.action, data={**form.fields, "reason": "they are"}, follow_redirects=True)
    assert "The report is judged" in done.text
    assert "/reports/" not in done.text
    assert done.text.count("they are</span>") == 1  # with the report
    (led_to,) = re.findall(r'<a href="#(report-[0-9a-f-]+)">a candidate’s report</a>', done.text)
    assert f'id="{led_to}"' in done.text
    assert (state_of(place, code), state_of(place, code, "fr")) == (ItemState.SUSPENDED, ItemState.ACTIVE)
    other, _reporter = reported(place)
    unsaid = send(browser, f"/desk/items/{item_of(place, other)}", "/reports/", verdict="keep it", reason="it is fine")
    assert unsaid.status_code == 422
    assert ">reported</span>" in browser.get("/desk/items").text
    kept = send(browser, f"/desk/items/{item_of(place, other)}", "/reports/", verdict="kept", reason="it is fine")
    assert "it is fine" in kept.text
    assert state_of(place, other) is ItemState.ACTIVE
    assert ">reported</span>" not in browser.get("/desk/items").text


def test_who_reads_norms_reads_items_and_changes_none(app, place, runtime, browser, editor):
    """The role is looked at on every request, not only on the page."""
    with runtime.transaction() as session:
        person_id = a_person_with(session, place, "norm_editor")
    client = browser_of(app, runtime, person_id)
    page = f"/desk/items/{item_of(place, 'col-s07')}"
    shown = client.get(page).text
    assert "/state" not in shown
    assert "/reviews" not in shown
    form = form_to(browser.get(page).text, "/state")
    csrf = client.get("/account").text
    fields = {**form.fields, "csrf_token": form_to(csrf, "/account").fields["csrf_token"], "reason": "x"}
    assert client.post(f"{page}/state", data=fields).status_code == 403


def a_person_with(session, place, role):
    person_id, now = place.entropy.uuid(), place.clock.now()
    email = f"{person_id}@example.org"
    session.add(Person(id=person_id, email=email, language="en", known_since_at=now, adult_confirmed_at=now))
    session.flush()
    grant_role(person_id, role, session=session, clock=place.clock, actor=operator())
    return person_id


def test_a_reason_of_blanks_loses_nothing_of_what_else_was_typed(browser, place):
    path = f"/desk/items/{item_of(place, 'col-s07')}"
    said = "Say why, in up to 2,000 characters"
    answer = send(browser, path, "/state", state="watched", language=["fr"], reason="   ")
    assert (answer.status_code, answer.text.count(said)) == (422, 1)
    form = form_to(answer.text, "/state").fields
    assert '<option value="watched" selected>' in answer.text
    assert (form["language"], 'aria-describedby="reason-error"' in answer.text) == ("fr", True)
    answer = send(browser, path, "/reviews", aspect="language:fr", finding="object", comment=" ", independent="yes")
    assert (answer.status_code, answer.text.count(said)) == (422, 1)
    for kept in (
        '<option value="language:fr" selected>',
        'value="object" required checked',
        'value="yes" required checked',
    ):
        assert kept in answer.text
    answer = send(browser, path, "/state", state="suspended", language=["fr"], reason="")
    form = form_to(answer.text, "/state")
    again = browser.post(form.action, data={**form.fields, "reason": " "})
    assert (again.status_code, again.text.count(said)) == (422, 1)


@pytest.mark.parametrize("state", ["retired", "suspended"])
@pytest.mark.parametrize("further", [{}, {"previewed": "yes"}])
def test_a_state_is_changed_in_no_language_before_one_is_ticked(browser, place, state, further):
    """Both were changed, and a retirement cannot be taken back."""
    page = f"/desk/items/{item_of(place, 'col-s07')}"
    typed = {"state": state, "reason": "an odd word", **further}
    answer = send(browser, page, "/state", language=[], **typed)
    assert (answer.status_code, answer.request.path) == (422, f"{page}/state")
    assert answer.text.count("Choose at least one language.") == 1
    assert answer.text.count('aria-describedby="language-error"') == 2  # the group, and the box to begin with
    form = form_to(answer.text, "/state")
    assert ("language" in form.fields, form.choices["language"]) == (False, ["en", "fr"])
    assert f'<option value="{state}" selected>' in answer.text
    assert ">an odd word</textarea>" in answer.text
    assert (state_of(place, "col-s07"), state_of(place, "col-s07", "fr")) == (ItemState.ACTIVE, ItemState.ACTIVE)


def test_a_suspension_is_previewed_in_the_languages_named_in_all_where_none_is_and_in_no_unknown_one(browser, place):
    preview = f"/desk/items/{item_of(place, 'col-s07')}/suspension"
    said = re.compile(r'<p class="lead">([^<]+)</p>')
    assert said.search(browser.get(preview).text)[1] == "English, French"
    assert said.search(browser.get(f"{preview}?of_language=fr").text)[1] == "French"
    for unknown in ("of_language=de", "of_language=fr&of_language=de"):
        assert browser.get(f"{preview}?{unknown}").status_code == 404


def test_an_item_in_one_language_is_suspended_from_its_form_as_it_stands(browser, place):
    tools = {"clock": place.clock, "entropy": place.entropy, "actor": operator()}
    english = [TrialItem("E1", {"en": "Made up item"}, 5, 1)]
    place.do(lambda session: release_trial_bank("extraversion-trial", english, session=session, **tools))
    item_id = place.do(lambda session: item_record.item_id_of("extraversion-trial", "E1", session=session))
    page = f"/desk/items/{item_id}"
    preview = send(browser, page, "/state", state="suspended", reason="an odd word")
    form = form_to(preview.text, "/state")
    done = browser.post(form.action, data={**form.fields, "reason": "an odd word"}, follow_redirects=True)
    assert "The state is changed" in done.text
    standing = place.do(lambda session: item_record.standing(item_id, "en", session=session))
    assert standing.state is ItemState.SUSPENDED


def test_in_french_each_filter_says_all_in_its_gender_and_languages_bear_french_names(browser, place):
    french = {"Accept-Language": "fr", "Accept": "text/html"}
    page = browser.get("/desk/items", headers=french).text
    assert re.findall(r'<option value="">(\w+)</option>', page) == ["toutes", "tous", "toutes", "tous"]
    assert '<option value="en">anglais</option>' in page
    assert '<option value="published">publié</option>' in page
    item = browser.get(f"/desk/items/{item_of(place, 'col-j01')}", headers=french).text
    assert '<th scope="col">anglais</th>' in item
