"""People, a bank, an edition and answers: plain functions, everything through the use cases of the contexts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.consents import OFFERS
from app.accounts.models import Person
from app.accounts.record_consent import record_consent
from app.assessment import adaptation
from app.assessment.adopt_edition import adopt_edition
from app.assessment.check_sitting import check_sitting
from app.assessment.models import Edition, Presentation, Response, Sitting
from app.assessment.policy import SittingPolicy
from app.assessment.record_response import Foreseen, Recorded, foresee, record_response
from app.assessment.start_sitting import Started, start_sitting
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.db import Database
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.models import Source
from app.item_bank.queries import CalibrationView, ItemView
from app.item_bank.release_bank import release_bank
from app.item_bank.release_trial_bank import TrialItem, release_trial_bank
from app.item_bank.store_calibration import store_calibration
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.situational_judgement import rate_each_category
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

COLLABORATION = Path(__file__).resolve().parents[3] / "item_banks" / "collaboration" / "v1"
SKILL = "collaboration"
CUT, CUT_STANDARD_ERROR = 1.28, 0.05
T = TypeVar("T")


@dataclass
class Place:
    """Everything a use case asks for, over one database."""

    database: Database
    clock: FrozenClock = field(default_factory=FrozenClock)
    entropy: CountingEntropy = field(default_factory=CountingEntropy)
    jobs: CollectedJobs = field(default_factory=CollectedJobs)

    def do(self, use_case: Callable[[Session], T]) -> T:
        """One use case in one transaction, as at the door."""
        with self.database.transaction() as session:
            return use_case(session)

    def start(self, person_id: UUID, *, skill: str = SKILL, language: str = "en", honesty: str | None = "1") -> Started:
        return self.do(
            lambda session: start_sitting(
                person_id,
                skill,
                language,
                honesty_statement=honesty,
                session=session,
                clock=self.clock,
                entropy=self.entropy,
                jobs=self.jobs,
            )
        )

    def respond(
        self, person_id: UUID, sitting_id: UUID, position: int, value: Any, *, sequence: int = 1, confirm: bool = True
    ) -> Recorded:
        """As pages do it: what follows is found first, then kept."""
        foreseen = self.foresee(person_id, sitting_id, position, value) if confirm else None
        return self.do(
            lambda session: record_response(
                sitting_id,
                position,
                value,
                client_sequence=sequence,
                confirm=confirm,
                person_id=person_id,
                session=session,
                clock=self.clock,
                jobs=self.jobs,
                foreseen=foreseen,
            )
        )

    def foresee(self, person_id: UUID, sitting_id: UUID, position: int, value: Any) -> Foreseen | None:
        with self.database.reading() as session:
            return foresee(sitting_id, position, value, person_id=person_id, session=session)

    def sitting(self, sitting_id: UUID) -> Sitting:
        return self.do(lambda session: session.get_one(Sitting, sitting_id))

    def sittings(self) -> list[Sitting]:
        return self.do(lambda session: list(session.scalars(select(Sitting).order_by(Sitting.started_at))))

    def shown(self, sitting_id: UUID) -> list[Presentation]:
        query = select(Presentation).where(Presentation.sitting_id == sitting_id).order_by(Presentation.position)
        return self.do(lambda session: list(session.scalars(query)))

    def kept(self, sitting_id: UUID) -> list[Response]:
        query = select(Response).where(Response.sitting_id == sitting_id).order_by(Response.position)
        return self.do(lambda session: list(session.scalars(query)))

    def item(self, code: str) -> ItemView:
        return self.do(lambda session: _item(code, session=session))


def _item(code: str, *, session: Session) -> ItemView:
    edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
    assert edition is not None
    return adaptation.bank_of(edition, session=session).by_code[code]


def a_person(place: Place, *, adult: bool = True, consents: tuple[str, ...] = ("assessment", "norm_use")) -> UUID:
    """Somebody who has joined and consented."""

    def join(session: Session) -> UUID:
        now, person_id = place.clock.now(), place.entropy.uuid()
        session.add(
            Person(
                id=person_id,
                email=f"{person_id}@example.org",
                language="en",
                known_since_at=now,
                adult_confirmed_at=now if adult else None,
            )
        )
        session.flush()
        for offer in OFFERS:
            if offer.kind in consents:
                record_consent(
                    person_id,
                    offer.kind,
                    offer.version,
                    session=session,
                    clock=place.clock,
                    entropy=place.entropy,
                    actor=Actor(person_id, "person"),
                )
        return person_id

    return place.do(join)


def the_collaboration_bank(place: Place) -> None:
    """Release the 36-unit bank of the repository; the fixtures do so once for all tests."""
    place.do(
        lambda session: release_bank(
            COLLABORATION, session=session, clock=place.clock, entropy=place.entropy, actor=operator()
        )
    )


def a_normed_skill(
    place: Place,
    *,
    cut: float = CUT,
    demo: bool = False,
    with_norm: bool = True,
    scenario_slope: float | None = None,
) -> UUID:
    """The Collaboration bank, pinned to a norm with this cut; the release's id.

    The parameters are the authors' expectation, or with `scenario_slope` the same with scenarios of that slope.
    """

    def adopt(session: Session) -> UUID:
        release = item_bank.latest_release(SKILL, session=session)
        calibration = item_bank.prior_calibration(release.id, session=session)
        assert calibration is not None
        if scenario_slope is not None:
            calibration = sharpened(place, calibration, scenario_slope, session=session)
        for language in release.languages:
            adopt_edition(
                SKILL,
                language,
                release.id,
                calibration.id,
                norm_id=place.entropy.uuid() if with_norm else None,
                cut=cut if with_norm else None,
                cut_standard_error=CUT_STANDARD_ERROR if with_norm else None,
                demo=demo,
                session=session,
                at=place.clock.now(),
            )
        return release.id

    return place.do(adopt)


def sharpened(place: Place, prior: CalibrationView, slope: float, *, session: Session) -> CalibrationView:
    known = item_bank.item_parameters(prior.id, session=session)
    assert known.judgement is not None
    assert known.self_report is not None
    scenarios = ItemParameters(np.full(len(known.judgement), slope), known.judgement.thresholds)
    return store_calibration(
        prior.release_id,
        source=Source.SAMPLE,
        n=5000,
        self_report=FittedItems(known.self_report_codes, known.self_report),
        judgement=FittedItems(known.judgement_codes, scenarios),
        session=session,
        clock=place.clock,
        entropy=place.entropy,
        actor=operator(),
    )


def a_trial_skill(place: Place, items: list[TrialItem], **edition: Any) -> UUID:
    """A bank of statements alone, without a calibration unless `edition` names one."""

    def adopt(session: Session) -> UUID:
        release = release_trial_bank(
            "trial", items, session=session, clock=place.clock, entropy=place.entropy, actor=operator()
        )
        adopt_edition(
            "trial",
            "en",
            release.id,
            edition.pop("calibration_id", None),
            **edition,
            session=session,
            at=place.clock.now(),
        )
        return release.id

    return place.do(adopt)


def a_policy(place: Place, **values: Any) -> None:
    """Put other policy values in force from now on."""
    place.do(
        lambda session: policies.set_policy(
            SittingPolicy, values, session=session, at=place.clock.now(), actor=operator()
        )
    )


def all_at_once(count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """What each of `count` threads got or raised; they start together."""
    barrier = Barrier(count)

    def one(number: int) -> T | Exception:
        barrier.wait()
        try:
            return act(number)
        except Exception as refusal:  # noqa: BLE001  the test looks at what was raised
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@cache
def ratings_for(key: tuple[int, ...], category: int) -> list[int]:
    """Ratings that score in a category under a key, found by trying orders of the key."""
    rng = np.random.default_rng(category)
    for _ in range(10_000):
        ratings = rng.permutation(key)
        if int(rate_each_category(ratings.astype(float), np.array(key, dtype=float))) == category:
            return [int(rating) for rating in ratings]
    return list(key)


@dataclass
class SimulatedPerson:
    """Answers by the graded model at two thetas; the same person always answers an item the same way."""

    place: Place
    judgement: float
    self_report: float
    seed: int = 0

    def answer(self, code: str) -> Any:
        """The value for the item with this code."""
        with self.place.database.reading() as session:
            edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
            assert edition is not None
            bank = adaptation.bank_of(edition, session=session)
        item, place = bank.by_code[code], bank.index[code]
        kind = adaptation.JUDGEMENT if item.kind == "scenario" else adaptation.SELF_REPORT
        row = place if kind == adaptation.JUDGEMENT else place - len(bank.of_kind(adaptation.JUDGEMENT))
        theta = self.judgement if kind == adaptation.JUDGEMENT else self.self_report
        probabilities = category_probabilities(bank.of_kind(kind).take([row]), [theta])[0, 0]
        rng = np.random.default_rng([self.seed, place])
        category = int(rng.choice(probabilities.size, p=probabilities / probabilities.sum()))
        if item.kind == "scenario":
            return ratings_for(bank.option_keys[code], category)
        return category if item.keyed > 0 else item.categories - 1 - category


def take(place: Place, person_id: UUID, answers: Callable[[str], Any], *, most: int = 60, **start: Any) -> UUID:
    """Start, and answer until the sitting ends or `most` positions are answered; the sitting's id."""
    sitting_id = place.start(person_id, **start).sitting_id
    for position in range(1, most + 1):
        shown = place.shown(sitting_id)[-1]
        recorded = place.respond(person_id, sitting_id, position, answers(shown.item_code))
        if recorded.state != "open":
            break
    return sitting_id


def check_all(place: Place) -> None:
    """Carry out the checks that the ends of sittings have asked for."""
    for name, arguments in place.jobs.enqueued.values():
        if name == "check_sitting":
            sitting_id = UUID(arguments["sitting_id"])
            place.do(lambda session, one=sitting_id: check_sitting(one, session=session, clock=place.clock))
