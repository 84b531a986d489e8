"""A sign-in or a token that is on its way while everything of its person is ended, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, open_session
from app.accounts.close_merged_account import close_merged_account
from app.accounts.end_sign_ins import end_sign_ins
from app.accounts.errors import AccountClosed
from app.accounts.forget_second_factors import forget_second_factors
from app.accounts.grant_role import grant_role
from app.accounts.issue_api_token import issue_api_token
from app.accounts.make_device_link import make_device_link
from app.accounts.make_sign_in_link import make_sign_in_link
from app.accounts.models import ApiToken, BrowserSession, Passkey, Person, RecoveryCode, RoleGrant, SecondFactor
from app.accounts.policy import AccountPolicy
from app.accounts.recovery_codes import hash_of_code
from app.accounts.remove_passkey import remove_passkey
from app.accounts.remove_second_factor import remove_second_factor
from app.accounts.restrictions import hold_accounts
from app.accounts.revoke_other_sessions import revoke_other_sessions
from app.accounts.revoke_role import revoke_role
from app.accounts.sign_in_secrets import request_of_link
from app.accounts.sign_in_with_link import sign_in_with_link
from app.accounts.use_recovery_code import use_recovery_code
from app.foundation.access import Actor, SignInNeeded, operator
from app.foundation.links import LinkExpired
from app.foundation.runtime import Runtime
from tests.app.accounts.signed_in import sign_in
from tests.meanwhile import PATIENCE_SECONDS, meanwhile

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
CODE = "ABCD-EFGH-JKLM-NPQR"
PASSKEY, OTHER = UUID(int=1), UUID(int=2)
Act = Callable[[Session], object]


@pytest.fixture
def ada(runtime: Runtime) -> UUID:
    """Somebody of staff with an app, a passkey and a recovery code, signed in nowhere."""
    now, person_id = runtime.clock.now(), runtime.entropy.uuid()
    with runtime.transaction() as session:
        for one, email in ((person_id, "ada@example.org"), (OTHER, "other@example.org")):
            session.add(Person(id=one, email=email, language="en", known_since_at=now, adult_confirmed_at=now))
        session.flush()
        session.add_all([
            RoleGrant(person_id=person_id, role="reviewer", granted_at=now),
            SecondFactor(person_id=person_id, sealed_secret="sealed", enrolled_at=now, confirmed_at=now),
            RecoveryCode(code_hash=hash_of_code(CODE), person_id=person_id),
            Passkey(id=PASSKEY, person_id=person_id, label="Phone", transports=[], credential_id=b"id",
                    public_key=b"key", sign_count=0, added_at=now),
        ])  # fmt: skip
    return person_id


def proven(runtime: Runtime, person_id: UUID) -> Actor:
    now = runtime.clock.now()
    return Actor(person_id, "ada", frozenset({"reviewer"}), now, now)


def in_transaction(runtime: Runtime, act: Act) -> object:
    with runtime.transaction() as session:
        return act(session)


def count(runtime: Runtime, table: type) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def ways_to_end(runtime: Runtime, ada: UUID) -> dict[str, Act]:
    """By name, whatever ends every sign-in of somebody."""
    clock, jobs, actor = runtime.clock, runtime.jobs, proven(runtime, ada)
    return {
        "sign out everywhere else": lambda session: revoke_other_sessions(
            None, session=session, clock=clock, actor=actor
        ),
        "remove a passkey": lambda session: remove_passkey(
            PASSKEY, browser_token=None, session=session, clock=clock, jobs=jobs, actor=actor
        ),
        "remove the app": lambda session: remove_second_factor(ada, session=session, clock=clock, actor=actor),
        "forget the factors": lambda session: forget_second_factors(
            ada, session=session, clock=clock, jobs=jobs, actor=operator()
        ),
        "revoke a role": lambda session: revoke_role(ada, "reviewer", session=session, clock=clock, actor=operator()),
        "grant a role": lambda session: grant_role(ada, "recruiter", session=session, clock=clock, actor=operator()),
        "ask for erasure": lambda session: end_sign_ins(ada, session=session),
    }


WAYS = ("sign out everywhere else", "remove a passkey", "remove the app", "forget the factors", "revoke a role",
        "grant a role", "ask for erasure")  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_sign_in_that_is_being_opened_ends_with_all_others(runtime: Runtime, ada: UUID, way: str):
    end = ways_to_end(runtime, ada)[way]
    with runtime.transaction() as session:
        open_session(ada, browser=Browser("thief"), session=session, at=runtime.clock.now(), entropy=runtime.entropy,
                     policy=AccountPolicy())  # fmt: skip
        ending = meanwhile(lambda: in_transaction(runtime, end), runtime.database)
    ending.result(PATIENCE_SECONDS)
    assert count(runtime, BrowserSession) == 0


def while_signed_out(runtime: Runtime, ada: UUID, act: Act) -> object:
    """What comes of it, begun when signing out everywhere is done and not yet committed."""
    with runtime.transaction() as session:
        revoke_other_sessions(None, session=session, clock=runtime.clock, actor=proven(runtime, ada))
        acting = meanwhile(lambda: in_transaction(runtime, act), runtime.database)
    return acting.result(PATIENCE_SECONDS)


def test_no_token_is_made_by_a_sign_in_that_ended_meanwhile(runtime: Runtime, ada: UUID):
    token = sign_in(runtime, ada, second_factor=True)
    with pytest.raises(SignInNeeded):
        while_signed_out(runtime, ada, lambda session: issue_api_token(
            "t", ["results:read"], 30, browser_token=token, session=session, clock=runtime.clock,
            entropy=runtime.entropy, jobs=runtime.jobs, actor=proven(runtime, ada),
        ))  # fmt: skip
    assert count(runtime, ApiToken) == 0


def test_no_second_factor_renews_a_sign_in_that_ended_meanwhile(runtime: Runtime, ada: UUID):
    token = sign_in(runtime, ada, second_factor=False)
    with pytest.raises(SignInNeeded):
        while_signed_out(runtime, ada, lambda session: use_recovery_code(
            ada, CODE, browser=Browser("thief", token), session=session, clock=runtime.clock, entropy=runtime.entropy,
            actor=Actor(ada, "ada"),
        ))  # fmt: skip
    assert count(runtime, BrowserSession) == 0


def test_no_link_for_another_device_outlives_the_sign_in_that_made_it(runtime: Runtime, ada: UUID):
    token = sign_in(runtime, ada, second_factor=False)
    tools = {"clock": runtime.clock, "entropy": runtime.entropy, "links": runtime.links}
    link = in_transaction(runtime, lambda session: make_device_link(token, "/", session=session, **tools))
    secret = link.path.partition("?token=")[2]
    with pytest.raises(LinkExpired):
        while_signed_out(runtime, ada, lambda session: sign_in_with_link(
            secret, shown=link.request_id, asked_here=None, is_confirmed=True, browser=Browser("thief"),
            session=session, **tools,
        ))  # fmt: skip
    assert count(runtime, BrowserSession) == 0


def test_closing_an_account_and_a_sign_in_to_it_do_not_wait_for_each_other(runtime: Runtime, ada: UUID):
    path = make_link(runtime, "ada@example.org")

    def sign_in_there(session: Session) -> object:
        secret = path.partition("?token=")[2]
        shown = request_of_link(secret, links=runtime.links, policy=AccountPolicy())
        return sign_in_with_link(
            secret, shown=shown, asked_here=None, is_confirmed=True, browser=Browser("ada's"), session=session,
            clock=runtime.clock, entropy=runtime.entropy, links=runtime.links,
        )  # fmt: skip

    with runtime.transaction() as session:
        hold_accounts(ada, session=session)
        coming = meanwhile(lambda: in_transaction(runtime, sign_in_there), runtime.database)
        close_merged_account(ada, OTHER, session=session, at=runtime.clock.now())
    with pytest.raises(LinkExpired):
        coming.result(PATIENCE_SECONDS)


def make_link(runtime: Runtime, email: str) -> str:
    tools = {"clock": runtime.clock, "entropy": runtime.entropy, "links": runtime.links}
    with runtime.transaction() as session:
        return make_sign_in_link(email, session=session, **tools)


def test_no_role_is_granted_to_an_account_that_was_closed_meanwhile(runtime: Runtime, ada: UUID):
    def grant(session: Session) -> None:
        known = session.get_one(Person, ada)
        merging.append(meanwhile(lambda: in_transaction(runtime, close), runtime.database))
        merging[0].result(PATIENCE_SECONDS)
        grant_role(known.id, "recruiter", session=session, clock=runtime.clock, actor=operator())

    def close(session: Session) -> None:
        session.get_one(Person, ada).merged_into_id = OTHER

    merging: list = []
    with pytest.raises(AccountClosed):
        in_transaction(runtime, grant)
