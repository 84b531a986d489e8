"""Six people and what belongs to them, made through the use cases once; every test works on a copy of the file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.consents import OFFERS
from app.accounts.grant_role import grant_role
from app.accounts.issue_api_token import issue_api_token
from app.accounts.keeping_mailer import KeepingMailer
from app.accounts.models import BrowserSession, Passkey, Person
from app.accounts.record_consent import record_consent
from app.accounts.scopes import scopes_open_to
from app.assessment import pages
from app.credentials import queries as credentials
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.db import Base, Database
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.rates import RatePolicy
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.item_bank import item_record
from app.norming.models import NormState, NormVersion
from app.verification import signed_ids
from app.verification.grant_share import grant_share
from app.verification.models import ControlChallenge
from app.worker import JOBS
from tests.app.accounts.signed_in import browser_with, sign_in
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.app.norming.builders import EDITOR_ID, a_calibrated_sample, a_norm, people
from tests.browser.normed_bank import adopt_a_norm
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import run_jobs, with_signer

OWNER, OTHER, RECRUITER, UNPROVEN, EDITOR = "candidate", "other candidate", "recruiter", "unproven editor", "editor"
ANONYMOUS = "anonymous"
ROLES = (ANONYMOUS, OWNER, OTHER, RECRUITER, UNPROVEN, EDITOR)
APPROVER, SUPPORT, ITEM_EDITOR, REVIEWER = "norm approver", "support", "item editor", "reviewer"
DESK_ROLES = {APPROVER: "norm_approver", SUPPORT: "support", ITEM_EDITOR: "item_editor", REVIEWER: "reviewer"}
STAFF_ROLES = {RECRUITER: "recruiter", UNPROVEN: "norm_editor", EDITOR: "norm_editor"}
OWNERS_NAME = "Olivia Owner"
UNLIMITED = 10_000_000
FILE = "world.sqlite3"
AGE = timedelta(days=31, seconds=2)  # when it is finished
NOTHING = UUID(int=0)


@dataclass
class Facts:
    """Ids of what is in the file."""

    people: dict[str, UUID] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    token_id: UUID = NOTHING
    session_id: UUID = NOTHING
    passkey_id: UUID = NOTHING
    open_sitting: UUID = NOTHING
    ended_sitting: UUID = NOTHING
    code: str = ""
    share: UUID = NOTHING
    share_token: str = ""
    challenge_token: str = ""
    norm: UUID = NOTHING
    draft_norm: UUID = NOTHING
    case: UUID = NOTHING
    item: UUID = NOTHING
    item_text: str = ""


@dataclass
class World:
    """The application over a copy of the file."""

    directory: Path
    facts: Facts
    runtime: Runtime
    template: Path
    app: Flask

    def browser(self, role: str) -> FlaskClient:
        """A browser with this person's cookie."""
        if role in self.facts.cookies:
            return browser_with(self.app, self.facts.cookies[role])
        return self.app.test_client()

    def sign_in_again(self, role: str, *, proven: bool = False) -> None:
        """A fresh sign-in for this person in this world, for after the clock has moved; with a second factor or not."""
        cookie = sign_in(self.runtime, self.facts.people[role], second_factor=proven)
        self.facts = replace(self.facts, cookies={**self.facts.cookies, role: cookie})

    def bearer(self, role: str) -> dict[str, str]:
        """The header of this person's program; nothing for those who cannot have a token."""
        token = self.facts.tokens.get(role)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, role: str, method: str, path: str, **options: Any) -> Any:
        """What the API answers this person's program."""
        headers = {**self.bearer(role), **options.pop("headers", {})}
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **options)

    def restore(self) -> None:
        """Put the file back as it was made."""
        self.runtime.database.dispose()
        for suffix in ("-wal", "-shm"):
            (self.directory / (FILE + suffix)).unlink(missing_ok=True)
        shutil.copy(self.template, self.directory / FILE)

    def rows(self) -> dict[str, list[Any]]:
        """Everything in the database."""
        with self.runtime.reading() as session:
            return {
                table.name: sorted(map(repr, session.execute(select(table)).all()))
                for table in Base.metadata.sorted_tables
            }


def a_runtime(directory: Path, entropy: CountingEntropy, database: Database | None = None) -> Runtime:
    """A runtime over the file in `directory`, or over another database."""
    settings = Settings(data=directory, secret_keys=("k" * 40,), base_url="http://localhost")
    clock = FrozenClock()
    database = database or Database(f"sqlite:///{directory / FILE}")
    spool = SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock)
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        entropy=entropy,
        jobs=CollectedJobs(),
        links=Links(settings.secret_keys),
        mailer=KeepingMailer(spool, database, clock),
    )


def make_world(runtime: Runtime, directory: Path) -> Facts:
    """Fill an empty database."""
    facts = Facts()
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)  # type: ignore[arg-type]
    with runtime.transaction() as session:
        rates = {limit.name: UNLIMITED for limit in fields(RatePolicy)}
        policies.set_policy(RatePolicy, rates, session=session, at=runtime.clock.now(), actor=operator())
    the_collaboration_bank(place)
    worker = with_signer(runtime, directory)
    facts.norm = adopt_a_norm(place)
    _people(place, facts)
    _owners_things(place, facts, worker)
    _norm_desk(runtime, facts)
    _sign_ins_and_tokens(runtime, facts)
    return facts


def _people(place: Place, facts: Facts) -> None:
    for role in (OWNER, OTHER, RECRUITER, UNPROVEN):
        facts.people[role] = a_person(place)
    with place.database.transaction() as session:
        owner = session.get_one(Person, facts.people[OWNER])
        owner.display_name, owner.email = OWNERS_NAME, "olivia@owner.example.org"
        for role in (RECRUITER, UNPROVEN):
            grant_role(facts.people[role], STAFF_ROLES[role], session=session, clock=place.clock, actor=operator())


def _owners_things(place: Place, facts: Facts, worker: Runtime) -> None:
    """A sitting that earned a certificate, kept private, and another one open."""
    owner = facts.people[OWNER]
    facts.ended_sitting = take(place, owner, SimulatedPerson(place, 3.0, 3.0, 1).answer)
    run_jobs(worker)
    JOBS["sign_checkpoint"](worker)
    place.jobs.enqueued.clear()
    with place.database.transaction() as session:
        (held,) = credentials.credentials_of(owner, session=session)
        facts.code = held.code
        actor = Actor(owner, "person")
        set_visibility(held.code, Visibility.PRIVATE, session=session, clock=place.clock, actor=actor)
        facts.share = grant_share(
            held.code, "Acme", 90, session=session, clock=place.clock, entropy=place.entropy, actor=actor
        )
        challenge = ControlChallenge(
            id=place.entropy.uuid(),
            credential_id=held.id,
            number="123456",
            asked_at=place.clock.now(),
            expires_at=place.clock.now() + timedelta(days=90),
        )
        session.add(challenge)
        facts.share_token = signed_ids.signed_id(signed_ids.SHARE, facts.share, links=worker.links)
        facts.challenge_token = signed_ids.signed_id(signed_ids.CHALLENGE, challenge.id, links=worker.links)
    place.clock.advance(timedelta(days=31))  # the wait before a second sitting
    facts.open_sitting = place.start(owner).sitting_id
    with place.database.reading() as session:
        page = pages.item_page(facts.open_sitting, owner, session=session, at=place.clock.now())
    assert isinstance(page, pages.ItemPage)
    facts.item_text = str(page.item.content.get("text") or page.item.content["situation"])


def _norm_desk(runtime: Runtime, facts: Facts) -> None:
    now = runtime.clock.now()
    with runtime.transaction() as session:
        editor, approver = people(session, now)
        facts.people[EDITOR] = EDITOR_ID
        for offer in OFFERS:
            record_consent(
                EDITOR_ID,
                offer.kind,
                offer.version,
                session=session,
                clock=runtime.clock,
                entropy=runtime.entropy,
                actor=editor,
            )
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=runtime.clock, actor=operator())
        a_calibrated_sample(session, runtime.clock, runtime.entropy)
        facts.item = item_record.item_id_of("collaboration", "col-j01", session=session)
        facts.draft_norm = a_norm(session, runtime.clock, runtime.entropy, editor, approver, NormState.DRAFT).id
        assert session.get_one(NormVersion, facts.norm).state == NormState.PUBLISHED


def _sign_ins_and_tokens(runtime: Runtime, facts: Facts) -> None:
    now = runtime.clock.now()
    for role, person_id in facts.people.items():
        proven_at = now if role == EDITOR else None
        roles = frozenset({"candidate", *([STAFF_ROLES[role]] if role in STAFF_ROLES else [])})
        facts.cookies[role] = sign_in(runtime, person_id, second_factor=proven_at is not None)
        if role == UNPROVEN:
            continue
        with runtime.transaction() as session:
            issued = issue_api_token(
                f"Program of {role}",
                scopes_open_to(roles),
                30,
                browser_token=facts.cookies[role],
                session=session,
                clock=runtime.clock,
                entropy=runtime.entropy,
                jobs=runtime.jobs,
                actor=Actor(person_id, role, roles, proven_at, signed_in_at=now),
            )
            facts.tokens[role] = issued.token
            if role == OWNER:
                facts.token_id = issued.id
                passkey = Passkey(id=runtime.entropy.uuid(), person_id=person_id, label="Phone", transports=[],
                                  credential_id=b"id", public_key=b"key", sign_count=0, added_at=now)  # fmt: skip
                session.add(passkey)
                facts.passkey_id = passkey.id
    with runtime.reading() as session:
        query = select(BrowserSession.id).where(BrowserSession.person_id == facts.people[OWNER])
        facts.session_id = session.scalars(query).one()


def open_world(template: Path, directory: Path, facts: Facts) -> World:
    """The application over a fresh copy, at the instant at which the world was finished."""
    shutil.copy(template, directory / FILE)
    runtime = a_runtime(directory, CountingEntropy(start=10**6))
    runtime.clock.advance(AGE)  # type: ignore[attr-defined]
    return World(directory, facts, runtime, template, create_app(runtime))
