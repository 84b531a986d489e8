"""Under the founders' norm decisions wait; compared with the founders, they are made; the first award is a specimen."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist
from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.credentials.queries import CredentialView
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility
from app.demo.cast import EDITOR
from app.demo.founding.people import Simulated
from app.demo.founding.run import FoundingRun
from app.demo.founding.trial import loosen, outwards
from app.demo.population import KINDS_CORRELATION
from app.foundation.access import Actor
from app.norming.compare_sittings import compare_sittings
from app.norming.founders_compared import ComparisonView
from app.norming.policy import NormPolicy
from app.norming.queries import NormView
from app.results import queries as results
from app.verification.verify_credential import CertificateVerification, verify_credential

AWARDED = "awarded"
TRUE_LINE = NormalDist().inv_cdf(0.9) * math.sqrt((1 + KINDS_CORRELATION) / 2)  # of the mean of both true thetas


def open_awards(norm: NormView, run: FoundingRun) -> ComparisonView:
    """Compare under the bound as it stands, then, where that does not hold, under what the trial issuer loosens."""
    run.log(f"{len(_undecided(norm.id, run))} decisions wait for the comparison; none is made.")
    found = _compared(norm.id, run)
    if not found.holds:
        bound = outwards(max(abs(found.low), abs(found.high)))
        run.clock.wait(days=1)
        lines = run.act(
            lambda session: loosen(NormPolicy, session=session, at=run.clock.now(), largest_founding_shift=bound)
        )
        for line in lines:
            run.log(f"Gate: {line}")
        found = _compared(norm.id, run)
    return found


def _compared(norm_id: UUID, run: FoundingRun) -> ComparisonView:
    runtime, editor = run.stage.runtime, run.admin(EDITOR)
    found = run.act(
        lambda session: compare_sittings(
            norm_id, session=session, clock=run.clock, entropy=runtime.entropy, jobs=run.jobs, actor=editor
        )
    )
    run.log(
        f"Founders compared with {found.n} first sittings: shift {found.shift:+.3f} SD, {found.percent} % interval "
        f"{found.low:+.3f} to {found.high:+.3f}, bound ±{found.bound:g}: {'holds' if found.holds else 'FAILS'}."
    )
    return found


def _undecided(norm_id: UUID, run: FoundingRun) -> list[UUID]:
    with run.stage.runtime.reading() as session:
        under = results.results_under(norm_id, session=session)
        return [one for one in under if awards.decision_on(one, session=session) is None]


@dataclass(frozen=True, slots=True)
class Decided:
    """How the decision on one person's sitting under the norm came out, and whether they are truly at the top."""

    one: Simulated
    outcome: str
    reasons: tuple[str, ...]

    @property
    def is_awarded(self) -> bool:
        """Whether a credential comes of it."""
        return self.outcome == AWARDED

    @property
    def is_top(self) -> bool:
        """By the true thetas, against the 90th percentile of the population they were drawn from."""
        return self.one.truth >= TRUE_LINE


def decisions(people: tuple[Simulated, ...], norm: NormView, run: FoundingRun) -> tuple[Decided, ...]:
    """Of everybody who has a result under the norm."""
    found = []
    with run.stage.runtime.reading() as session:
        for one in people:
            for result in results.results_of(one.person_id, run.skill, session=session):
                decision = awards.decision_on(result.id, session=session)
                if result.norm_id == norm.id and decision is not None:
                    found.append(Decided(one, str(decision.outcome), decision.reasons))
    return tuple(found)


def log_decisions(decided: tuple[Decided, ...], run: FoundingRun) -> None:
    """Outcomes, the reasons against, and how many of the awarded are truly at the top."""
    outcomes = Counter(one.outcome for one in decided)
    against = Counter(reason for one in decided if not one.is_awarded for reason in one.reasons)
    run.log(f"Decisions: {_listed(outcomes)}. Reasons against: {_listed(against)}.")
    awarded = [one for one in decided if one.is_awarded]
    right, top = sum(one.is_top for one in awarded), sum(one.is_top for one in decided)
    run.log(f"{top} of {len(decided)} are truly in the top tenth; of {len(awarded)} awarded, {right} are.")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def show_first_certificate(people: tuple[Simulated, ...], run: FoundingRun) -> CertificateVerification | None:
    """The first credential issued, shown by its holder and verified; None where the rules awarded nobody."""
    with run.stage.runtime.reading() as session:
        held = [(one, credential) for one in people for credential in _issued(one, session)]
    if not held:
        return None
    one, credential = min(held, key=lambda pair: pair[1].issued_at or run.clock.now())

    def shown(session: Session) -> None:
        set_visibility(
            credential.code, Visibility.UNLISTED, shown_name=one.part.display_name, session=session, clock=run.clock,
            actor=Actor(one.person_id, one.part.display_name),
        )  # fmt: skip

    run.act(shown)
    with run.stage.runtime.reading() as session:
        return verify_credential(credential.code, session=session, clock=run.clock)


def _issued(one: Simulated, session: Session) -> tuple[CredentialView, ...]:
    return credentials.credentials_of(one.person_id, session=session)
