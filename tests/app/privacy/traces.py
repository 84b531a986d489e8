"""A person who has left something in every table, and the strings by which they could be found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import delete, inspect, select, update

from app.accounts.models import (
    GuessCount,
    PasskeyChallenge,
    Person,
    PersonRestriction,
    RecoveryCode,
    RoleGrant,
    SecondAddress,
    SecondFactor,
    SignInRequest,
)
from app.accounts.roles import Role
from app.assessment.decide_check import decide_check
from app.assessment.models import (
    FoundingForm,
    FoundingPromise,
    ItemReport,
    SittingAllowance,
    SittingCheck,
    SittingCorrection,
    SittingLikeness,
)
from app.assessment.verdicts import Verdict
from app.awarding.models import AwardDecision
from app.credentials.models import (
    Credential,
    CredentialReview,
    ExpiryReminder,
    IssuerKey,
    ReminderOptOut,
    WithdrawnSignature,
)
from app.foundation.db import Base
from app.foundation.kept_answers import Keyed, former_answer, keep_answer
from app.foundation.kept_forms import keep_form
from app.foundation.mail import Message
from app.item_bank.models import BankRelease
from app.keying.models import Panel, Seat
from app.privacy.holdings import HOLDINGS, owned_by, rows_of
from app.privacy.models import AccountMerge
from app.reviews.ask_for_review import ask_for_review
from app.reviews.models import Change, RegisterChange
from app.reviews.take_case_back import take_case_back
from app.verification.count_verification import count_verification
from app.verification.models import ControlChallenge, ShareGrant, ShareLook
from tests.app.api.world import EDITOR, OWNER, World
from tests.app.reviews.desk import Actor
from tests.app.reviews.register import apply_it, ask_change, two_reviewers

EMAIL, NAME, SHOWN_NAME = "olivia@owner.example.org", "Olivia Owner", "Olivia of the Paper"
SECOND_EMAIL = "olivia.elsewhere@second.example.org"
SHOWN_TO = "Acme of the neighbourhood"
WORDS = "My neighbour Maximiliane rang the bell"


def owner_id(world: World) -> UUID:
    return world.facts.people[OWNER]


def leave_traces_everywhere(world: World) -> None:
    here, person_id, now = world.runtime, owner_id(world), world.runtime.clock.now()
    _leave_words_of_staff(world)
    with here.transaction() as session:
        session.execute(update(AwardDecision).values(decided_at=now))
        row = session.query(Credential).filter_by(person_id=person_id).one()
        row.shown_name, row.visibility = SHOWN_NAME, "unlisted"
        credential_id = row.id
        grant_id, panel_id = here.entropy.uuid(), here.entropy.uuid()
        release_id = session.scalars(select(BankRelease.id)).first()
        session.add(Panel(id=panel_id, release_id=release_id, opened_at=now, opened_by=world.facts.people[EDITOR],
                          is_simulated=False))  # fmt: skip
        session.flush()
        key_id = session.scalars(select(IssuerKey.key_id)).first()
        session.add_all(
            [
                WithdrawnSignature(status_list=row.status_list, status_index=(row.status_index + 1) % 131_072,
                                   credential_id=credential_id, key_id=key_id, withdrawn_at=now),
                Seat(id=here.entropy.uuid(), panel_id=panel_id, number=1, email=EMAIL, language="en", seed=1,
                     invited_at=now),
                FoundingForm(sitting_id=world.facts.ended_sitting, release_id=release_id, language="en", number=1,
                             item_codes=[], drawn_at=now),
                FoundingPromise(person_id=person_id, skill="collaboration", language="en", made_at=now),
                ShareGrant(id=grant_id, credential_id=credential_id, made_for=SHOWN_TO, made_at=now, expires_at=now),
                ShareLook(grant_id=grant_id, on_day=now.date(), count=2),
                ControlChallenge(id=here.entropy.uuid(), credential_id=credential_id, number="4711", asked_at=now,
                                 expires_at=now),
                ItemReport(id=here.entropy.uuid(), sitting_id=world.facts.ended_sitting, position=1,
                           item_id=here.entropy.uuid(), language="en", problem="unclear", words=WORDS,
                           reported_at=now),
                ExpiryReminder(credential_id=credential_id, days=30, due_at=now),
                ReminderOptOut(person_id=person_id, since_at=now),
                CredentialReview(id=here.entropy.uuid(), credential_id=credential_id, key_id=key_id, opened_at=now,
                                 due_on=now.date(), decided_at=now, decision="revoke", reason=WORDS),
                PersonRestriction(id=here.entropy.uuid(), person_id=person_id, cause="dispute", reason=WORDS,
                                  restricted_at=now, lifted_at=now, lifted_reason=WORDS),
                RegisterChange(id=here.entropy.uuid(), credential_id=credential_id, kind=Change.SUSPEND, reason=WORDS,
                               asked_at=now, asked_by=person_id, lapses_at=now),
                AccountMerge(id=here.entropy.uuid(), staying_id=person_id, leaving_id=world.facts.people[EDITOR],
                             evidence=["written-from-both"], reason=WORDS, asked_at=now, asked_by=None,
                             heard_until_at=now, lapses_at=now),
                RoleGrant(person_id=person_id, role="recruiter", granted_at=now),
                SignInRequest(id=here.entropy.uuid(), email=EMAIL, language="en", return_path="/", mail_slot=7,
                              asked_at=now, expires_at=now, is_mailed=True),
                GuessCount(subject=person_id.hex, kind="second_factor", guessed_on=now.date(), guesses=2),
                GuessCount(subject=here.links.mac("guess-subject", EMAIL), kind="code", guessed_on=now.date(),
                           guesses=1),
                SecondAddress(person_id=person_id, email=SECOND_EMAIL, named_at=now, proven_at=now),
                SecondFactor(person_id=person_id, sealed_secret="sealed-for-olivia", enrolled_at=now),
                RecoveryCode(code_hash="hash-of-olivias-code", person_id=person_id),
                PasskeyChallenge(challenge_hash="olivias-challenge", ceremony="register", person_id=person_id,
                                 expires_at=now),
                SittingAllowance(id=here.entropy.uuid(), person_id=person_id, skill="collaboration",
                                 cause="case:olivia", granted_at=now),
                SittingLikeness(sitting_id=world.facts.open_sitting, other_id=world.facts.ended_sitting, common=9,
                                equal=8, expected=0.7, z=8.1, share=0.0001, policy_version=0, found_at=now),
                SittingCorrection(id=here.entropy.uuid(), sitting_id=world.facts.ended_sitting,
                                  rescoring_id=here.entropy.uuid(), number=1, without=["olivias-item"], figures={},
                                  effect="none", is_told=True, corrected_at=now, undone_at=now),
            ]
        )  # fmt: skip
        keyed = Keyed(person_id, "POST /api/v1/sittings", "olivias-key", "0" * 64)
        former_answer(keyed, hours=24, session=session, at=now)
        keep_answer(keyed, status=201, location=None, body=f'{{"for": "{NAME}"}}', session=session)
        keep_form(person_id, "/desk/register", [("reason", WORDS)], session=session, at=now)
    actor = Actor(person_id, "owner")
    with here.transaction() as session:
        ask_for_review(world.facts.ended_sitting, "other", WORDS, session=session, clock=here.clock,
                       entropy=here.entropy, jobs=here.jobs, actor=actor)  # fmt: skip
        take_case_back(world.facts.ended_sitting, session=session, clock=here.clock, actor=actor)
    count_verification(credential_id, database=here.database, clock=here.clock)
    here.mailer.send(Message(EMAIL, "Your code", f"Dear {NAME}", key="olivias-mail"))
    letter = f"Dear {NAME}, {WORDS}"
    here.mailer.send(Message(EMAIL, "Your certificate", letter, key="olivias-letter", person_id=person_id))
    here.mailer.send(Message("somebody@example.org", "Your code", "Dear Somebody", key="somebodys-mail"))


def _leave_words_of_staff(world: World) -> None:
    """What staff write of somebody when they act: at the desk of the register, and on a sitting they look at."""
    here, reason = world.runtime, f"{WORDS}, as she told us."
    first, second = two_reviewers(world)
    for kind in (Change.SUSPEND, Change.REINSTATE):
        apply_it(world, ask_change(world, kind, by=first, reason=reason), by=second)
    looking = Actor(first.person_id, "support", frozenset({"support"}), first.second_factor_at)
    with here.transaction() as session:
        session.execute(update(SittingCheck).values(tier=3))
        decide_check(world.facts.ended_sitting, Verdict.SOUND, reason, session=session, clock=here.clock, actor=looking)
        session.execute(delete(RoleGrant).where(RoleGrant.role == Role.REVIEWER))


def strings_of(world: World) -> set[str]:
    """Everything unique to the owner that any column could hold: words, addresses, names, codes, hashes, ids."""
    here, found = (
        world.runtime,
        {EMAIL, SECOND_EMAIL, EMAIL.partition("@")[0], NAME, SHOWN_NAME, SHOWN_TO, WORDS, world.facts.code},
    )
    found |= {"sealed-for-olivia", "hash-of-olivias-code", "olivias-challenge", "case:olivia", "olivias-key"}
    found |= {world.facts.cookies[OWNER], world.facts.tokens[OWNER], here.links.mac("guess-subject", EMAIL)}
    with here.reading() as session:
        owned = owned_by(owner_id(world), session=session, links=here.links)
        for name, values in owned.items():
            if name not in {"email", "guesses", "lineage", "anything"}:
                found |= {form for one in values for form in (str(one), one.hex)}
        credential = session.query(Credential).filter_by(person_id=owner_id(world)).one()
        return found | {str(credential.subject_id), credential.signed_document, credential.unsigned_document}


def cells(world: World, *, but: frozenset[str] = frozenset()) -> Iterator[tuple[str, str, str]]:
    """Every value in every column of every table the database really has, ours or not, as text."""
    engine = world.runtime.database.writing
    schemas = [None] if world.runtime.database.is_sqlite else [None, "dbos"]
    for schema in schemas:
        for name in sorted(set(inspect(engine).get_table_names(schema=schema)) - but):
            place = f'"{schema}"."{name}"' if schema else f'"{name}"'
            with engine.connect() as connection:
                for row in connection.exec_driver_sql(f"SELECT * FROM {place}").mappings():
                    for column, value in row.items():
                        if value is not None:
                            yield name, column, as_text(value)


def as_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def found_again(world: World, strings: set[str], *, but: frozenset[str] = frozenset()) -> list[tuple[str, str, str]]:
    """Where any of the strings still stands."""
    sought = re.compile("|".join(re.escape(string) for string in sorted(strings, key=len, reverse=True)), re.IGNORECASE)
    return [
        (table, column, match.group()[:60])
        for table, column, value in cells(world, but=but)
        if (match := sought.search(value))
    ]


def held(world: World) -> dict[str, int]:
    """How many rows of each table are the owner's."""
    here = world.runtime
    with here.reading() as session:
        owned = owned_by(owner_id(world), session=session, links=here.links)
        return {holding.table: len(list(rows_of(holding, owned, session=session))) for holding in HOLDINGS}


def tables_of_ours() -> set[str]:
    return set(Base.metadata.tables)


def days_of(world: World) -> set[date]:
    """The days on which the owner's sittings began."""
    with world.runtime.reading() as session:
        table = Base.metadata.tables["sitting"]
        query = select(table.c.started_at).where(table.c.person_id == owner_id(world))
        return {at.date() for at in session.scalars(query)}


def person_of(world: World, person_id: UUID) -> Person | None:
    with world.runtime.reading() as session:
        return session.get(Person, person_id)
