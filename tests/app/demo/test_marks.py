"""Edge 17 in the demonstration: the mark travels with everything, so that nothing of it can pass for real."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import queries as accounts
from app.assessment.models import Edition, Sitting
from app.awarding.models import Award
from app.credentials.models import Credential
from app.demo import queries
from app.demo.cast import APPROVER, BUSY, CAST, HOLDER, NEAR_MISS, NEWCOMER, STAFF
from app.factory import create_app
from app.norming.models import LegacySample, NormVersion
from app.verification.verify_credential import verify_credential
from tests.app.accounts.signed_in import browser_with, sign_in


def test_edge_017_nothing_of_the_demonstration_may_certify(session):
    assert all(sample.is_simulated for sample in session.scalars(select(LegacySample)))
    assert all(norm.demo for norm in session.scalars(select(NormVersion)))
    assert all(edition.demo for edition in session.scalars(select(Edition)))
    assert all(sitting.demo for sitting in session.scalars(select(Sitting)))
    awards = session.scalars(select(Award)).all()
    assert awards
    assert all(award.is_specimen and "demo-norm" in award.specimen_reasons for award in awards)


def test_edge_017_every_credential_is_a_specimen_and_says_demonstration(session):
    credentials = session.scalars(select(Credential)).all()
    assert len(credentials) == 7
    for credential in credentials:
        document = json.loads(credential.signed_document)
        assert credential.is_specimen
        assert document["name"].startswith("SPECIMEN")
        assert "for demonstration only: it certifies nothing" in credential.signed_document
        assert "Simulated people (demonstration)" in credential.signed_document
        assert credential.shown_name is None or credential.shown_name.endswith("(demo)")


def test_edge_017_no_verdict_on_the_demonstration_is_ever_valid(session, stage_runtime):
    shown = [one for one in session.scalars(select(Credential)) if one.visibility != "private"]
    verdicts = [verify_credential(one.code, session=session, clock=stage_runtime.clock).verdict for one in shown]
    assert sorted(verdicts) == ["revoked", *["specimen"] * 5]


def test_edge_017_no_sitting_of_the_demonstration_may_enter_a_norm(session):
    people = [accounts.person_by_email(part.email, session=session).id for part in (*CAST, *STAFF)]
    assert not any(accounts.may_enter_norm(person, session=session) for person in people)


@pytest.fixture(scope="module")
def app(stage_runtime, loaded):
    assert loaded.counts
    return create_app(stage_runtime)


@pytest.fixture
def visit(app, stage_runtime):
    """Get a page as one of the cast, or as nobody; its text in lower case."""

    def get(path, part=None, language="en"):
        client = app.test_client() if part is None else browser_with(app, _token(stage_runtime, part))
        answer = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text.partition("<main")[2].lower()

    return get


def _token(runtime, part):
    with runtime.reading() as session:
        person = accounts.person_by_email(part.email, session=session)
    return sign_in(runtime, person.id, second_factor=part in STAFF)


def _faces(runtime):
    with runtime.reading() as session:
        sights = queries.sights(session=session)
        busy = accounts.person_by_email(BUSY.email, session=session).id
        sitting = session.scalars(select(Sitting.id).where(Sitting.person_id == busy)).one()
    return [
        ("/skills", None),
        ("/skills/collaboration", None),
        ("/norms", None),
        (f"/norms/{sights.norm_id}", None),
        (f"/c/{sights.certificate_code}", None),
        ("/skills/collaboration/start", NEWCOMER),
        (f"/sittings/{sitting}", BUSY),
        (f"/results/{sights.near_miss_sitting}", NEAR_MISS),
        ("/me", HOLDER),
        ("/me", BUSY),
        (f"/credentials/{sights.certificate_code}", HOLDER),
        ("/desk/norms", APPROVER),
        (f"/desk/norms/{sights.pending_norm_id}", APPROVER),
    ]


def test_every_face_of_the_demonstration_says_so(visit, stage_runtime):
    unmarked = [path for path, part in _faces(stage_runtime) if "demo" not in visit(path, part)]
    assert unmarked == []


def test_a_french_reader_is_compared_with_simulated_people_too(visit):
    assert 'class="badge specimen"' in visit("/skills/collaboration", language="fr")


def test_the_expired_specimen_says_that_its_term_is_over(visit, stage_runtime, session):
    ended = stage_runtime.clock.now() - timedelta(days=1)
    code = session.scalars(select(Credential.code).where(Credential.valid_until < ended)).one()
    assert "its term ended on" in visit(f"/c/{code}")
