"""Only the holder decides who sees a certificate, and which name stands beside it."""

from __future__ import annotations

import pytest

from app.credentials.errors import CredentialNotFound, NameRefused, VisibilityUnknown
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility, read_visibility
from app.foundation.access import ANONYMOUS, Actor
from tests.app.credentials.awards import Desk, an_award, an_id


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
