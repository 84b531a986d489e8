"""A recalibration in the worker: one job, phase after phase, each computed first and committed in one transaction.

A worker that dies goes on with the phase it died in. What a phase stores and the step to the next one are one commit,
so a phase is done once or not at all, and a cancelled recalibration stores nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.policy import SittingPolicy
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.entropy import Entropy
from app.foundation.errors import DecileError, Unavailable
from app.item_bank.calibrated_items import CalibratedItems
from app.norming import bases, queries, recalibrations
from app.norming.base_scale import FreeFit, drift_report, fitted_freely, not_known
from app.norming.calibration_errors import RecalibrationEnded
from app.norming.choose_sample import choose_sample
from app.norming.draft_norm import draft_norm
from app.norming.effort import Effort
from app.norming.errors import NormMovedOn
from app.norming.latent import CalibratedSample
from app.norming.locked import recalibration_for_update
from app.norming.pilot_items import Placed, pilot_answers, place_pilot_items
from app.norming.policy import NormPolicy
from app.norming.preview_norm import preview_norm
from app.norming.recalibration import Phase, Source
from app.norming.recalibrations import RecalibrationView
from app.norming.samples import Sample
from scoring.calibration_parts import PartsHere, Placing
from scoring.errors import ScoringError

FULL = Effort()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a phase noted, and the rows it made, by the column of the recalibration that names them."""

    noted: dict[str, Any]
    made: dict[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where, and on whose behalf, a phase is worked on."""

    view: RecalibrationView
    database: Database
    clock: Clock
    entropy: Entropy
    actor: Actor
    effort: Effort
    placing: Placing
    computed: dict[UUID, CalibratedSample]  # by norm: what a draft was computed from serves its preview too

    def commit(self, work: Callable[[Session], Outcome]) -> None:
        """Let `work` compute and then store; its outcome and the step to the next phase stand or fall with it.

        Raises
        ------
        RecalibrationEnded
            If it was cancelled meanwhile, or another worker was quicker. Nothing is stored then.
        """
        with self.database.transaction(reads_first=True) as session:  # a million responses may be read before
            outcome = work(session)
            row = recalibration_for_update(self.view.id, session=session)
            row.require_at(self.view.phase)
            for column, made in outcome.made.items():
                setattr(row, column, made)
            row.finish(outcome.noted, at=self.clock.now())

    def sample(self) -> Sample:
        """The chosen sample, with its responses."""
        with self.database.reading() as session:
            return bases.sample(self.view.sample, session=session)


def recalibrate(
    recalibration_id: UUID,
    *,
    database: Database,
    clock: Clock,
    entropy: Entropy,
    effort: Effort = FULL,
    placing: Placing = PartsHere,
) -> None:
    """Work through what is left of a recalibration; nothing if it is over.

    Whatever cannot be helped by trying again ends it, with the reason; a lost database is tried again as a whole job.
    `placing` says where the people are held while a model is fitted; the parameters are the same wherever that is.
    """
    tools: dict[str, Any] = {
        "database": database, "clock": clock, "entropy": entropy, "effort": effort, "placing": placing, "computed": {},
    }  # fmt: skip
    while (place := _next(recalibration_id, **tools)) is not None:
        try:
            PHASES[place.view.phase](place)
        except (RecalibrationEnded, NormMovedOn):
            continue  # look again: it is over, or another norm took force during the preview
        except Unavailable:
            raise
        except (DecileError, ScoringError) as problem:
            _refuse(problem, place)


def _next(
    recalibration_id: UUID,
    *,
    database: Database,
    clock: Clock,
    entropy: Entropy,
    effort: Effort,
    placing: Placing,
    computed: dict[UUID, CalibratedSample],
) -> Place | None:
    """The phase to work on, noted as begun; None at the end."""
    with database.transaction() as session:
        row = recalibration_for_update(recalibration_id, session=session)
        if not row.is_open:
            return None
        row.begin(at=clock.now())
        person = accounts.person(row.asked_by, session=session)
        view = recalibrations.view_of(row)
    # With the roles of this moment: whoever lost them meanwhile drafts nothing.
    actor = Actor(person.id, person.name_or_address, frozenset(person.roles))
    return Place(view, database, clock, entropy, actor, effort, placing, computed)


def _refuse(problem: DecileError | ScoringError, place: Place) -> None:
    code = problem.code if isinstance(problem, DecileError) else "latent-not-estimated"
    with place.database.transaction() as session:
        row, now = recalibration_for_update(place.view.id, session=session), place.clock.now()
        if not row.is_open:
            return
        row.refuse(code, str(problem), at=now)
        detail = {"skill": row.skill, "phase": str(row.phase), "code": code}
        audit.record("recalibration.refused", row.id, actor=place.actor, at=now, session=session, detail=detail)


def _choose(place: Place) -> None:
    def work(session: Session) -> Outcome:
        chosen = choose_sample(
            place.view.skill,
            place.view.choice,
            session=session,
            clock=place.clock,
            entropy=place.entropy,
            actor=place.actor,
        )
        window = [day.isoformat() if day else None for day in (chosen.window_start_on, chosen.window_end_on)]
        noted = {"people": chosen.n, "items": len(chosen.columns), "window": window, "sha256": chosen.responses_sha256}
        return Outcome(noted, {"sample_id": chosen.id})

    place.commit(work)


def _calibrate(place: Place) -> None:
    """Parameters of this sample's own; where there is no scale yet, they become it."""
    from app.norming.calibrate_items import calibrate_items  # noqa: PLC0415  scipy and numba: the worker starts without

    sample = place.sample()
    with place.database.reading() as session:
        policy = policies.current(SittingPolicy, session=session, at=place.clock.now())
        sets_the_scale = sample.scale is None or bases.set_the_scale(sample.id, session=session)
    fits, placed = [], Placed({}, ())
    if sample.scale is not None and not sets_the_scale:
        fits = fitted_freely(sample, sample.scale, place.placing)
        placed = _pilot_items(sample, sample.scale, place)

    def work(session: Session) -> Outcome:
        run = calibrate_items(
            sample,
            session=session,
            clock=place.clock,
            entropy=place.entropy,
            actor=place.actor,
            policy=policy,
            effort=place.effort,
            placing=place.placing,
            pilots=placed.fitted,
        )
        heights = {kind: fit["log_likelihood"] for kind, fit in run.fits.items()}
        heights |= {fit.kind: fit.log_likelihood for fit in fits}
        noted = {
            "sets_the_scale": sets_the_scale,
            "fits": [fit.as_json() for fit in fits],
            "log_likelihoods": heights,
            "pilots": [dict(one) for one in placed.report],
        }
        return Outcome(noted, {"run_id": run.id})

    place.commit(work)


def _pilot_items(sample: Sample, scale: CalibratedItems, place: Place) -> Placed:
    """Items in pilot that get parameters on the scale, where the choice is of sittings: a file holds no pilots."""
    if place.view.choice.source is not Source.SITTINGS:
        return Placed({}, ())
    now = place.clock.now()
    with place.database.reading() as session:
        policy = policies.current(NormPolicy, session=session, at=now)
        answers = pilot_answers(sample, scale, until=now, session=session)
    return place_pilot_items(answers, scale, policy, place.placing)


def _kept_fits(place: Place) -> list[FreeFit]:
    return [FreeFit.from_json(kept) for kept in place.view.found[Phase.CALIBRATION]["fits"]]


def _link(place: Place) -> None:
    """Where the free parameters lie on the base scale, one link for each kind of evidence."""
    fits, scale = _kept_fits(place), place.sample().scale
    links = {}
    for fit in fits:
        if scale is not None:
            linked = fit.linked_to(scale)
            anchors = int(linked.is_anchor.sum())
            links[fit.kind] = {
                "slope": float(linked.link.slope),
                "intercept": float(linked.link.intercept),
                "anchors": anchors,
                "dropped": [code for code, stays in zip(fit.codes, linked.is_anchor, strict=True) if not stays],
                "notes": list(linked.notes),
            }
    place.commit(lambda _session: Outcome({"links": links}))


def _report_drift(place: Place) -> None:
    fits, scale = _kept_fits(place), place.sample().scale
    report = drift_report(fits, scale) if fits and scale is not None else not_known()
    place.commit(lambda _session: Outcome(report))


def _draft(place: Place) -> None:
    sample = place.sample()
    with place.database.reading() as session:
        basis = bases.basis_of_draft_from(sample, session=session, at=place.clock.now())

    def work(session: Session) -> Outcome:
        norm = draft_norm(basis, session=session, clock=place.clock, entropy=place.entropy, actor=place.actor)
        error = queries.view_of(norm).told_cut_error
        noted = {"label": norm.label, "cut": norm.cut, "cut_standard_error": error, "n": norm.n}
        place.computed[norm.id] = basis.calibrated
        return Outcome(noted, {"norm_id": norm.id})

    place.commit(work)


def _preview(place: Place) -> None:
    with place.database.reading() as session:
        computed = place.computed.get(place.view.norm)
        basis = bases.basis_of_preview(place.view.norm, session=session, at=place.clock.now(), computed=computed)

    def work(session: Session) -> Outcome:
        norm = preview_norm(basis, session=session, clock=place.clock, actor=place.actor)
        return Outcome({"label": norm.label})

    place.commit(work)


PHASES: dict[Phase, Callable[[Place], None]] = {
    Phase.SAMPLE: _choose,
    Phase.CALIBRATION: _calibrate,
    Phase.LINK: _link,
    Phase.DRIFT: _report_drift,
    Phase.DRAFT: _draft,
    Phase.PREVIEW: _preview,
}
