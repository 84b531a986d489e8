"""A recalibration goes from chosen data to a preview phase by phase: whole, resumable, cancellable."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.accounts.models import RoleGrant
from app.cli import Doorkeeper
from app.foundation import policies
from app.foundation.access import operator
from app.item_bank import queries as item_bank
from app.norming import queries, recalibrate, recalibrations
from app.norming.base_scale import FreeFit
from app.norming.calibration_errors import RecalibrationEnded, RecalibrationUnderWay
from app.norming.cancel_recalibration import cancel_recalibration
from app.norming.choice_errors import ChoiceInvalid, ChoiceMixed, DayInvalid, WindowReversed
from app.norming.choose_sample import choose_sample
from app.norming.commands import norm as norm_commands
from app.norming.models import CalibrationRun, LegacySample, NormState, NormVersion
from app.norming.policy import NormPolicy
from app.norming.recalibration import Choice, Phase, Progress, Source
from app.norming.sent_choice import choice_of, divisions
from app.norming.shown import norm_as_lines
from app.norming.start_recalibration import start_recalibration
from tests.app.norming.builders import (
    EDITOR_ID,
    SKILL,
    a_calibrated_sample,
    a_described_mapping,
    a_norm,
    import_sample,
    people,
    staff_with_authenticator,
)
from tests.app.norming.desk import press, work, work_on
from tests.journeys.pages import form_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
N = 300
SEX = ["f" if k % 2 else "m" for k in range(N)]
DAYS = [f"2026-06-{1 + k * 10 // N:02d}" for k in range(N)]
BOUGHT = ("day", "2026-06-03")  # thirty people
DESK = f"/desk/norms/recalibrate/{SKILL}"


class Killed(BaseException):
    """kill -9."""


@pytest.fixture
def editor(runtime):
    """A norm in force, and a newer sample with days and sexes; the editor who is to recalibrate."""
    with runtime.transaction() as session:
        policies.set_policy(
            NormPolicy, {"judgement_must_be_measured": False}, session=session, at=runtime.clock.now(), actor=operator()
        )
        staff = people(session, runtime.clock.now())
        session.add(RoleGrant(person_id=EDITOR_ID, role="norm_editor", granted_at=runtime.clock.now()))
        tools = (session, runtime.clock, runtime.entropy)
        a_calibrated_sample(*tools, n=N)
        a_norm(*tools, *staff, NormState.PUBLISHED)
        mapping = a_described_mapping(groups={"sex": "sex"}, blocks={"day": "day"})
        import_sample(*tools, n=N, seed=2, shift=0.2, mapping=mapping, labels={"sex": SEX, "day": DAYS})
    return staff[0]


def begin(runtime, editor, *, without=(BOUGHT,), only=()):
    """The id of a recalibration of the latest sample."""
    with runtime.transaction() as session:
        sample_id = recalibrations.latest_sample_id(SKILL, session=session)
        choice = Choice(Source.SAMPLE, sample_id=sample_id, without=without, only=only)
        tools = {"session": session, "clock": runtime.clock, "entropy": runtime.entropy, "jobs": runtime.jobs}
        return start_recalibration(SKILL, choice, actor=editor, **tools)


def view(runtime, recalibration_id):
    with runtime.reading() as session:
        return recalibrations.recalibration(recalibration_id, session=session)


def counts(runtime):
    """How many samples, calibration runs and norm versions there are."""
    with runtime.reading() as session:
        kinds = (LegacySample, CalibrationRun, NormVersion)
        return tuple(session.scalar(select(func.count()).select_from(kind)) for kind in kinds)


def test_it_ends_with_a_previewed_norm_of_the_chosen_people_and_case_030_issues_nothing(runtime, editor):
    recalibration_id = begin(runtime, editor)
    work(runtime)
    assert {name for name, _ in runtime.jobs.enqueued.values()} == {"recalibrate"}
    found = view(runtime, recalibration_id)
    assert (found.progress, found.done) == (Progress.DONE, len(Phase))
    with runtime.reading() as session:
        norm = queries.norm(found.norm, session=session)
    assert (norm.n, norm.state, norm.drafted_by) == (N - 30, NormState.PREVIEWED, EDITOR_ID)
    assert found.found["sample"]["people"] == N - 30
    link = found.found["link"]["links"]["self_report"]
    assert link["slope"] == pytest.approx(1.0, abs=0.15)
    assert link["intercept"] == pytest.approx(0.2, abs=0.15)  # these people stand higher; the items do not move
    assert norm.preview["drift"] == found.found["drift"]
    assert norm.preview["drift"]["is_known"]
    assert norm.preview["former"]["label"]
    (kept,) = found.found["calibration"]["fits"]
    assert FreeFit.from_json(json.loads(json.dumps(kept))).as_json() == kept  # bit by bit
    assert len(kept["standard_errors"]["slopes"]) == len(kept["standard_errors"]["thresholds"]) == 10
    former = {name: value for name, value in kept.items() if name not in {"counts", "standard_errors"}}
    assert FreeFit.from_json(former).counts.all()  # of a release that kept none nothing is said to be unused
    with runtime.reading() as session:
        scale = item_bank.item_parameters(norm.calibration_id, session=session)
    scale = replace(scale, standard_errors={"self_report": kept["standard_errors"]})
    surer, without = (FreeFit.from_json(one).linked_to(scale).screen for one in (kept, former))
    assert not np.allclose(surer.location_z, without.location_z)  # each item by its own standard error
    np.testing.assert_allclose(surer.location_drift, without.location_drift)


def test_an_item_of_which_nobody_chose_a_category_is_compared_by_the_others(runtime, editor, browser_of):
    """Of P00 and P09 a few choices are expected, which may fail to come; of P04 forty, which is another item."""
    with runtime.transaction() as session:
        tools = (session, runtime.clock, runtime.entropy)
        import_sample(*tools, n=N, seed=3, shift=0.2, avoided={0: (0, 1), 4: (4, 3), 9: (4, 3)})
    recalibration_id = begin(runtime, editor, without=())
    work(runtime)
    found = view(runtime, recalibration_id)
    assert (found.progress, found.reason) == (Progress.DONE, None)
    drift = {entry["item"]: entry for entry in found.found["drift"]["items"]}
    assert list(drift) == [f"P{item:02d}" for item in range(10)]
    assert {code: entry["unused"] for code, entry in drift.items() if entry["unused"]} == {
        "P00": [0], "P04": [4], "P09": [4],
    }  # fmt: skip
    assert [code for code, entry in drift.items() if entry["has_drifted"]] == ["P04"]
    assert not drift["P04"]["is_anchor"]
    assert all(abs(drift[code]["location_drift"]) < 0.4 for code in ("P00", "P09"))
    link = found.found["link"]["links"]["self_report"]
    assert link["slope"] == pytest.approx(1.0, abs=0.15)
    assert "P04" in link["dropped"]
    page = browser_of(EDITOR_ID).get(f"/desk/norms/{found.norm}/preview").text
    assert page.count("(nobody scored 4)") == 2
    with runtime.reading() as session:
        shown = norm_as_lines(queries.norm(found.norm, session=session))
    assert "nobody scored 0 in P00: compared without" in shown


@pytest.mark.parametrize("moment", ["before the commit", "after it"])
def test_killed_in_every_phase_it_goes_on_and_nothing_is_done_twice(runtime, editor, monkeypatch, moment):
    recalibration_id = begin(runtime, editor)
    before, committed = counts(runtime), recalibrate.Place.commit
    deaths = []

    def commit(place, phase_work):
        dies = place.view.phase not in deaths
        if dies:
            deaths.append(place.view.phase)

        def doomed(session):
            outcome = phase_work(session)
            if dies and moment == "before the commit":
                raise Killed
            return outcome

        committed(place, doomed)
        if dies:
            raise Killed

    monkeypatch.setattr(recalibrate.Place, "commit", commit)
    for _ in Phase:
        with pytest.raises(Killed):
            work_on(runtime, recalibration_id)
        with runtime.reading() as session:
            in_force = [one for one in queries.norms(session=session) if one.state is NormState.PUBLISHED]
        assert len(in_force) == 1
        assert in_force[0].n == N
    work_on(runtime, recalibration_id)
    assert deaths == list(Phase)
    assert view(runtime, recalibration_id).progress is Progress.DONE
    assert counts(runtime) == tuple(number + 1 for number in before)


def test_cancelled_while_a_phase_computes_it_stores_nothing_more(runtime, editor, monkeypatch):
    recalibration_id = begin(runtime, editor)
    drafted = recalibrate.PHASES[Phase.DRAFT]

    def cancelled_meanwhile(place):
        with runtime.transaction() as session:
            cancel_recalibration(recalibration_id, session=session, clock=runtime.clock, actor=editor)
        drafted(place)

    monkeypatch.setitem(recalibrate.PHASES, Phase.DRAFT, cancelled_meanwhile)
    norms = counts(runtime)[2]
    work(runtime)
    found = view(runtime, recalibration_id)
    assert (found.progress, found.norm_id, counts(runtime)[2]) == (Progress.CANCELLED, None, norms)
    with runtime.transaction() as session, pytest.raises(RecalibrationEnded):
        cancel_recalibration(recalibration_id, session=session, clock=runtime.clock, actor=editor)


def test_who_lost_the_role_meanwhile_drafts_nothing(runtime, editor):
    recalibration_id = begin(runtime, editor)
    with runtime.transaction() as session:
        session.delete(session.get_one(RoleGrant, (EDITOR_ID, "norm_editor")))
    before = counts(runtime)
    work(runtime)
    found = view(runtime, recalibration_id)
    assert (found.progress, found.reason, counts(runtime)) == (Progress.REFUSED, "forbidden", before)


def test_one_recalibration_of_a_skill_at_a_time(runtime, editor):
    begin(runtime, editor)
    with pytest.raises(RecalibrationUnderWay):
        begin(runtime, editor)


def test_the_same_choice_twice_is_one_sample(runtime, editor):
    with runtime.reading() as session:
        choice = Choice(Source.SAMPLE, recalibrations.latest_sample_id(SKILL, session=session), without=(BOUGHT,))
    for _ in range(2):
        with runtime.transaction() as session:
            tools = {"session": session, "clock": runtime.clock, "entropy": runtime.entropy}
            assert choose_sample(SKILL, choice, actor=editor, **tools).n == N - 30
    assert counts(runtime)[0] == 3  # that in force, the latest, and its part


def test_edge_016_no_norm_of_a_subgroup_by_sex(runtime, editor):
    for choice in ({"only": (("sex", "f"),)}, {"without": (("sex", "m"),)}):
        recalibration_id = begin(runtime, editor, **{"without": (), **choice})
        work(runtime)
        found = view(runtime, recalibration_id)
        assert (found.progress, found.reason) == (Progress.REFUSED, "subgroup-norm-refused")
    assert counts(runtime)[0] == 2


@pytest.mark.parametrize("kind", ["groups", "blocks"])
@pytest.mark.parametrize("name", ["sex", "race", "age", "campaign"])
def test_edge_016_no_norm_of_a_subgroup_whatever_the_mapping_calls_it(runtime, editor, name, kind):
    """Nor one called a campaign that is read from the column of sexes."""
    with runtime.transaction() as session:
        mapping = a_described_mapping(**{kind: {name: "sex"}})
        import_sample(
            session, runtime.clock, runtime.entropy, n=N, seed=4, shift=0.1, mapping=mapping, labels={name: SEX}
        )
        assert not recalibrations.samples_of(SKILL, session=session)[0].blocks  # the desk offers none
    before = counts(runtime)
    for choice in ({"only": ((name, "f"),)}, {"without": ((name, "m"),)}):
        recalibration_id = begin(runtime, editor, **{"without": (), **choice})
        work(runtime)
        assert view(runtime, recalibration_id).reason == "subgroup-norm-refused"
    assert counts(runtime) == before


@pytest.mark.parametrize("kind", ["groups", "blocks"])
@pytest.mark.parametrize("name", ["campaign", "country", "language", "network"])
def test_a_norm_may_be_made_of_where_people_came_from(runtime, editor, name, kind):
    with runtime.transaction() as session:
        tools = (session, runtime.clock, runtime.entropy)
        mapping = a_described_mapping(**{kind: {name: name}})
        labels = {name: ["one" if place % 2 else "other" for place in range(N)]}
        whole = import_sample(*tools, n=N, seed=4, shift=0.1, mapping=mapping, labels=labels)
        choice = Choice(Source.SAMPLE, sample_id=whole.id, only=((name, "one"),))
        part = choose_sample(SKILL, choice, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=editor)
        assert part.n == N // 2


def test_a_choice_of_nobody_or_of_an_unknown_block_says_so(runtime, editor):
    for choice, reason in (
        ({"only": (("day", "2026-06-01"),), "without": (("day", "2026-06-01"),)}, "nobody-chosen"),
        ({"without": (("network", "x"),)}, "choice-unknown"),
    ):
        recalibration_id = begin(runtime, editor, **{"without": (), **choice})
        work(runtime)
        assert view(runtime, recalibration_id).reason == reason
    for text in ("day", "=x", "day="):
        with pytest.raises(ChoiceInvalid):
            divisions([text])


def test_the_page_follows_it_and_can_be_held_still(runtime, editor, browser_of):
    browser = browser_of(EDITOR_ID)
    begun = press(browser, DESK, DESK)
    page = begun.request.path
    assert browser.get(page).headers["Refresh"] == "3"
    still = re.search(r'href="([^"]+still=1)"', begun.text)[1]
    assert "Refresh" not in browser.get(still).headers
    press(browser, page, "/cancel")
    work(runtime)
    assert "It was cancelled" in browser.get(page).text
    assert counts(runtime)[2] == 1


def test_on_the_command_line_it_is_asked_for_listed_followed_and_cancelled(runtime, editor):
    code = staff_with_authenticator(runtime, "ada@example.org", "norm_editor")

    def run(*words, code=0):
        done = CliRunner().invoke(norm_commands, list(words), obj=runtime)
        assert done.exit_code == code, done.output
        return done.output

    asked = run("recalibrate", SKILL, "--without", "=".join(BOUGHT), "--detach", "--as", "ada@example.org",
                "--code", code())  # fmt: skip
    recalibration_id = re.search(r"[0-9a-f-]{36}", asked)[0]
    run("cancel", recalibration_id)
    assert "cancelled" in run("follow", recalibration_id, code=1)
    asked = run("recalibrate", SKILL, "--detach", "--as", "ada@example.org", "--code", code())
    work(runtime)
    followed = run("follow", re.search(r"[0-9a-f-]{36}", asked)[0])
    assert "preview: done" in followed
    listed = json.loads(run("recalibrations", "--json"))
    assert [one["progress"] for one in listed] == ["done", "cancelled"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--since", "foo"), "need --sittings"),
        (("--until", "2026-06-01"), "need --sittings"),
        (("--sittings", "en", "--without", "day=2026-06-03"), "belongs to the other"),
        (("--sittings", "en", "--only", "day=2026-06-03"), "belongs to the other"),
        (("--sittings", "en", "--sample", "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11"), "belongs to the other"),
        (("--sittings", "en", "--since", "2026-07-01", "--until", "2026-06-30"), "lies before the first"),
        (("--sittings", "en", "--until", "2026-02-31"), "'2026-02-31' (--until) is no day of the calendar"),
        (("--sample", "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11"), "has no sample 3f0e9d9c"),
    ],
)
def test_what_is_said_of_the_data_and_cannot_be_done_is_refused_before_anything_begins(runtime, editor, given, said):
    code = staff_with_authenticator(runtime, "ada@example.org", "norm_editor")
    program = Doorkeeper("decile", commands={"norm": norm_commands})
    words = ["norm", "recalibrate", SKILL, *given, "--detach", "--as", "ada@example.org", "--code", code()]
    done = CliRunner().invoke(program, words, obj=runtime)
    assert (done.exit_code, said in done.output) == (1, True), done.output
    with runtime.reading() as session:
        assert recalibrations.latest(session=session) == ()


def test_the_desk_refuses_a_window_of_a_sample_and_a_block_of_sittings(runtime, editor):
    for form, refused in (
        ({"source": "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11", "since_on": "2026-06-01"}, ChoiceMixed),
        ({"source": "sittings:en", "without": "day=2026-06-03"}, ChoiceMixed),
        ({"source": "sittings:en", "since_on": "2026-06-02", "until_on": "2026-06-01"}, WindowReversed),
        ({"source": "sittings:en", "since_on": "2026-02-31"}, DayInvalid),
    ):
        with pytest.raises(refused):
            choice_of(MultiDict(form))
    empty = {"source": "sittings:en", "since_on": "", "until_on": "", "without": ""}
    assert choice_of(MultiDict(empty)) == Choice(Source.SITTINGS, language="en")


FRENCH_SITTINGS = {"source": "sittings:fr", "since_on": "2026-02-01", "until_on": "2026-02-28"}
A_BLOCK = "=".join(BOUGHT)


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        (FRENCH_SITTINGS | {"since_on": "2026-02-31"}, "since", "There is no such day."),
        (FRENCH_SITTINGS | {"until_on": "2026-02-31"}, "until", "There is no such day."),
        (FRENCH_SITTINGS | {"until_on": "2026-01-31"}, "until", "The last day lies before the first."),
        (FRENCH_SITTINGS | {"without": [A_BLOCK]}, "source", "Days bound sittings alone"),
        (FRENCH_SITTINGS | {"source": ""}, "source", "Choose a sample, or sittings in a language."),
    ],
)
def test_a_choice_that_is_refused_stands_again_with_the_reason_beside_what_is_at_fault(
    runtime, editor, browser_of, sent, field, said
):
    answer = sent_choice(browser_of(EDITOR_ID), sent)
    assert (answer.status_code, answer.text.count(said)) == (422, 1)
    described = "source-error" if field == "source" else f"window-hint {field}-error"
    for once in (f'id="{field}-error"', f'aria-describedby="{described}"', " autofocus"):
        assert answer.text.count(once) == 1
    assert "Go back" not in answer.text
    assert stands_again(answer.text, sent)
    with runtime.reading() as session:
        assert recalibrations.latest(session=session) == ()


def sent_choice(browser, choice):
    """The answer to the form of the data, filled in like this."""
    form = form_to(browser.get(DESK).text, DESK)
    return browser.post(form.action, data={**form.fields, **choice})


def stands_again(page, sent):
    """Whether the form shows what was sent: the source, both days and the blocks."""
    shown = form_to(page, DESK).fields | {"without": re.findall(r'<option value="([^"]+)" selected>', page)}
    return all(shown[name] == value for name, value in sent.items() if value)


def test_a_choice_that_comes_at_a_bad_moment_stands_again_too(runtime, editor, browser_of):
    browser = browser_of(EDITOR_ID)
    gone = sent_choice(browser, {"source": "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11", "without": [A_BLOCK]})
    assert (gone.status_code, "This skill has no such sample." in gone.text) == (404, True)
    assert stands_again(gone.text, {"without": [A_BLOCK]})
    assert sent_choice(browser, FRENCH_SITTINGS).status_code == 303
    second = sent_choice(browser, FRENCH_SITTINGS)
    assert (second.status_code, "is under way" in second.text) == (409, True)
    assert stands_again(second.text, FRENCH_SITTINGS)
