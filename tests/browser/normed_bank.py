"""The Collaboration bank under a synthetic norm, so that a sitting can end with an award.

Real norms need thousands of people; here the norm group is a normal curve, written down as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import composition
from app.assessment.adopt_edition import adopt_edition
from app.foundation import schema
from app.foundation.settings import Settings
from app.item_bank import queries as banks
from app.load_item_banks import load_item_banks
from app.norming.models import NormVersion
from app.norming.snapshot import MASSES, masses_of, sha256_of
from scoring.normal import NODES
from scoring.norms import NormTable
from tests.app.assessment.builders import SKILL, Place, sharpened
from tests.app.credentials.awards import an_id, write
from tests.journeys.installation import Installation

SCENARIO_SLOPE = 1.6  # twelve scenarios as informative as the authors expect cannot carry half of the evidence
PEOPLE = 5000
COMPOSITE = {"weights": [0.5, 0.5], "correlation": 0.5}
POPULATION = {"en": "simulated adults at work", "fr": "adultes au travail, simulés"}


@contextmanager
def an_installation_with_a_norm(directory: Path) -> Iterator[Installation]:
    """Prepared as `decile up` prepares it, a norm adopted, then web and worker started."""
    installation = Installation(directory)
    runtime = composition.build_runtime(
        Settings(data=installation.data, base_url=installation.base_url, port=installation.port)
    )
    try:
        schema.upgrade(runtime.database)
        composition.init_signing_keys(runtime)
        load_item_banks(runtime)
        adopt_a_norm(Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs))
    finally:
        runtime.database.dispose()
    with installation:
        installation.start_all()
        yield installation


def adopt_a_norm(place: Place, heights: NDArray[np.float64] | None = None) -> UUID:
    """A norm of 5,000 for new sittings in both languages; its id.

    With `heights` over the nodes, (61,), the norm group has that shape, and sittings begin from it.
    """
    return place.do(lambda session: _adopt(place, heights, session))


def give_it_its_hash(norm_id: UUID, place: Place) -> None:
    """Written down, it lacks the hash that a drafted norm has; it gets it, past the trigger that forbids an edit."""
    with place.database.transaction() as session:
        on_table = "" if place.database.is_sqlite else " ON norm_version"
        session.execute(text(f"DROP TRIGGER norm_version_no_edit{on_table}"))
        norm = session.get_one(NormVersion, norm_id)
        norm.sha256 = sha256_of(norm)


def _adopt(place: Place, heights: NDArray[np.float64] | None, session: Session) -> UUID:
    release = banks.latest_release(SKILL, session=session)
    prior = banks.prior_calibration(release.id, session=session)
    assert prior is not None
    calibration = sharpened(place, prior, SCENARIO_SLOPE, session=session)
    table = NormTable.from_latent(NODES, np.exp(-(NODES**2) / 2) if heights is None else heights, PEOPLE)
    composite = {"composite": COMPOSITE if heights is None else {**COMPOSITE, MASSES: masses_of(table)}}
    norm_id, cut = _write_norm(table, composite, place, session), table.cut(0.9)
    for language in release.languages:
        adopt_edition(
            SKILL,
            language,
            release.id,
            calibration.id,
            norm_id=norm_id,
            cut=cut.theta,
            cut_standard_error=cut.standard_error,
            may_certify=True,
            **composite,
            session=session,
            at=place.clock.now(),
        )
    return norm_id


def _write_norm(table: NormTable, composite: dict[str, Any], place: Place, session: Session) -> UUID:
    group = write(
        session,
        "norm_group",
        id=an_id(),
        skill=SKILL,
        language="en",
        described_as=POPULATION["en"],
        population=POPULATION,
    )
    write(
        session,
        "legacy_sample",
        id=an_id(),
        norm_group_id=group,
        instrument="Collaboration, first bank",
        consent_basis="norm_use 1",
        n=PEOPLE,
    )
    drafter, approver = (
        write(session, "person", id=an_id(), email=f"{name}@norm.example.org", language="en")
        for name in ("drafter", "approver")
    )
    now = place.clock.now()
    return write(
        session,
        "norm_version",
        id=an_id(),
        norm_group_id=group,
        skill=SKILL,
        language="en",
        label="COL-2026.1",
        n=PEOPLE,
        window_start_on=date(2026, 1, 12),
        window_end_on=date(2026, 10, 30),
        latent=table.to_dict(),
        **composite,
        cut=table.cut(0.9).theta,
        cut_standard_error=table.cut(0.9).standard_error,
        cut_percentile=90.0,
        gate="full",
        may_certify=True,
        gate_reasons=[],
        demo=False,
        state="published",
        drafted_by=drafter,
        drafted_at=now,
        approved_by=approver,
        approved_at=now,
        published_at=now,
    )
