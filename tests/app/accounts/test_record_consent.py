from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts import consents, queries
from app.accounts.consents import ConsentOffer
from app.accounts.errors import ConsentTextChanged, ConsentUnknown
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.models import Consent
from app.accounts.record_consent import record_consent
from app.accounts.withdraw_consent import withdraw_consent
from app.foundation.access import Actor, operator
from app.foundation.audit import AuditEntry


@pytest.fixture
def ada(session, clock, entropy):
    return invite_person("ada@example.org", session=session, clock=clock, entropy=entropy)


@pytest.fixture
def give(session, clock, entropy, ada):
    return lambda kind, version=1: record_consent(
        ada, kind, version, session=session, clock=clock, entropy=entropy, actor=Actor(ada, "ada")
    )


@pytest.fixture
def withdraw(session, clock, jobs, ada):
    return lambda kind: withdraw_consent(ada, kind, session=session, clock=clock, actor=Actor(ada, "ada"), jobs=jobs)


def standing(session, ada) -> dict[str, bool]:
    return {kind: queries.has_consent(ada, kind, session=session) for kind in ("assessment", "norm_use")}


def test_consents_are_given_and_withdrawn_each_by_itself(session, ada, give, withdraw):
    assert standing(session, ada) == {"assessment": False, "norm_use": False}
    give("assessment")
    assert standing(session, ada) == {"assessment": True, "norm_use": False}
    assert not queries.may_enter_norm(ada, session=session)
    give("norm_use")
    assert queries.may_enter_norm(ada, session=session)
    withdraw("assessment")
    assert standing(session, ada) == {"assessment": False, "norm_use": True}


def test_case_020_whoever_holds_a_staff_role_is_never_counted_in_a_norm(session, clock, ada, give):
    """They may try things out; what they answer must not move a line."""
    give("norm_use")
    grant_role(ada, "norm_editor", session=session, clock=clock, actor=operator())
    assert not queries.may_enter_norm(ada, session=session)


def test_saying_yes_twice_is_one_consent_and_every_change_is_audited(session, ada, give, withdraw):
    for act in (give, give, withdraw, withdraw, give):
        act("norm_use")
    assert len(session.scalars(select(Consent)).all()) == 2
    kinds = session.scalars(select(AuditEntry.kind).order_by(AuditEntry.sequence)).all()
    assert kinds == ["consent.given", "consent.withdrawn", "consent.given"]


def test_a_consent_to_a_text_that_has_changed_since_is_not_taken(give):
    with pytest.raises(ConsentTextChanged):
        give("norm_use", 2)
    with pytest.raises(ConsentUnknown):
        give("marketing")


def test_a_new_version_of_a_text_needs_a_new_consent(session, ada, give, monkeypatch):
    give("norm_use")
    newer = ConsentOffer("norm_use", 2, "Help build the norm", "Another text.")
    monkeypatch.setattr(consents, "OFFERS", (consents.OFFERS[0], newer))
    monkeypatch.setattr(queries, "OFFERS", consents.OFFERS)
    assert not queries.may_enter_norm(ada, session=session)
    with pytest.raises(ConsentTextChanged):
        give("norm_use", 1)
    give("norm_use", 2)
    assert queries.may_enter_norm(ada, session=session)
    kept = session.execute(select(Consent.version, Consent.withdrawn_at.is_not(None)).order_by(Consent.version)).all()
    assert [tuple(row) for row in kept] == [(1, True), (2, False)]


def test_a_person_gives_and_withdraws_on_their_own_page(visit):
    visitor = visit()
    visitor.sign_in("ada@example.org")
    assert visitor.open("/account").text.count("Not given.") == 2
    visitor.send("/account/consents/norm_use", page="/account", version="1")
    page = visitor.open("/account").text
    assert "text version 1" in page
    assert page.count("Not given.") == 1
    visitor.send("/account/consents/norm_use/withdraw", page="/account")
    assert visitor.open("/account").text.count("Not given.") == 2


def test_an_outdated_form_and_an_unknown_consent_are_refused(visit):
    visitor = visit()
    visitor.sign_in("ada@example.org")
    assert visitor.send("/account/consents/norm_use", page="/account", version="9").status_code == 409
    assert visitor.send("/account/consents/norm_use", page="/account", version="x").status_code == 409
    assert visitor.send("/account/consents/all", page="/account", version="1").status_code == 422
