"""Every page of the product in every state worth looking at, served by the real application over a clock that stands.

People, sittings, norms and certificates are made through the use cases; only awards are written straight into the
tables, because each verdict needs one. What the browser then asks for goes over a real port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pyotp
import waitress
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import update
from sqlalchemy.orm import Session
from waitress import wasyncore

from app.accounts import queries as accounts
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.keeping_mailer import KeepingMailer
from app.accounts.mail_shares import Asker
from app.accounts.make_sign_in_link import make_sign_in_link
from app.accounts.models import Passkey, Person, SecondAddress
from app.accounts.request_sign_in import request_sign_in
from app.accounts.second_addresses import link_path
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import Edition, SittingCheck, SittingLikeness
from app.assessment.open_pilot import open_pilot
from app.assessment.report_item import report_item
from app.assessment.verdicts import Verdict
from app.credentials import codes
from app.credentials.did import ED25519, did_web
from app.credentials.keys import FileKeyStore, FileSigners
from app.credentials.models import Credential, CredentialReview, IssuerKey
from app.credentials.publish_key import publish_key
from app.credentials.reserve_credential import reserve_credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.send_reminder import PURPOSE
from app.credentials.states import ReviewDecision, RevocationReason, Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import Actor, operator, system
from app.foundation.db import Base, Database
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.rates import RatePolicy
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.foundation.shipped import ITEM_BANKS
from app.item_bank import item_record
from app.item_bank import queries as banks
from app.item_bank.change_item_state import change_item_state
from app.item_bank.item_states import ItemState
from app.item_bank.release_skills import release_skills
from app.item_bank.review_item import aspect_named, review_item
from app.keying.open_panel import open_panel
from app.monitoring.findings import Finding
from app.monitoring.models import AlarmKind
from app.monitoring.raise_alarms import raise_alarms, raise_findings
from app.norming.compare_sittings import compare_sittings
from app.norming.models import NormState, NormVersion
from app.norming.policy import NormPolicy
from app.norming.recalibrate import recalibrate
from app.norming.recalibration import Choice, Source
from app.norming.recalibrations import latest_sample_id
from app.norming.start_recalibration import start_preview, start_recalibration
from app.privacy.erase_person import erase_person
from app.privacy.models import AccountMerge, Certificates
from app.reviews.apply_rescoring import apply_rescoring
from app.reviews.ask_for_rescoring import ask_for_rescoring
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from app.reviews.models import Change, RegisterChange
from app.reviews.rescoring_preview import rescoring_preview
from app.verification import signed_ids
from app.verification.ask_holder import ask_holder
from app.verification.grant_share import grant_share
from tests.app.accounts.signed_in import browser_with, sign_in
from tests.app.accounts.visitor import newest_mail
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.app.credentials.awards import an_award
from tests.app.keying.builders import Judging, disputing
from tests.app.monitoring.seen import WITHIN_LIMITS, a_look, a_row
from tests.app.norming.builders import APPROVER_ID, EDITOR_ID, a_calibrated_sample, a_described_mapping, a_norm, people
from tests.app.norming.builders import SKILL as TRIAL_SKILL
from tests.browser.normed_bank import adopt_a_norm, give_it_its_hash
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import SMALL_SCRYPT_N, run_jobs
from tests.journeys.installation import free_port

UNLIMITED = 1_000_000
UNKNOWN_CODE_BITS = 12345  # of no certificate of ours


@dataclass(frozen=True)
class Exhibit:
    """One page in one state: who looks at it, where it is, and what they do there first."""

    name: str
    path: str
    visitor: str = ""  # nobody signed in
    act: Callable[[Page], None] | None = None


class Exhibition:
    """The world behind the pages, its sittings in one language."""

    def __init__(self, directory: Path, language: str) -> None:
        port = free_port()
        self.base_url, self.language = f"http://localhost:{port}", language
        self.port, self.directory = port, directory
        self.runtime = self._runtime()
        self.place = Place(self.runtime.database, self.runtime.clock, self.runtime.entropy, self.runtime.jobs)
        self.cookies: dict[str, str] = {}
        self.sittings: dict[str, UUID] = {}
        self.certificates: dict[str, str] = {}
        self.norms: dict[str, UUID] = {}
        self.recalibrations: dict[str, UUID] = {}
        self.cases: dict[str, UUID] = {}
        self.withdrawn: dict[str, UUID] = {}
        self.changes: dict[str, UUID] = {}
        self.merges: dict[str, UUID] = {}
        self.erased: dict[str, str] = {}
        self.items: dict[str, UUID] = {}
        self.judges: dict[str, str] = {}
        self._fill()
        self.app = create_app(self.runtime)

    def _runtime(self) -> Runtime:
        settings = Settings(data=self.directory, secret_keys=("k" * 40,), base_url=self.base_url, port=self.port)
        database, clock = Database(f"sqlite:///{self.directory / 'exhibition.sqlite3'}"), FrozenClock()
        spool = SpoolMailer(self.directory / "mail", sender=settings.mail_sender, clock=clock)
        Base.metadata.create_all(database.writing)
        return Runtime(
            settings=settings,
            database=database,
            clock=clock,
            entropy=CountingEntropy(),
            jobs=CollectedJobs(),
            links=Links(settings.secret_keys),
            mailer=KeepingMailer(spool, database, clock),
        )

    def _fill(self) -> None:
        self._open_the_house()
        self._pilot_sittings()
        self.norms["collaboration"] = adopt_a_norm(self.place)
        self._sittings()
        self._verdicts()
        self._norm_desk()
        self._reviews()
        self._compromised()
        self._register()
        self._merges()
        self._erasures()
        self._item_desk()
        self._reported()
        self._key_desk()
        self._rescored()
        self._founders_compared()
        self._sat("awaiting", theta=0.3, seed=4)  # and nobody works any more

    def _open_the_house(self) -> None:
        with self.runtime.transaction() as session:
            release_skills(ITEM_BANKS / "skills.yaml", session=session)
            rates = {limit.name: UNLIMITED for limit in fields(RatePolicy)}
            policies.set_policy(RatePolicy, rates, session=session, at=self.place.clock.now(), actor=operator())
        the_collaboration_bank(self.place)
        store = FileKeyStore(self.directory / "keys", scrypt_n=SMALL_SCRYPT_N)
        signers = FileSigners(store, did_web(self.base_url), "a passphrase for tests", self.place.clock)
        signer = signers.make(ED25519, "the first")
        self.worker = replace(self.runtime, signers=signers)
        with self.runtime.transaction() as session:
            publish_key(signer, session=session, clock=self.runtime.clock, actor=system())

    def _pilot_sittings(self) -> None:
        with self.runtime.transaction() as session:
            release = banks.latest_release(SKILL, session=session)
            open_pilot(release.id, session=session, clock=self.runtime.clock)
        self._sat("founder", theta=0.0, seed=1)
        self._work()

    def _work(self) -> None:
        """What the worker would do by now."""
        run_jobs(self.worker)
        self.place.jobs.enqueued.clear()

    def _sat(self, name: str, *, theta: float, seed: int, self_report: float | None = None) -> UUID:
        person = a_person(self.place)
        own = theta if self_report is None else self_report
        answers = SimulatedPerson(self.place, theta, own, seed).answer
        self.sittings[name] = take(self.place, person, answers, language=self.language)
        self._sign_in(name, person)
        return person

    def _has_passkeys(self, name: str, person_id: UUID) -> None:
        """One in use and one switched off, written straight into the table: no device is needed to look at them."""
        now = self.place.clock.now()
        with self.runtime.transaction() as session:
            for label, suspended_at in (("Phone", None), ("Old key", now)):
                session.add(
                    Passkey(
                        id=self.place.entropy.uuid(),
                        person_id=person_id,
                        credential_id=f"{name} {label}".encode(),
                        public_key=b"public",
                        sign_count=0,
                        transports=[],
                        label=label,
                        added_at=now,
                        used_at=suspended_at,
                        suspended_at=suspended_at,
                    )
                )

    def _second_addresses(self) -> None:
        """One that copies go to, and one that was asked."""
        now = self.place.clock.now()
        with self.runtime.transaction() as session:
            for name, proven_at in (("holder", now), ("statement", None)):
                email = f"{name}@second.example.org"
                session.add(
                    SecondAddress(person_id=self._person_of(name), email=email, named_at=now, proven_at=proven_at)
                )

    def _sign_in(self, name: str, person_id: UUID, *, second_factor: bool = False) -> None:
        self.cookies[name] = sign_in(self.runtime, person_id, second_factor=second_factor, device="Chromium on Linux")

    def _sittings(self) -> None:
        self._sign_in("newcomer", a_person(self.place, consents=()))
        keyholder = a_person(self.place)
        self._has_passkeys("keyholder", keyholder)
        for name in ("elsewhere", "keyholder"):
            self._sign_in(name, keyholder)
        self._sat("holder", theta=3.0, seed=1)
        self._sat("ordinary", theta=-0.5, seed=2)
        self._sat("second", theta=0.4, seed=6)
        self._sat("apart", theta=3.5, self_report=-1.0, seed=3)
        self._work()
        for kind in ("statement", "scenario"):
            self._sits_before(kind)
        for name in ("leaver", "closer"):
            self._begins(name)
        leave_early = self._person_of("leaver")
        with self.runtime.transaction() as session:
            leave_sitting(
                self.sittings["leaver"],
                person_id=leave_early,
                session=session,
                clock=self.place.clock,
                jobs=self.place.jobs,
            )
        self._second_addresses()
        now = self.place.clock.now()
        self.place.clock.instant = now - timedelta(days=8)
        self._begins("sleeper", sign_in=False)
        self.place.clock.instant = now
        self._sign_in("sleeper", self._person_of("sleeper"))
        with self.runtime.reading() as session:
            own = session.query(Credential).one()
            self.certificates["own"] = own.code

    def _begins(self, name: str, *, sign_in: bool = True) -> UUID:
        person = a_person(self.place)
        self.sittings[name] = self.place.start(person, language=self.language).sitting_id
        if sign_in:
            self._sign_in(name, person)
        return person

    def _person_of(self, name: str) -> UUID:
        return self.place.sitting(self.sittings[name]).person_id

    def _sits_before(self, kind: str) -> None:
        """Somebody in the middle of a sitting, an item of this kind before them."""
        person, sitting_id = self._begins(kind), self.sittings[kind]
        answers = SimulatedPerson(self.place, 0.5, 0.5, 5).answer
        for position in range(1, 12):
            shown = self.place.shown(sitting_id)[-1]
            if position > 3 and self.place.item(shown.item_code).kind == kind:
                return
            self.place.respond(person, sitting_id, position, answers(shown.item_code))
        raise AssertionError(f"no {kind} came within 12 items")

    def _verdicts(self) -> None:
        now = self.place.clock.now()
        self._certificate("valid", shown_name="Zoë O’Neil")
        self._certificate("public", visibility=Visibility.PUBLIC)
        self._certificate("specimen", is_specimen=True)
        self._certificate("suspended", suspended_at=now)
        self._certificate("altered", signed_document="{}")
        self._certificate("revoked")
        self.place.clock.instant = now - timedelta(days=400)
        self._certificate("expired")
        self.place.clock.instant = now - timedelta(days=350)
        self._certificate("ending")
        self.place.clock.instant = now
        self._work()
        with self.runtime.transaction() as session:
            row = session.query(Credential).filter_by(code=self.certificates["revoked"]).one()
            revoke_credential(
                row.id,
                RevocationReason.ISSUED_IN_ERROR,
                session=session,
                clock=self.place.clock,
                jobs=self.place.jobs,
                actor=operator(),
            )
        self._work()

    def _certificate(self, name: str, *, is_specimen: bool = False, **changes: Any) -> None:
        """Reserved and signed by the worker's own jobs, then changed as the verdict needs it."""
        with self.runtime.transaction() as session:
            award_id = an_award(session, is_specimen=is_specimen, decided_at=self.place.clock.now())
            reserve_credential(
                award_id,
                session=session,
                clock=self.place.clock,
                entropy=self.place.entropy,
                jobs=self.place.jobs,
                base_url=self.base_url,
            )
        self._work()
        with self.runtime.transaction() as session:
            row = session.query(Credential).filter_by(award_id=award_id).one()
            row.visibility = Visibility.UNLISTED
            for column, value in changes.items():
                setattr(row, column, value)
            self.certificates[name] = row.code

    def _recalibrations(self, editor: Actor) -> None:
        """A preview that is done, a recalibration that could not go on, and one that waits."""
        tools = {"clock": self.runtime.clock, "entropy": self.runtime.entropy}
        asking = {**tools, "jobs": self.runtime.jobs, "actor": editor}
        with self.runtime.transaction() as session:
            self.recalibrations["done"] = start_preview(self.norms["previewed"], session=session, **asking)
            sample_id = latest_sample_id(TRIAL_SKILL, session=session)
        recalibrate(self.recalibrations["done"], database=self.runtime.database, **tools)
        for name, without in (("refused", (("network", "unknown"),)), ("waiting", ())):
            choice = Choice(Source.SAMPLE, sample_id, without=without)
            with self.runtime.transaction() as session:
                self.recalibrations[name] = start_recalibration(TRIAL_SKILL, choice, session=session, **asking)
            if name == "refused":
                recalibrate(self.recalibrations[name], database=self.runtime.database, **tools)

    def _alarms(self) -> None:
        """Every kind of alarm, as a night's look raises it."""
        outside = WITHIN_LIMITS | {"above": 24, "share": 0.24, "state": "above"}
        weeks = [WITHIN_LIMITS | {"week": "2026-W45", "is_over": True}, outside | {"week": "2026-W46", "is_over": True}]
        seen = a_look(
            a_row("P03", leak=True, shift=0.61, height=7.2),
            a_row("P05", over_cap=True, exposure=0.44),
            a_row("P07", pace=0.41, seconds=8.0),
            a_row("P01", is_old=True, months=31, uses=24_310),
            share={"expected": 0.10, "weeks": weeks, "together": WITHIN_LIMITS},
            formats={"expected": 0.012, "limit": 2.5, **outside},
        )
        edited = Finding(AlarmKind.RESULTS, "", "2026-11", {"differing": 1, "results": [str(UUID(int=1))]})
        tools = {"clock": self.runtime.clock, "entropy": self.runtime.entropy, "jobs": self.runtime.jobs}
        with self.runtime.transaction() as session:
            raise_alarms(self.norms["published"], seen, session=session, **tools)
            raise_findings(self.norms["published"], [edited], session=session, **tools)

    def _norm_desk(self) -> None:
        clock, entropy, now = self.runtime.clock, self.runtime.entropy, self.place.clock.now()
        with self.runtime.transaction() as session:
            editor, approver = people(session, now)
            for role in ("norm_editor", "norm_approver", "item_editor"):
                grant_role(EDITOR_ID, role, session=session, clock=clock, actor=operator())
            described = a_described_mapping(
                simulated=True, consent="norm_use 1", groups={"sex": "sex"}, blocks={"day": "day"}
            )
            sexes, days = ["f", "m"] * 147 + ["x"] * 4 + [""] * 2, ["2026-06-01", "2026-06-02"] * 150
            a_calibrated_sample(session, clock, entropy, mapping=described, labels={"sex": sexes, "day": days})
            a_norm(session, clock, entropy, editor, approver, NormState.SUPERSEDED)
            clock.advance(timedelta(minutes=1))
            for state in (NormState.PUBLISHED, NormState.SCHEDULED, NormState.APPROVED):
                norm = a_norm(session, clock, entropy, editor, approver, state)
                self.norms[state.value] = norm.id
            self.norms["draft"] = a_norm(session, clock, entropy, editor, approver, NormState.DRAFT).id
            self.norms["previewed"] = a_norm(session, clock, entropy, editor, approver, NormState.DRAFT).id
        self._recalibrations(editor)
        self._alarms()
        self._sign_in("editor", EDITOR_ID, second_factor=True)
        with self.runtime.transaction() as session:
            fresh = invite_person("fresh@example.org", session=session, clock=clock, entropy=entropy)
            grant_role(fresh, "norm_editor", session=session, clock=clock, actor=operator())
            session.get_one(Person, fresh).adult_confirmed_at = now
            keyed = invite_person("keyed@example.org", session=session, clock=clock, entropy=entropy)
            grant_role(keyed, "norm_editor", session=session, clock=clock, actor=operator())
            session.get_one(Person, keyed).adult_confirmed_at = now
            reviewer = invite_person("reviewer@example.org", session=session, clock=clock, entropy=entropy)
            grant_role(reviewer, "support", session=session, clock=clock, actor=operator())
            session.get_one(Person, reviewer).adult_confirmed_at = now
            self._checks(reviewer, session=session)
        self._sign_in("reviewer", reviewer, second_factor=True)
        self._has_passkeys("key editor", keyed)
        self.place.clock.instant = now
        self._sign_in("fresh editor", fresh)
        self._sign_in("key editor", keyed)

    def _reviews(self) -> None:
        """One case that waits, one decided, one overdue; somebody of the desk to look at them."""
        clock, entropy, jobs = self.runtime.clock, self.runtime.entropy, self.runtime.jobs
        with self.runtime.transaction() as session:
            reviewer = invite_person("reviewer@example.org", session=session, clock=clock, entropy=entropy)
            grant_role(reviewer, "reviewer", session=session, clock=clock, actor=operator())
            session.get_one(Person, reviewer).adult_confirmed_at = clock.now()
        self._sign_in("reviewer", reviewer, second_factor=True)
        now = clock.now()
        for name, days in (("apart", 30), ("ordinary", 1), ("holder", 1)):
            clock.instant = now - timedelta(days=days)
            with self.runtime.transaction() as session:
                asker = Actor(self._person_of(name), "person")
                tools = {"session": session, "clock": clock, "entropy": entropy, "jobs": jobs}
                self.cases[name] = ask_for_review(
                    self.sittings[name], "disturbed", "The alarm rang.", actor=asker, **tools
                )
        clock.instant = now
        decider = Actor(reviewer, "reviewer", frozenset({"reviewer"}), now, now)
        with self.runtime.transaction() as session:
            tools = {"session": session, "clock": clock, "entropy": entropy, "jobs": jobs}
            decide_case(self.cases["holder"], "confirm", "I read every answer again. " * 3, minutes_spent=9,
                        actor=decider, **tools)  # fmt: skip

    def _compromised(self) -> None:
        """A key in other hands: the holder's own follows from its sitting, another from none, a third was decided."""
        now, stolen_at = self.runtime.clock.now(), self.runtime.clock.now() - timedelta(days=2)
        key_id, entropy = "did:web:localhost#2026-10-0a1b2c3d", self.place.entropy
        with self.runtime.transaction() as session:
            session.add(IssuerKey(key_id=key_id, algorithm=ED25519, public_bytes=b"", activated_at=stolen_at,
                                  retired_at=now, compromised_at=now, compromised_since=stolen_at))  # fmt: skip
            session.flush()
            for name, due_in in (("own", 9), ("suspended", -1), ("expired", 9)):
                row = session.query(Credential).filter_by(code=self.certificates[name]).one()
                review = CredentialReview(id=entropy.uuid(), credential_id=row.id, key_id=key_id, opened_at=now,
                                          due_on=(now + timedelta(days=due_in)).date())  # fmt: skip
                if name == "expired":
                    review.decide(ReviewDecision.REVOKE, "No sitting stands behind it.", by=None, at=now)
                session.add(review)
                self.withdrawn[name] = review.id
            holder = session.query(Credential).filter_by(code=self.certificates["suspended"]).one().person_id
        self._sign_in("suspended", holder)

    def _register(self) -> None:
        """One change that waits for a second person, and one that two people applied."""
        now, entropy = self.runtime.clock.now(), self.place.entropy
        why = "The complaint named another person. We read the record again, and nothing bears it out."
        with self.runtime.transaction() as session:
            first = invite_person("first@example.org", session=session, clock=self.runtime.clock, entropy=entropy)
            second = session.query(Person).filter_by(email="reviewer@example.org").one().id
            for name, kind in (("revoked", Change.REVERSE), ("valid", Change.SUSPEND)):
                row = session.query(Credential).filter_by(code=self.certificates[name]).one()
                change = RegisterChange(id=entropy.uuid(), credential_id=row.id, kind=kind, reason=why, asked_at=now,
                                        asked_by=first, lapses_at=now + timedelta(days=7))  # fmt: skip
                if name == "valid":
                    change.apply(second, at=now)
                session.add(change)
                self.changes[name] = change.id

    def _merges(self) -> None:
        """One that both may still object to, one that a second person may carry out, and one that was."""
        now, entropy = self.runtime.clock.now(), self.place.entropy
        people = {name: self._person_of(name) for name in ("ordinary", "second", "holder", "apart")}
        why = "You wrote from both addresses: the mailbox of the first one is lost to you."
        with self.runtime.transaction() as session:
            first = session.query(Person).filter_by(email="first@example.org").one().id
            second = session.query(Person).filter_by(email="reviewer@example.org").one().id
            for name, leaving, heard in (("asked", "second", 7), ("heard", "holder", -1), ("done", "apart", -1)):
                merge = AccountMerge(id=entropy.uuid(), staying_id=people["ordinary"],
                                     leaving_id=people[leaving], evidence=["written-from-both", "names-alike"],
                                     reason=why, asked_at=now, asked_by=first,
                                     heard_until_at=now + timedelta(days=heard),
                                     lapses_at=now + timedelta(days=30))  # fmt: skip
                if name == "done":
                    merge.apply(second, at=now, preview_sha256="", effects={"beyond": ["1"], "cases": ["1"]})
                session.add(merge)
                self.merges[name] = merge.id

    def _erasures(self) -> None:
        """Two holders who erased their data, one of whom let the certificate run on."""
        for number, choice in enumerate(Certificates):
            person = self._sat(choice.value, theta=3.0, seed=20 + number)
            self._work()
            with self.runtime.transaction() as session:
                row = session.query(Credential).filter_by(person_id=person).one()
                row.visibility, self.erased[choice.value] = Visibility.UNLISTED, row.code
            with self.runtime.transaction() as session:
                erase_person(
                    person,
                    choice,
                    session=session,
                    clock=self.runtime.clock,
                    entropy=self.runtime.entropy,
                    links=self.runtime.links,
                    jobs=self.runtime.jobs,
                    mailer=self.runtime.mailer,
                    actor=operator(),
                )
            self._work()

    def _item_desk(self) -> None:
        """Statement col-s07 is under suspicion and was reviewed; scenario col-j01 is as it was released."""
        clock, now = self.runtime.clock, self.runtime.clock.now()
        editor = Actor(EDITOR_ID, "editor", frozenset({"item_editor"}), now)
        with self.runtime.transaction() as session:
            for code in ("col-j01", "col-s07"):
                self.items[code] = item_record.item_id_of(SKILL, code, session=session)
            watched = self.items["col-s07"]
            change_item_state(
                watched,
                ItemState.WATCHED,
                reason="Many answer it the same.",
                session=session,
                clock=clock,
                actor=editor,
            )
            for aspect, language, is_approved in (("content", None, True), ("language", "fr", False)):
                review_item(
                    watched,
                    aspect_named(aspect),
                    language=language,
                    is_approved=is_approved,
                    comment="Read aloud twice.",
                    declares_independence=True,
                    session=session,
                    clock=clock,
                    entropy=self.place.entropy,
                    actor=editor,
                )

    def _checks(self, reviewer: UUID, *, session: Session) -> None:
        """One sitting that waits for a person, and one that a person has looked at."""
        sign = {"value": -4.1, "share": 0.0005}
        evidence = {"units": 14, "fit": sign, "run": {"value": 9.0, "share": 0.001}, "flags": ["fit", "run"]}
        for name in ("apart", "ordinary"):
            check = SittingCheck(
                sitting_id=self.sittings[name], tier=3, policy_version=0, checked_at=self.place.clock.now(),
                evidence={**evidence, "pace_not_read": "too-few-sittings"},
            )  # fmt: skip
            session.merge(check)
        session.get_one(SittingCheck, self.sittings["apart"]).called_at = self.place.clock.now()
        pair = SittingLikeness(
            sitting_id=self.sittings["apart"], other_id=self.sittings["ordinary"], common=8, equal=7, expected=0.4,
            z=11.2, share=0.0000004, policy_version=0, found_at=self.place.clock.now(),
        )  # fmt: skip
        session.merge(pair)
        session.flush()
        decided = session.get_one(SittingCheck, self.sittings["ordinary"])
        decided.decide(Verdict.SOUND, "Read through: an ordinary sitting.", by=reviewer, at=self.place.clock.now())

    def _reported(self) -> None:
        """Somebody reported the item before them, and it is still to be judged."""
        self._begins("reporter", sign_in=False)
        sitting_id = self.sittings["reporter"]
        self.items["reported"] = self.place.shown(sitting_id)[-1].item_id
        with self.runtime.transaction() as session:
            report_item(
                sitting_id,
                1,
                "unclear",
                "Two of the answers say the same.",
                person_id=self._person_of("reporter"),
                session=session,
                clock=self.runtime.clock,
                entropy=self.place.entropy,
                jobs=self.place.jobs,
            )

    def share_of_own(self) -> str:
        """A link to the holder's own certificate, for one reader."""
        code = self.certificates["own"]
        with self.runtime.transaction() as session:
            holder = Actor(session.query(Credential).filter_by(code=code).one().person_id, "holder")
            share = grant_share(
                code, "Acme", 30, session=session, clock=self.place.clock, entropy=self.place.entropy, actor=holder
            )
        return f"/s/{signed_ids.signed_id(signed_ids.SHARE, share, links=self.runtime.links)}"

    def question_to_holder(self) -> str:
        """What a recruiter would hand to the holder of that certificate, once it is shown."""
        with self.runtime.transaction() as session:
            row = session.query(Credential).filter_by(code=self.certificates["own"]).one()
            row.visibility = Visibility.UNLISTED
            session.flush()
            asked = ask_holder(row.code, session=session, clock=self.place.clock, entropy=self.place.entropy)
            row.visibility = Visibility.PRIVATE
        return f"/asked/{signed_ids.signed_id(signed_ids.CHALLENGE, asked, links=self.runtime.links)}/confirm"

    def _rescored(self) -> None:
        """Scenario col-j02 is suspended and free to be asked about; col-j03 asked for, col-j04 applied."""
        clock, entropy, now = self.runtime.clock, self.place.entropy, self.runtime.clock.now()
        editor, other = (
            Actor(person, "editor", frozenset({"item_editor"}), now, now) for person in (EDITOR_ID, APPROVER_ID)
        )
        for code in ("col-j02", "col-j03", "col-j04"):
            with self.runtime.transaction() as session:
                self.items[code] = item_record.item_id_of(SKILL, code, session=session)
                change_item_state(
                    self.items[code], ItemState.SUSPENDED, reason="Two answers say the same.", session=session,
                    clock=clock, actor=editor,
                )  # fmt: skip
            if code == "col-j02":
                continue
            with self.runtime.transaction() as session:
                if code == "col-j03":
                    grant_role(APPROVER_ID, "item_editor", session=session, clock=clock, actor=operator())
                preview = rescoring_preview(self.items[code], (self.language,), session=session, at=clock.now())
                tools = {"session": session, "clock": clock, "entropy": entropy}
                asked = ask_for_rescoring(preview, "Two answers say the same.", actor=editor, **tools)
                if code == "col-j04":
                    apply_rescoring(asked.id, preview, seen_sha256=preview.sha256, jobs=self.place.jobs, actor=other,
                                    **tools)  # fmt: skip

    def _founders_compared(self) -> None:
        """From here on the norm in force is one of founders who were compared in vain, so that decisions wait."""
        clock, norm_id = self.runtime.clock, self.norms["collaboration"]
        editor = Actor(EDITOR_ID, "editor", frozenset({"norm_editor"}), clock.now())
        give_it_its_hash(norm_id, self.place)
        with self.runtime.transaction() as session:
            session.get_one(NormVersion, norm_id).run.sample.is_founding = True
            session.execute(update(Edition).where(Edition.norm_id == norm_id).values(awards_wait=True))
            gates = {"compare_from_n": 3, "largest_founding_shift": 0.01}
            policies.set_policy(NormPolicy, gates, session=session, at=clock.now(), actor=operator())
            session.flush()
            compare_sittings(
                norm_id, session=session, clock=clock, entropy=self.place.entropy, jobs=self.place.jobs, actor=editor
            )
        self._sat("waiting", theta=0.8, seed=8)
        self._work()

    def _key_desk(self) -> None:
        """A panel of three judges who halve on one situation; a fourth has not begun, a fifth is on the way."""
        approver = Actor(APPROVER_ID, "approver", frozenset({"norm_approver"}), self.place.clock.now())
        with self.runtime.transaction() as session:
            release = banks.latest_release(SKILL, session=session)
            keys = {code: key.option_keys for code, key in banks.scenario_keys(release.id, session=session).items()}
            self.panel_id = open_panel(
                release.id, session=session, clock=self.place.clock, entropy=self.place.entropy, actor=approver
            )
        judging = Judging(self.runtime, approver, approver, release, self.panel_id, keys)
        for number in range(1, 4):
            judging.judge(1, disputing(min(keys)), first=number)
        (self.judges["signed"], self.judges["new"], self.judges["rating"]) = judging.invite(
            "judge-3@example.org", "new@example.org", "rating@example.org"
        )
        judging.declare(self.judges["rating"])
        judging.rate(self.judges["rating"], *min(keys.items()))

    def cookie_of(self, visitor: str) -> str:
        """The signed cookie of this visitor's browser."""
        found = browser_with(self.app, self.cookies[visitor]).get_cookie("decile")
        assert found is not None
        return found.value

    def operator_link(self, email: str) -> str:
        """A link that an operator hands out."""
        with self.runtime.transaction() as session:
            return make_sign_in_link(
                email,
                session=session,
                clock=self.runtime.clock,
                entropy=self.runtime.entropy,
                links=self.runtime.links,
            )

    def stop_link(self) -> str:
        """The link at the end of a reminder."""
        with self.runtime.reading() as session:
            (person, *_) = accounts.people(session=session)
        return f"/reminders/{self.runtime.links.sign(PURPOSE, str(person.id))}"

    def agree_link(self, name: str) -> str:
        """The link by which somebody's second address agrees."""
        with self.runtime.reading() as session:
            return link_path(session.get_one(SecondAddress, self._person_of(name)), links=self.runtime.links)

    def mailed_link(self, email: str) -> str:
        """A link asked for in another browser."""
        with self.runtime.transaction() as session:
            request_sign_in(
                email,
                self.language,
                return_path="/",
                asker=Asker.from_network("198.51.100.7"),
                session=session,
                clock=self.runtime.clock,
                entropy=self.runtime.entropy,
                jobs=self.runtime.jobs,
                links=self.runtime.links,
            )
        return newest_mail(self.runtime, email).link

    def authenticator_shows(self, page: Page) -> str:
        """The six digits for the secret on the page."""
        secret = page.locator("dd code").inner_text().replace(" ", "")
        return pyotp.TOTP(secret).at(self.place.clock.now())

    def leave(self, name: str) -> None:
        """End somebody's sitting behind the back of their open page."""
        with self.runtime.transaction() as session:
            leave_sitting(
                self.sittings[name],
                person_id=self._person_of(name),
                session=session,
                clock=self.place.clock,
                jobs=self.place.jobs,
            )


@contextmanager
def serve(app: Flask, port: int) -> Iterator[None]:
    """The application behind waitress, in a thread."""
    server = waitress.create_server(app, host="127.0.0.1", port=port, threads=4)
    Thread(target=server.run, daemon=True).start()
    try:
        yield
    finally:
        # Not server.close(): it closes the pipe by which busy threads wake the loop. A thread that finishes later then
        # writes its byte to whatever got that number since, another test's database connection for instance.
        server.task_dispatcher.shutdown()
        wasyncore.dispatcher.close(server)


def unknown_code() -> str:
    """A code whose check character is right and that belongs to nobody."""
    return codes.code_from_bits(UNKNOWN_CODE_BITS)
