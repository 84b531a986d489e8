"""Begin a sitting: pin it to the edition of the moment, draw its seed, choose and store its first item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.merging import require_unmerged
from app.assessment import adaptation, exposure, rules
from app.assessment.checks import may_seed_prior
from app.assessment.course import scored_items
from app.assessment.draw_founding_form import draw_founding_form
from app.assessment.editions_in_use import require_in_order
from app.assessment.errors import (
    AdultsOnly,
    ConsentNeeded,
    HonestyNeeded,
    OneLanguagePerSitting,
    RetakeTooSoon,
    SkillNotOpen,
    TooFewNewItems,
    TooManyBegun,
    YearlyLimitReached,
)
from app.assessment.final_scores import final_score
from app.assessment.former_sittings import use_allowance, was_here_before
from app.assessment.founding_form import SCENARIO, STATEMENT
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import PINNED, Edition, FrozenSitting, Presentation, Sitting
from app.assessment.policy import SittingPolicy
from app.assessment.present_next_item import present_next_item
from app.assessment.queries import latest_edition, retake_of
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.db import table_of
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.locks import hold
from app.item_bank import queries as item_bank


@dataclass(frozen=True, slots=True)
class Started:
    """The sitting to go on with, and whether it was begun by this very call."""

    sitting_id: UUID
    is_new: bool


def start_sitting(
    person_id: UUID,
    skill: str,
    language: str,
    *,
    honesty_statement: str | None,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
) -> Started:
    """Begin a sitting, or come back to the one that is open. However many ask at once, one begins.

    Raises
    ------
    AdultsOnly, ConsentNeeded, HonestyNeeded
    SkillNotOpen
    SkillOutOfOrder
        If nobody can be scored under the edition of the moment.
    OneLanguagePerSitting
    RetakeTooSoon, YearlyLimitReached, TooManyBegun, TooFewNewItems
    """
    now = clock.now()
    policy = policies.current(SittingPolicy, session=session, at=now)
    hold(session, "sitting", person_id, skill)
    hold(session, "beginnings", person_id)
    # Asked under the lock, which a merge holds while it moves sittings, and whoever takes a consent back.
    require_unmerged(person_id, session=session)
    _require_may_sit(person_id, session=session)
    still_open = _open_sitting(person_id, skill, session=session)
    if still_open is not None and still_open.may_be_resumed(at=now):
        return _resumed(still_open, language)
    if still_open is not None:
        leave_sitting(still_open.id, person_id=person_id, session=session, clock=clock, jobs=jobs)
    edition = latest_edition(skill, language, session=session)
    if edition is None:
        raise SkillNotOpen(skill, language)
    require_in_order(edition, policy)
    if honesty_statement != policy.honesty_statement:
        raise HonestyNeeded
    _require_retake_allowed(person_id, edition, session=session, at=now, policy=policy)
    _require_few_begun(person_id, policy, session=session, at=now)
    sitting = _new_sitting(person_id, edition, policy, session=session, at=now, entropy=entropy)
    _require_enough_new_items(sitting, policy, session=session)
    session.add(sitting)
    session.flush()
    use_allowance(sitting, session=session)
    if sitting.cut is None:
        draw_founding_form(sitting, policy, session=session, at=now)
    present_next_item(sitting.id, after=0, session=session, clock=clock)
    detail = {"skill": skill, "edition": edition.id, "policy_version": sitting.policy_version}
    audit.record("sitting.started", sitting.id, actor=_person(person_id), at=now, session=session, detail=detail)
    return Started(sitting.id, is_new=True)


def _person(person_id: UUID) -> Actor:
    return Actor(person_id, "person")


def _require_may_sit(person_id: UUID, *, session: Session) -> None:
    if not accounts.is_adult(person_id, session=session):
        raise AdultsOnly
    if not accounts.has_consent(person_id, "assessment", session=session):
        raise ConsentNeeded


def _open_sitting(person_id: UUID, skill: str, *, session: Session) -> Sitting | None:
    query = select(Sitting).where(Sitting.person_id == person_id, Sitting.skill == skill, Sitting.state == "open")
    return session.scalar(query.with_for_update())


def _resumed(sitting: Sitting, language: str) -> Started:
    if sitting.language != language:
        raise OneLanguagePerSitting(sitting.language)
    return Started(sitting.id, is_new=False)


def _require_retake_allowed(
    person_id: UUID, edition: Edition, *, session: Session, at: datetime, policy: SittingPolicy
) -> None:
    retake = retake_of(person_id, edition, session=session, at=at, policy=policy)
    if retake.from_at is not None:
        raise (YearlyLimitReached if retake.by_limit else RetakeTooSoon)(retake.from_at)


def _require_few_begun(person_id: UUID, policy: SittingPolicy, *, session: Session, at: datetime) -> None:
    """Sittings in which nothing arose have no wait, so nothing else stops a program that begins and leaves."""
    of_the_day = (Sitting.person_id == person_id, Sitting.started_at > at - timedelta(days=1))
    if (session.scalar(select(func.count()).select_from(Sitting).where(*of_the_day)) or 0) >= policy.most_begun_per_day:
        raise TooManyBegun(policy.most_begun_per_day)


def _require_enough_new_items(sitting: Sitting, policy: SittingPolicy, *, session: Session) -> None:
    """A sitting that could never give a result would only use up one of the year."""
    bank = adaptation.bank_of(sitting, session=session)
    scored = {item.code for item in scored_items(bank, sitting, session=session)}
    if len(scored - set(sitting.avoided_items)) < policy.fewest_units_for_result:
        raise TooFewNewItems(sitting.skill, policy.scenario_repeat_months)


def _new_sitting(
    person_id: UUID, edition: Edition, policy: SittingPolicy, *, session: Session, at: datetime, entropy: Entropy
) -> Sitting:
    former = _former_sittings(person_id, edition.skill, session=session)
    sitting_id, seed = entropy.uuid(), entropy.seed()
    avoided = _avoided_items(former, session=session, at=at, policy=policy)
    bank = adaptation.bank_of(edition, session=session)
    return Sitting(
        id=sitting_id,
        person_id=person_id,
        edition_id=edition.id,
        **{name: getattr(edition, name) for name in PINNED},
        policy_version=policies.version(SittingPolicy, session=session, at=at),
        seed=seed,
        avoided_items=avoided,
        exposure=exposure.drawn(edition, bank, avoided=avoided, seed=seed),
        prior=_prior(former, edition, session=session, at=at, policy=policy),
        state="open",
        mode="open",
        started_at=at,
        resumable_until=rules.resumable_until(at, policy),
        honesty_statement_version=policy.honesty_statement,
        honesty_accepted_at=at,
        first_of_skill=not any(sitting.counts_as_taken for sitting in former)
        and not was_here_before(person_id, edition.skill, session=session),
        taken_by_staff=accounts.holds_staff_role(person_id, session=session),
    )


def _former_sittings(person_id: UUID, skill: str, *, session: Session) -> Sequence[Sitting]:
    query = select(Sitting).where(Sitting.person_id == person_id, Sitting.skill == skill).order_by(Sitting.started_at)
    return session.scalars(query).all()


def _avoided_items(former: Sequence[Sitting], *, session: Session, at: datetime, policy: SittingPolicy) -> list[str]:
    """Scenarios seen within the repeat months, and statements beyond the overlap allowed with the former sitting."""
    if not former:
        return []
    since = rules.months_after(at, -policy.scenario_repeat_months)
    shown, frozen = table_of(Presentation).c, table_of(FrozenSitting).c
    # Not a list of their ids: each length of it would be a statement of its own, kept by every connection.
    own = select(Sitting.id).where(Sitting.person_id == former[0].person_id, Sitting.skill == former[0].skill)
    scenarios = select(shown.item_code).where(
        shown.sitting_id.in_(own), shown.kind == SCENARIO, shown.presented_at > since
    )
    statements = (
        select(shown.item_code, shown.sitting_id, frozen.sitting_id.is_not(None))
        .join_from(table_of(Presentation), table_of(FrozenSitting), frozen.sitting_id == shown.sitting_id, isouter=True)
        .where(shown.sitting_id.in_(own), shown.kind == STATEMENT)
        .order_by(shown.presented_at, shown.position)
    )
    seen = [rules.Seen(*row) for row in session.execute(statements)]
    return sorted({*session.scalars(scenarios), *rules.worn_statements(seen, policy)})


def _prior(
    former: Sequence[Sitting], edition: Edition, *, session: Session, at: datetime, policy: SittingPolicy
) -> dict[str, Any] | None:
    """The last completed sitting's posterior, decayed: a retake adds to what is known, it is not a new draw.

    Where a correction stands, it is the corrected one. Which never seed one: see `may_seed_prior`. Those on another
    scale are passed over too: their thetas mean something else.
    """
    for sitting in reversed(former):
        if not may_seed_prior(sitting, session=session) or not _is_on_its_scale(sitting, edition, session=session):
            continue
        score = final_score(sitting.id, session=session)
        if score.kinds_covariance is not None:
            thetas = (score.judgement_theta, score.self_report_theta)
            months = rules.months_between(score.completed_at, at)
            return adaptation.decayed(thetas, score.kinds_covariance, months, edition, policy)
    return None


def _is_on_its_scale(former: Sitting, edition: Edition, *, session: Session) -> bool:
    """The bank is asked only where the calibration is another one: as a rule, it is the same."""
    if former.calibration_id == edition.calibration_id:
        return True
    if former.calibration_id is None or edition.calibration_id is None:
        return False
    return former.calibration_id in item_bank.on_the_same_scale(edition.calibration_id, session=session)
