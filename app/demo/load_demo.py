"""Load the demonstration: the bank, the simulated people behind its norms, and some people with whole lives.

A play over the use cases rather than one of them: it opens a transaction for each scene, as a door does, so that no
scene holds up the pages for long, and so that a load which was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import sleep

from sqlalchemy.orm import Session

from app.credentials.publish_key import publish_key
from app.demo import queries
from app.demo.answering import Answers, answers_to
from app.demo.cast import CAST, STAFF, Part
from app.demo.errors import RealContentThere, SignerNeeded, TooFewSimulated
from app.demo.live import live
from app.demo.make_norms import make_norms
from app.demo.population import instrument_of
from app.demo.stage import SKILL, Stage
from app.foundation import audit, policies
from app.foundation.access import operator, system
from app.foundation.runtime import Runtime
from app.foundation.shipped import ITEM_BANKS
from app.item_bank import queries as banks
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills
from app.norming.policy import NormPolicy

BANK = ITEM_BANKS / SKILL / "v3"
BREATH_SECONDS = 0.06  # between lives: SQLite hands its lock to whoever asks just then, and pages wait in steps of .1 s
CANDIDATES = 5000  # the norm policy's goal for N


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is now, and whether this very call made it."""

    is_new: bool
    counts: dict[str, int]


def load_demo(candidates: int = CANDIDATES, *, runtime: Runtime, told: Callable[[str], None]) -> Loaded:
    """Load what is not there yet; loaded before, it stays as it is.

    Raises
    ------
    RealContentThere, TooFewSimulated, SignerNeeded
    """
    is_new = not _is_loaded(runtime)
    if is_new:
        told("Item bank")
        stage = _prepare(candidates, runtime)
        make_norms(candidates, stage=stage, told=told)
        for part in CAST:
            told(f"{part.display_name}: {part.life}")
            _bring_to_life(part, stage)
            sleep(BREATH_SECONDS)
        _note_loaded(candidates, stage)
    with runtime.reading() as session:
        return Loaded(is_new, queries.counts(session=session, at=runtime.clock.now()))


def _is_loaded(runtime: Runtime) -> bool:
    with runtime.reading() as session:
        return queries.is_loaded(session=session)


def _prepare(candidates: int, runtime: Runtime) -> Stage:
    """The bank released, the signer's key published; or a refusal before anything is written."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        needed = policies.current(NormPolicy, session=session, at=now).awards_from_n
        if candidates < needed:
            raise TooFewSimulated(candidates, needed)
        real = queries.real_content(session=session)
        if real is not None:
            raise RealContentThere(SKILL, real)
        if runtime.signer is None:
            raise SignerNeeded
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
        for signer in filter(None, (runtime.signer, runtime.jwt_signer)):
            publish_key(signer, session=session, clock=runtime.clock, actor=system())
        return Stage(runtime, runtime.signer, answers_of_bank(session), now)


def answers_of_bank(session: Session, skill: str = SKILL) -> Answers:
    """How simulated people answer each item of the latest release."""
    release = banks.latest_release(skill, session=session)
    expected = banks.prior_calibration(release.id, session=session)
    if expected is None:
        raise RealContentThere(skill, f"a trial bank {release.label}")
    items = {item.code: item for item in banks.release_items(release.id, "en", session=session)}
    keys = {code: key.option_keys for code, key in banks.scenario_keys(release.id, session=session).items()}
    return answers_to(instrument_of(banks.item_parameters(expected.id, session=session)), items, keys)


def _bring_to_life(part: Part, stage: Stage) -> None:
    with stage.runtime.transaction() as session:
        if not queries.is_there(part, session=session):
            live(part, stage=stage, session=session)


def _note_loaded(candidates: int, stage: Stage) -> None:
    """The record says today that the acts before it, dated earlier, were played."""
    detail = {"candidates": candidates, "people": len(CAST) + len(STAFF), "dates_are_invented": True}
    with stage.runtime.transaction() as session:
        audit.record(queries.LOADED, SKILL, actor=operator(), at=stage.now, session=session, detail=detail)
