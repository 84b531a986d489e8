"""A certificate checked before: what changed since is seen at the next look, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.credentials import queries
from app.credentials.errors import CredentialNotFound
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.states import Visibility
from app.foundation import policies
from app.foundation.access import operator
from app.verification.verdict import Verdict
from app.verification.verify_credential import CertificateVerification, verify_credential
from tests.app.credentials.awards import Desk, an_award
from tests.app.verification.test_verify_credential import shown

Change = Callable[[Desk, Credential], None]


def look(desk: Desk, credential: Credential) -> CertificateVerification:
    desk.session.flush()
    return verify_credential(credential.code, session=desk.session, clock=desk.clock)


def suspend(desk: Desk, credential: Credential) -> None:
    credential.suspended_at = desk.clock.now()


def compromise_the_key(desk: Desk, _credential: Credential) -> None:
    desk.session.get_one(IssuerKey, desk.signer.key_id).compromised_at = desk.clock.now()


def exchange_the_key(desk: Desk, _credential: Credential) -> None:
    desk.session.get_one(IssuerKey, desk.signer.key_id).public_bytes = bytes(32)


def lose_the_list(desk: Desk, credential: Credential) -> None:
    desk.session.get_one(StatusList, credential.status_list).signed_document = None


def alter_the_document(_desk: Desk, credential: Credential) -> None:
    credential.signed_document = (credential.signed_document or "").replace('"93.4"', '"99.4"')


def alter_the_token(_desk: Desk, credential: Credential) -> None:
    credential.signed_jwt = (credential.signed_jwt or "")[:-8] + "AAAAAAAA"


def show_another_name(_desk: Desk, credential: Credential) -> None:
    credential.shown_name = "Zoë O’Neil"


def renew(desk: Desk, credential: Credential) -> None:
    newer = desk.reserve(an_award(desk.session))
    desk.issue(newer)
    newer.renews_id, newer.visibility = credential.id, Visibility.UNLISTED


def widen_the_window(desk: Desk, _credential: Credential) -> None:
    values = {"renewal_window_days": 400}
    policies.set_policy(CredentialPolicy, values, session=desk.session, at=desk.clock.now(), actor=operator())


CHANGES = (
    Desk.revoke,
    suspend,
    compromise_the_key,
    exchange_the_key,
    lose_the_list,
    alter_the_document,
    alter_the_token,
    show_another_name,
    renew,
    widen_the_window,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_shows_at_the_next_look(desk: Desk, publish_list, change: Change) -> None:
    credential = shown(desk)
    publish_list()
    former = look(desk, credential)
    assert (former.verdict, look(desk, credential)) == (Verdict.VALID, former)
    change(desk, credential)
    found = look(desk, credential)
    assert found != former
    assert (found.judgement, found.token, found.newer, found.credential.shown_name) != (
        former.judgement,
        former.token,
        former.newer,
        former.credential.shown_name,
    )


def test_what_changed_during_the_check_and_was_taken_back_is_not_remembered(
    desk: Desk, publish_list, monkeypatch
) -> None:
    """Another process suspends it between the two reads; once that is taken back, it rests on what it rested on."""
    credential, read = shown(desk), queries.shown_credential_of_code
    publish_list()

    def suspended_meanwhile(*given: str, **more: Session) -> object:
        suspend(desk, credential)
        desk.session.flush()
        return read(*given, **more)

    with monkeypatch.context() as during:
        during.setattr(queries, "shown_credential_of_code", suspended_meanwhile)
        assert look(desk, credential).verdict is Verdict.SUSPENDED
    credential.suspended_at = None
    assert look(desk, credential).verdict is Verdict.VALID


def test_a_private_one_is_shown_no_more(desk: Desk) -> None:
    credential = shown(desk)
    look(desk, credential)
    credential.visibility = Visibility.PRIVATE
    with pytest.raises(CredentialNotFound):
        look(desk, credential)


@pytest.mark.parametrize(
    ("days", "before", "after"), [(-60, "all-checks-passed", "ends-soon"), (0, "ends-soon", "ended")]
)
def test_time_alone_changes_it_to_the_second(desk: Desk, publish_list, days: int, before: str, after: str) -> None:
    credential = shown(desk)
    publish_list()
    look(desk, credential)
    turn = credential.valid_until + timedelta(days=days)
    for at, expected in ((turn - timedelta(seconds=1), before), (turn, after)):
        desk.clock.instant = at
        found = look(desk, credential)
        assert (found.judgement.reasons[0].value, found.checked_at) == (expected, at)


def test_before_the_last_look_nothing_is_remembered(desk: Desk, publish_list) -> None:
    credential = shown(desk)
    publish_list()
    desk.clock.instant = credential.valid_until
    assert look(desk, credential).verdict is Verdict.EXPIRED
    desk.clock.instant = credential.valid_until - timedelta(days=90)
    assert look(desk, credential).verdict is Verdict.VALID


def test_the_second_look_asks_the_register_once(desk: Desk, publish_list) -> None:
    credential = shown(desk)
    publish_list()
    asked: list[str] = []
    connection = desk.session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
    look(desk, credential)
    first, asked[:] = len(asked), []
    look(desk, credential)
    assert first > 6
    assert len(asked) == 2  # and once for its place in the log, which it has not got yet
