"""A norm whose numbers somebody altered past the program: nobody starts under it, and it is named to who mends it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from app.accounts.models import Consent
from app.assessment.editions_in_use import editions_out_of_order
from app.assessment.errors import NormUnreadable, SkillOutOfOrder
from app.assessment.models import Edition, Sitting
from app.assessment.preview_suspension import preview_suspension
from app.foundation.audit import AuditEntry
from app.item_bank import item_record
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, take
from tests.app.assessment.test_views import Candidate

MASSES = [1 / 61] * 61
BROKEN = pytest.mark.parametrize(
    "composite",
    [
        {"masses": MASSES[:-1]},
        {"masses": [0.0, *MASSES[1:]]},
        {"masses": ["much", *MASSES[1:]]},
        {"masses": 1},
        {"weights": [0.0, 0.0]},
        {"correlation": None},
        {"stray_shares": [1.5, 0.0]},
        {"stray_shares": [0.1]},
        ["masses"],
    ],
    ids=[
        "a mass short",
        "an empty node",
        "a word",
        "a number",
        "no weight",
        "no correlation",
        "a share",
        "one share",
        "a list",
    ],
)


def alter(place: Place, composite: Any, *, sittings: bool = False) -> Edition:
    """Write over what is pinned, as no use case does; the edition that sittings start under."""

    def write(session: Any) -> Edition:
        edition = session.scalars(select(Edition).where(Edition.language == "en").order_by(Edition.id.desc())).first()
        edition.composite = composite
        for sitting in session.scalars(select(Sitting)) if sittings else ():
            sitting.composite = composite
        return edition

    return place.do(write)


def item_ids(place: Place, code: str) -> list[UUID]:
    return [place.do(lambda session: item_record.item_id_of(SKILL, code, session=session))]


@BROKEN
def test_nobody_starts_under_numbers_that_scoring_refuses_and_nothing_is_half_done(place, composite) -> None:
    a_normed_skill(place)
    edition, person_id = alter(place, composite), a_person(place)
    before = place.do(lambda session: session.scalars(select(AuditEntry.sequence)).all())
    with capture_logs() as logged, pytest.raises(SkillOutOfOrder) as refusal:
        place.start(person_id)
    (line,) = logged
    assert (line["event"], line["edition"], line["norm"]) == ("norm.unreadable", edition.id, str(edition.norm_id))
    assert isinstance(refusal.value.__cause__, NormUnreadable)
    assert str(edition.norm_id) in str(refusal.value.__cause__)
    assert f"edition {edition.id}" in str(refusal.value.__cause__)
    assert place.sittings() == []
    assert place.do(lambda session: session.scalars(select(AuditEntry.sequence)).all()) == before
    assert place.start(person_id, language="fr").is_new  # beside it all goes on


def test_who_looks_after_it_finds_edition_and_norm_by_name(place) -> None:
    a_normed_skill(place)
    assert place.do(lambda session: editions_out_of_order(session=session, at=place.clock.now())) == ()
    edition = alter(place, {"masses": MASSES[:-1]})
    (found,) = place.do(lambda session: editions_out_of_order(session=session, at=place.clock.now()))
    assert (found.name, found.norm_id) == (f"{SKILL} en {edition.id}", edition.norm_id)
    assert "61 masses" in found.why


def test_whoever_had_begun_goes_on_under_what_was_copied_then(place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    begun = place.start(person_id)
    alter(place, {"masses": []})
    assert place.start(person_id).sitting_id == begun.sitting_id


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_says_that_it_is_not_the_persons_fault_and_keeps_nothing(app, place, runtime, language) -> None:
    a_normed_skill(place)
    ada = Candidate(app, runtime, "ada@example.org")
    ada.open(f"/skills/{SKILL}/start?language={language}")
    place.do(lambda session: [setattr(one, "composite", {"masses": []}) for one in session.scalars(select(Edition))])
    refused = ada.post(f"/skills/{SKILL}/start", consent_assessment="1", honesty="1")
    assert refused.status_code == 503
    said = {"en": "The fault is ours and not yours", "fr": "C’est de notre fait"}[language]
    assert said in refused.text
    assert "skill-out-of-order" in refused.text
    assert "masses" not in refused.text
    assert place.sittings() == []
    assert place.do(lambda session: session.scalars(select(Consent).where(Consent.kind == "assessment")).all()) == []
    assert ada.open(f"/skills/{SKILL}/start").status_code == 503  # said before anybody ticks anything


def test_a_sitting_under_way_beside_such_numbers_is_a_named_error(app, place, runtime) -> None:
    a_normed_skill(place)
    ada = Candidate(app, runtime, "ada@example.org")
    path = ada.begin()
    alter(place, {"masses": []}, sittings=True)
    refused = ada.answer(path)
    assert refused.status_code == 503
    assert "norm-unreadable" in refused.text


def test_a_suspension_is_previewed_beside_such_a_norm_and_the_norm_is_named(place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person = SimulatedPerson(place, 0.9, 0.9)
    finished = take(place, a_person(place), person.answer)
    code = place.shown(finished)[0].item_code
    edition = alter(place, {"masses": []}, sittings=True)
    preview = place.do(lambda session: preview_suspension(item_ids(place, code), ["en"], session=session))
    assert (preview.finished, preview.rescored, preview.unreadable) == (1, (), (edition.norm_id,))
