"""Links for single readers: made and ended by the holder alone, counted by day, gone with the certificate."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import delete, func, select

from app.accounts.models import Person
from app.credentials.errors import CredentialNotFound
from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.foundation import policies
from app.foundation.access import ANONYMOUS, Actor, operator
from app.verification import queries, signed_ids
from app.verification.end_share import end_share
from app.verification.errors import ShareNotFound, ShareRefused, TooManyShares
from app.verification.grant_share import grant_share
from app.verification.look_through_share import look_through_share
from app.verification.models import ShareGrant, ShareLook
from app.verification.policy import VerificationPolicy
from tests.app.accounts.signed_in import sign_in
from tests.app.credentials.awards import an_id
from tests.app.verification.register import HTML
from tests.meanwhile import PATIENCE_SECONDS, meanwhile


class Holder:
    """The holder of one private certificate, at their use cases."""

    def __init__(self, runtime, register, shown_name=None) -> None:
        self.runtime, self.code = runtime, register.issued(Visibility.PRIVATE, shown_name)
        with runtime.reading() as session:
            row = session.query(Credential).filter_by(code=self.code).one()
            self.credential_id, self.actor = row.id, Actor(row.person_id, "holder")

    def grants(self, made_for="Acme", days=30, actor=None):
        here = self.runtime
        with here.transaction() as session:
            return grant_share(
                self.code,
                made_for,
                days,
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                actor=actor or self.actor,
            )

    def token(self, grant_id) -> str:
        return signed_ids.signed_id(signed_ids.SHARE, grant_id, links=self.runtime.links)

    def ends(self, grant_id, actor=None) -> None:
        with self.runtime.transaction() as session:
            end_share(self.code, grant_id, session=session, clock=self.runtime.clock, actor=actor or self.actor)

    def sees(self):
        here = self.runtime
        with here.reading() as session:
            return queries.shares_of(self.credential_id, session=session, links=here.links, at=here.clock.now())

    def look(self, token: str):
        here = self.runtime
        with here.transaction() as session:
            return look_through_share(token, session=session, clock=here.clock, links=here.links)

    def signs_in(self, client) -> None:
        here = self.runtime
        with here.transaction() as session:
            session.get_one(Person, self.actor.person_id).adult_confirmed_at = here.clock.now()
        cookie = sign_in(here, self.actor.person_id, second_factor=False)
        with client.session_transaction() as kept:
            kept["_user_id"] = cookie


@pytest.fixture
def holder(runtime, register) -> Holder:
    return Holder(runtime, register)


def test_case_081_a_link_shows_a_private_certificate_and_nothing_else_does(client, holder) -> None:
    grant = holder.grants()
    page = client.get(f"/s/{holder.token(grant)}", headers=HTML)
    assert page.status_code == 200
    assert "VALID until" in page.text
    assert client.get(f"/c/{holder.code}", headers=HTML).status_code == 404
    assert (page.headers["Cache-Control"], page.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert '<meta name="robots" content="noindex">' in page.text
    for kept_back in (f"/c/{holder.code}", "og:title", 'rel="alternate"', 'rel="canonical"', "Acme"):
        assert kept_back not in page.text
    assert "Set-Cookie" not in page.headers


def test_a_public_certificate_seen_through_a_link_is_not_indexed_either(client, holder, register) -> None:
    register.change(holder.code, visibility=Visibility.PUBLIC)
    page = client.get(f"/s/{holder.token(holder.grants())}", headers=HTML)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page.text


def test_the_link_tells_of_a_revocation(client, holder, register) -> None:
    token = holder.token(holder.grants())
    register.revoke(holder.code)
    assert "REVOKED" in client.get(f"/s/{token}", headers=HTML).text


def test_a_link_that_ended_expired_or_never_was_answers_as_a_private_code_does(client, holder, clock) -> None:
    ended, expired = holder.grants(), holder.grants(days=7)
    holder.ends(ended)
    clock.advance(timedelta(days=7))
    other_purpose = signed_ids.signed_id(signed_ids.CHALLENGE, holder.grants(), links=holder.runtime.links)
    tokens = [holder.token(ended), holder.token(expired), holder.token(an_id()), other_purpose, "torn", "0" * 32]
    answers = [client.get(f"/s/{token}", headers=HTML) for token in tokens]
    assert {(answer.status, answer.data) for answer in answers} == {("404 NOT FOUND", answers[0].data)}
    assert answers[0].data == client.get(f"/c/{holder.code}", headers=HTML).data
    assert sum(count for share in holder.sees() for _, count in share.looks) == 0


def test_a_link_works_until_its_last_second(holder, clock) -> None:
    token = holder.token(holder.grants(days=7))
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert holder.look(token).verdict == "valid"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(CredentialNotFound):
        holder.look(token)


def test_the_holder_sees_the_looks_by_day_and_nothing_of_who_looked(client, holder, clock) -> None:
    token = holder.token(holder.grants())
    for _ in range(3):
        client.get(f"/s/{token}", headers=HTML)
    clock.advance(timedelta(days=1))
    client.get(f"/s/{token}", headers=HTML)
    (share,) = holder.sees()
    today = clock.now().date()
    assert share.looks == ((today, 1), (today - timedelta(days=1), 3))
    assert set(ShareLook.__table__.columns.keys()) == {"grant_id", "on_day", "count"}


def test_looks_at_the_same_moment_are_all_counted(holder) -> None:
    token, start = holder.token(holder.grants()), Barrier(8)

    def look() -> None:
        start.wait()
        holder.look(token)

    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [count for _, count in holder.sees()[0].looks] == [8]


def test_only_the_holder_makes_and_ends_links(holder) -> None:
    grant = holder.grants()
    for stranger in (Actor(an_id(), "other"), ANONYMOUS):
        with pytest.raises(CredentialNotFound):
            holder.grants(actor=stranger)
        with pytest.raises(CredentialNotFound):
            holder.ends(grant, actor=stranger)
    with pytest.raises(ShareNotFound):
        holder.ends(an_id())
    assert holder.sees()[0].is_open


def test_a_holder_cannot_end_a_link_to_another_certificate(holder, runtime, register) -> None:
    other = Holder(runtime, register)
    theirs = other.grants()
    with pytest.raises(ShareNotFound):
        holder.ends(theirs)
    assert other.sees()[0].is_open


@pytest.mark.parametrize(
    ("made_for", "days"),
    [("", 30), ("  ", 30), ("x" * 81, 30), ("a\x00", 30), ("a\u202eb", 30), ("A", 31), ("A", 0)],
)
def test_a_note_or_a_term_that_cannot_be_is_refused(holder, made_for, days) -> None:
    with pytest.raises(ShareRefused):
        holder.grants(made_for, days)
    assert holder.sees() == ()


def test_a_note_may_be_a_name_of_any_script(holder):
    holder.grants("\u200fعلی\u200cرضا محمدی\u200e")
    assert [share.made_for for share in holder.sees()] == ["علی\u200cرضا محمدی"]


def test_there_are_no_more_open_links_than_the_policy_allows(holder, runtime) -> None:
    with runtime.transaction() as session:
        policies.set_policy(
            VerificationPolicy, {"most_open_shares": 2}, session=session, at=runtime.clock.now(), actor=operator()
        )
    first = holder.grants()
    holder.grants()
    with pytest.raises(TooManyShares):
        holder.grants()
    holder.ends(first)
    holder.grants()


def test_nothing_of_a_link_survives_the_certificate(holder, runtime) -> None:
    token = holder.token(holder.grants())
    holder.look(token)
    with runtime.transaction() as session:
        session.execute(delete(Credential).where(Credential.id == holder.credential_id))
    with runtime.reading() as session:
        left = [session.scalar(select(func.count()).select_from(table)) for table in (ShareGrant, ShareLook)]
    assert left == [0, 0]
    with pytest.raises(CredentialNotFound):
        holder.look(token)


def test_the_holders_page_makes_shows_ends_and_removes_a_link(client, holder) -> None:
    holder.signs_in(client)
    address = f"/credentials/{holder.code}/shares"

    def send(path: str, **fields: str):
        page = client.get(address, headers=HTML).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return client.post(path, data={"csrf_token": token, **fields}, headers=HTML, follow_redirects=True)

    page = send(address, made_for="<b>Acme</b>", days="7")
    assert "&lt;b&gt;Acme&lt;/b&gt;" in page.text
    link = re.search(r"<code>http://localhost(/s/[^<]+)</code>", page.text)[1]
    assert client.get(link, headers=HTML).status_code == 200
    end = re.search(rf'action="({address}/[^"]+/end)"', page.text)[1]
    assert "Ended on" in send(end).text
    assert client.get(link, headers=HTML).status_code == 404
    assert "There is no link yet" in send(end).text
    refused = send(address, made_for="", days="7")
    assert refused.status_code == 422
    assert "whom the link is for" in refused.text


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_who_make_the_last_link_allowed_at_once_make_one(holder, runtime) -> None:
    with runtime.transaction() as session:
        policies.set_policy(
            VerificationPolicy, {"most_open_shares": 1}, session=session, at=runtime.clock.now(), actor=operator()
        )
    with runtime.transaction() as session:
        grant_share(
            holder.code, "Acme", 30, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=holder.actor
        )
        second = meanwhile(holder.grants, runtime.database)
    with pytest.raises(TooManyShares):
        second.result(PATIENCE_SECONDS)
    assert len(holder.sees()) == 1
