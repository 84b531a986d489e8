"""Only the holder decides who sees a certificate, and which name stands beside it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.credentials.errors import CredentialNotFound, NameRefused, VisibilityUnknown
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility, read_visibility
from app.foundation.access import ANONYMOUS, Actor
from app.foundation.runtime import Runtime
from tests.app.credentials.awards import Desk, an_award, an_id
from tests.app.credentials.worker_house import issue, stored


def show(
    desk: Desk, code: str, actor: Actor, visibility: Visibility = Visibility.UNLISTED, name: str | None = None
) -> None:
    set_visibility(code, visibility, shown_name=name, session=desk.session, clock=desk.clock, actor=actor)


def test_a_new_credential_is_private_and_its_holder_opens_and_hides_it(desk: Desk) -> None:
    credential = desk.issued()
    holder = Actor(credential.person_id, "holder")
    assert (credential.visibility, credential.shown_name) == (Visibility.PRIVATE, None)
    show(desk, credential.code, holder, name="  Zoë   O’Neil 山田 ")
    assert (credential.visibility, credential.shown_name) == (Visibility.UNLISTED, "Zoë O’Neil 山田")
    show(desk, credential.code, holder, Visibility.PRIVATE, name="Zoë")
    assert (credential.visibility, credential.shown_name) == (Visibility.PRIVATE, None)


def test_to_anyone_but_the_holder_it_does_not_exist(desk: Desk) -> None:
    credential = desk.issued()
    for other in (Actor(an_id(), "other"), ANONYMOUS):
        with pytest.raises(CredentialNotFound):
            show(desk, credential.code, other)
    assert credential.visibility is Visibility.PRIVATE


def test_a_credential_that_is_not_signed_yet_cannot_be_shown(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    with pytest.raises(CredentialNotFound):
        show(desk, credential.code, Actor(credential.person_id, "holder"))


@pytest.mark.parametrize("name", ["x" * 201, "a\x00b", "a\u202eb"])
def test_a_name_that_cannot_be_printed_on_one_line_is_refused(desk: Desk, name: str) -> None:
    credential = desk.issued()
    with pytest.raises(NameRefused):
        show(desk, credential.code, Actor(credential.person_id, "holder"), name=name)


@pytest.mark.parametrize(
    "name", ["مهدی\u200cزاده", "क्\u200dष", "Nguyễn Thị", "Ó Súilleabháin", "李小龍", "<script>alert(1)</script>"]
)
def test_names_of_every_script_are_kept_as_they_are(desk: Desk, name: str) -> None:
    credential = desk.issued()
    show(desk, credential.code, Actor(credential.person_id, "holder"), name=name)
    assert credential.shown_name == name
    show(desk, credential.code, Actor(credential.person_id, "holder"), name=f"\u200f{name}\u200e\ufeff")
    assert credential.shown_name == name


def test_the_signed_document_knows_nothing_of_the_name(desk: Desk) -> None:
    credential = desk.issued()
    before = credential.signed_document
    show(desk, credential.code, Actor(credential.person_id, "holder"), name="Zoë")
    assert credential.signed_document == before
    assert "Zoë" not in (before or "")


def test_another_word_is_no_visibility() -> None:
    assert read_visibility("public") is Visibility.PUBLIC
    with pytest.raises(VisibilityUnknown):
        read_visibility("everyone")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_edge_045_after_a_change_of_name_the_page_and_the_files_say_the_new_one_and_the_signed_facts_stand(
    house: Runtime, client: FlaskClient
) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        before = stored(session, code)
    holder = Actor(before.person_id, "holder")
    faces = []
    for name in ("Zoë Former", "Zoë Nouvelle"):
        with house.transaction() as session:
            set_visibility(code, Visibility.UNLISTED, shown_name=name, session=session, clock=house.clock, actor=holder)
        shown = [client.get(f"/c/{code}", headers={"Accept": "text/html"}), client.get(f"/c/{code}.svg")]
        faces.append([one.get_data(as_text=True) for one in shown])
    for former, latter in zip(*faces, strict=True):
        assert "Zoë Former" in former
        assert "Zoë Former" not in latter  # it is public nowhere any more
        assert "Zoë Nouvelle" in latter
    with house.reading() as session:
        after = stored(session, code)
    # no name was ever signed, so nothing is replaced and no paper with the code becomes wrong
    assert "Zoë" not in after.signed_document
    for fact in ("signed_document", "signed_jwt", "valid_from", "valid_until", "status_index", "revoked_at"):
        assert getattr(after, fact) == getattr(before, fact)
