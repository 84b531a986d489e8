"""An installation on the Collaboration bank with a confirmed key and a synthetic norm: simulated people earn awards.

They are real awards, no specimens. The norm lies low, so that most people are well above its cut: short sittings, and
many credentials to watch over.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import composition
from app.accounts.make_sign_in_link import make_sign_in_link
from app.assessment import adaptation
from app.assessment.adaptation import Bank
from app.assessment.adopt_edition import adopt_edition
from app.assessment.models import Edition
from app.foundation import schema
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.foundation.settings import read_settings
from app.foundation.shipped import ITEM_BANKS
from app.item_bank import queries as banks
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills
from app.norming.models import NormVersion
from app.norming.snapshot import sha256_of
from scoring.graded_response import category_probabilities
from scoring.norms import NormTable
from tests.app.assessment.builders import COLLABORATION, SKILL, Place, ratings_for, sharpened
from tests.app.credentials.awards import an_id, write
from tests.journeys.installation import UNLIMITED_RATES, Installation

MEAN_OF_NORM = -1.7  # the 90 % cut then lies at -0.42
SCENARIO_SLOPE = 1.6  # twelve scenarios as informative as the authors expect cannot carry half of the evidence
PEOPLE_MEAN, PEOPLE_SPREAD = 0.9, 0.8

POLICY = f"""
[sitting]
first_wait_days = 0
later_wait_days = 0

{UNLIMITED_RATES}"""

# people may sit again and again
WITHOUT_LIMITS = POLICY.replace(
    "[sitting]",
    """[sitting]
most_sittings = 1000000
most_begun_per_day = 1000000
scenario_repeat_months = 0
most_statement_overlap = 1.0""",
)


class Collaboration:
    """What a test needs beside the running processes: its own way into the database, and how people answer."""

    def __init__(self, installation: Installation, bank: Bank) -> None:
        self.installation, self.bank = installation, bank
        self.runtime = runtime_of(installation)
        self.writing = Lock()  # held by whoever wants the files to rest
        self._links: dict[str, list[str]] = {}
        self._probabilities: dict[tuple[float, str], NDArray[np.float64]] = {}

    def make_links(self, people: int, each: int = 2) -> None:
        """Now, for those who come first: from then on nobody but the installation itself writes its database."""
        addresses = [address_of(number) for number in range(people)]
        self._links = {address: [self.sign_in_link(address) for _ in range(each)] for address in addresses}

    def sign_in_link(self, address: str) -> str:
        """The path of a link that signs this address in, once."""
        if self._links.get(address):
            return self._links[address].pop()
        with self.writing, self.runtime.transaction() as session:
            tools = {"clock": self.runtime.clock, "entropy": self.runtime.entropy, "links": self.runtime.links}
            return make_sign_in_link(address, session=session, **tools)

    def move_to(self, data: Path) -> None:
        """From now on the installation lives in this directory."""
        self.dispose()
        self.installation.data = data
        self.installation.environment["DECILE_DATA"] = str(data)
        self.runtime = runtime_of(self.installation)

    def dispose(self) -> None:
        """Close our own way into the database."""
        self.runtime.database.dispose()

    def answer(self, code: str, theta: float, chance: np.random.Generator) -> Any:
        """What somebody at `theta` says to the item: a category of a statement, or the ratings of a scenario."""
        item, probabilities = self.bank.by_code[code], self._probabilities_at(theta, code)
        category = int(chance.choice(probabilities.size, p=probabilities))
        if code in self.bank.option_keys:
            return ratings_for(self.bank.option_keys[code], category)
        return category if item.keyed > 0 else item.categories - 1 - category

    def _probabilities_at(self, theta: float, code: str) -> NDArray[np.float64]:
        """Of each category of the item; worked out once, for people meet their items again."""
        if (theta, code) not in self._probabilities:
            place = self.bank.index[code]
            kind = int(self.bank.kinds[place])
            row = place if kind == adaptation.JUDGEMENT else place - len(self.bank.of_kind(adaptation.JUDGEMENT))
            found = category_probabilities(self.bank.of_kind(kind).take([row]), [theta])[0, 0]
            self._probabilities[theta, code] = found / found.sum()
        return self._probabilities[theta, code]


def address_of(number: int) -> str:
    """Where the person of this number has their mail."""
    return f"person{number}@example.org"


def runtime_of(installation: Installation) -> Runtime:
    """Settings, database and chance as the installation's own processes have them."""
    return composition.build_runtime(read_settings(installation.environment))


def prepare(installation: Installation) -> Collaboration:
    """Database, keys, policy, bank, norm and edition, before any process is started."""
    runtime = runtime_of(installation)
    schema.upgrade(runtime.database)
    composition.init_signing_keys(runtime)
    composition.load_policy_file(runtime)
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        release_bank(COLLABORATION, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
        confirm_the_key(session)
    with runtime.transaction() as session:
        edition = _adopt_a_synthetic_norm(runtime, session)
        bank = adaptation.bank_of(edition, session=session)
    runtime.database.dispose()
    return Collaboration(installation, bank)


def confirm_the_key(session: Session) -> None:
    """As a panel would one day; here by hand, in a test alone, past the trigger that forbids it and is put back."""
    away, back = "ALTER TABLE bank_release DISABLE TRIGGER USER", "ALTER TABLE bank_release ENABLE TRIGGER USER"
    if session.get_bind().dialect.name == "sqlite":
        away = "DROP TRIGGER bank_release_no_UPDATE"
        back = session.scalars(text("SELECT sql FROM sqlite_master WHERE name = 'bank_release_no_UPDATE'")).one()
    session.execute(text(away))
    session.execute(text("UPDATE bank_release SET provisional_key = :no"), {"no": False})
    session.execute(text(back))


def _adopt_a_synthetic_norm(runtime: Runtime, session: Session) -> Edition:
    nodes = np.linspace(-6, 6, 61)
    table = NormTable.from_latent(nodes, np.exp(-((nodes - MEAN_OF_NORM) ** 2) / 2), 5000)
    cut = table.cut(0.9)
    release = banks.latest_release(SKILL, session=session)
    prior = banks.prior_calibration(release.id, session=session)
    place = Place(runtime.database, runtime.clock, runtime.entropy)  # type: ignore[arg-type]  # real ones serve
    calibration = sharpened(place, prior, SCENARIO_SLOPE, session=session)
    return adopt_edition(
        SKILL,
        "en",
        release.id,
        calibration.id,
        norm_id=write_norm(session, table, (date(2025, 1, 1), date(2026, 1, 31))),
        cut=cut.theta,
        cut_standard_error=cut.standard_error,
        norm_count=5000,
        may_certify=True,
        session=session,
        at=runtime.clock.now(),
    )


def write_norm(session: Session, table: NormTable, window: tuple[date, date], **others: Any) -> UUID:
    """A published norm of 5,000 simulated adults, tested in that window, which may certify; but for its `others`."""
    cut = table.cut(0.9)
    population = {"en": "simulated adults of a test", "fr": "adultes simulés d'un test"}
    group = write(
        session, "norm_group", id=an_id(), skill=SKILL, language="en", described_as="t", population=population
    )
    sample = write(session, "legacy_sample", id=an_id(), norm_group_id=group)
    values = {
        "id": an_id(),
        "norm_group_id": group,
        "skill": SKILL,
        "language": "en",
        "run_id": write(session, "calibration_run", id=an_id(), sample_id=sample),
        "label": "COL-TEST.1",
        "n": 5000,
        "window_start_on": window[0],
        "window_end_on": window[1],
        "latent": table.to_dict(),
        "cut": cut.theta,
        "cut_standard_error": cut.standard_error,
        "cut_percentile": 90.0,
        "gate": "full",
        "may_certify": True,
        "gate_reasons": [],
        "demo": False,
        "state": "published",
        "drafted_by": write(session, "person", id=an_id(), email=f"{an_id()}@example.org", language="en"),
        "approved_by": write(session, "person", id=an_id(), email=f"{an_id()}@example.org", language="en"),
        **others,
    }
    sha256 = _sha256_once_written(session, values)  # the check of every night computes it again
    norm_id: UUID = write(session, "norm_version", sha256=sha256, approved_sha256=sha256, **values)
    return norm_id


def _sha256_once_written(session: Session, values: dict[str, Any]) -> str:
    """A norm version is never edited: it is written, hashed and taken back."""
    trial = session.begin_nested()
    sha256 = sha256_of(session.get_one(NormVersion, write(session, "norm_version", **values)))
    trial.rollback()
    return sha256
