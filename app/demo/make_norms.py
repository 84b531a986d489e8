"""The demo norms, made as real ones are: sample, calibration, draft, preview, a second person's approval, the delay.

One norm in force for each language, and for English a recalibration on later people that waits for approval. Each
step looks at what is there already, so that a load which was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.demo.cast import APPROVER, EDITOR
from app.demo.past import PastClock
from app.demo.population import DESCRIBED_AS, Wave, answers_of, mapping_of, sample_of
from app.demo.staff import acting, with_second_factors, without_second_factors
from app.demo.stage import SKILL, Stage
from app.foundation.access import operator
from app.item_bank import queries as banks
from app.norming import phases
from app.norming import queries as norms
from app.norming.approve_norm import approve_norm
from app.norming.effort import Effort
from app.norming.import_responses import import_responses
from app.norming.publish_norm import publish_norm
from app.norming.queries import NormView
from app.norming.sample_errors import SampleAlreadyImported
from app.norming.schedule_norm import schedule_norm

COLLECTED_FOR_DAYS = 45
DEMO_EFFORT = Effort(half_forms=8, sittings=1200)  # people who answer as the model says have little to be found
LATER_PEOPLE_MEAN = 0.08  # of both thetas, in the population's standard deviations: so that a preview shows a change


@dataclass(frozen=True, slots=True)
class Planned:
    """One norm version: whom it describes, when it was made, and whether it took effect."""

    number: int  # of the wave of people
    language: str
    turn: int  # which demo norm of its language it is
    mean: float
    days_ago: float
    takes_effect: bool

    def wave(self, stage: Stage) -> Wave:
        """The people it is made of, who answered shortly before."""
        last_on = (stage.now - timedelta(days=self.days_ago)).date()
        return Wave(self.number, self.language, self.mean, last_on - timedelta(days=COLLECTED_FOR_DAYS), last_on)


PLAN = (
    Planned(1, "en", turn=0, mean=0.0, days_ago=425.0, takes_effect=True),
    Planned(2, "fr", turn=0, mean=0.0, days_ago=420.0, takes_effect=True),
    Planned(3, "en", turn=1, mean=LATER_PEOPLE_MEAN, days_ago=8.0, takes_effect=False),
)


def make_norms(candidates: int, *, stage: Stage, told: Callable[[str], None], plan: tuple[Planned, ...] = PLAN) -> None:
    """Bring every norm of the plan to where it should stand."""
    if all(_is_done(planned, _norm_of(planned, stage)) for planned in plan):
        return
    secrets = with_second_factors(stage)
    for planned in plan:
        told(f"Norm {planned.number} of {len(plan)}: {candidates} simulated people, {planned.language}")
        if not _is_done(planned, _norm_of(planned, stage)):
            _make(planned, candidates, secrets, stage)
    without_second_factors(stage)


def _norm_of(planned: Planned, stage: Stage) -> NormView | None:
    with stage.runtime.reading() as session:
        found = [norm for norm in norms.norms(session=session, skill=SKILL) if norm.language == planned.language]
    found.sort(key=lambda norm: norm.drafted_at)
    return found[planned.turn] if planned.turn < len(found) else None


def _is_done(planned: Planned, norm: NormView | None) -> bool:
    return norm is not None and norm.state == ("published" if planned.takes_effect else "previewed")


def _make(planned: Planned, candidates: int, secrets: Mapping[str, str], stage: Stage) -> None:
    runtime, clock = stage.runtime, stage.clock(planned.days_ago)
    norm = _norm_of(planned, stage)
    if norm is None:
        _import(planned, candidates, stage=stage, clock=clock)
        phases.calibrate(
            SKILL, database=runtime.database, clock=clock, entropy=runtime.entropy, actor=operator(),
            effort=DEMO_EFFORT,
        )  # fmt: skip
        clock.wait(days=1)
        editor = acting(EDITOR, secrets, stage=stage, clock=clock)
        norm_id = phases.draft(SKILL, database=runtime.database, clock=clock, entropy=runtime.entropy, actor=editor)
    else:
        norm_id = norm.id
        clock.instant = norm.approved_at or norm.previewed_at or norm.drafted_at
    if norm is None or norm.state == "draft":
        clock.wait(hours=1)
        phases.preview(norm_id, database=runtime.database, clock=clock, actor=operator())
    if planned.takes_effect:
        _take_effect(norm_id, secrets, is_approved=norm is not None and norm.state == "approved", stage=stage,
                     clock=clock)  # fmt: skip


def _import(planned: Planned, candidates: int, *, stage: Stage, clock: PastClock) -> None:
    runtime, wave = stage.runtime, planned.wave(stage)
    instrument = stage.answers.instrument
    answers = answers_of(wave, candidates, instrument)
    with runtime.transaction() as session:
        release = banks.latest_release(SKILL, session=session)
        items = banks.release_items(release.id, wave.language, session=session)
        turned = frozenset(item.code for item in items if item.keyed < 0)
        try:
            import_responses(
                sample_of(answers, instrument, turned),
                mapping_of(wave, instrument, f"Decile, {release.label}"),
                skill=SKILL,
                population=DESCRIBED_AS["en"],
                file_name=f"simulated-{wave.language}-{wave.number}",
                session=session,
                clock=clock,
                entropy=runtime.entropy,
                actor=operator(),
            )
        except SampleAlreadyImported:  # by a load that was cut off after it
            return


def _take_effect(
    norm_id: UUID, secrets: Mapping[str, str], *, is_approved: bool, stage: Stage, clock: PastClock
) -> None:
    """Approved by the other admin; then scheduled and published in one, for the worker looks for due norms too."""
    if not is_approved:
        clock.wait(days=1)
        approver = acting(APPROVER, secrets, stage=stage, clock=clock)
        with stage.runtime.transaction() as session:
            seen = norms.norm(norm_id, session=session).sha256
            approve_norm(norm_id, seen_sha256=seen, session=session, clock=clock, actor=approver)
    with stage.runtime.transaction() as session:
        scheduled = schedule_norm(norm_id, session=session, clock=clock, actor=operator())
        clock.instant = scheduled.takes_effect_at or clock.instant
        publish_norm(norm_id, session=session, clock=clock, actor=operator())
