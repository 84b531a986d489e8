"""What stands between a skill and its first real certificate: a checklist with numbers, read from every context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.assessment.founding_progress import FoundingProgress, founding_progress
from app.assessment.scored_sittings import first_sittings_under
from app.awarding.policy import AwardPolicy
from app.awarding.trial_norms import is_of_trial
from app.foundation import policies
from app.item_bank import queries as item_bank
from app.item_bank.errors import ReleaseNotFound
from app.item_bank.queries import BankReleaseView, SkillView
from app.keying import queries as keying
from app.keying.policy import KeyingPolicy
from app.norming import founders_compared
from app.norming import queries as norms
from app.norming.policy import NormPolicy
from app.norming.queries import NormView


class Step(StrEnum):
    """The steps in their order."""

    BANK = "bank"
    JUDGES = "judges"
    SCENARIOS = "scenarios"
    KEY = "key"
    RESPONSES = "responses"
    CALIBRATED = "calibrated"
    PEOPLE = "people"
    CUT = "cut"
    GATES = "gates"
    PUBLISHED = "published"
    COMPARED = "compared"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list: what is reached, what is needed, and which reasons stand against it."""

    step: Step
    is_done: bool
    have: float | None = None
    need: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checklist:
    """One skill in one language."""

    skill: SkillView
    language: str
    release: BankReleaseView | None
    checks: tuple[Check, ...]
    sittings: int  # founding sittings that are complete

    @property
    def done(self) -> int:
        """Steps that are reached."""
        return sum(check.is_done for check in self.checks)

    @property
    def missing(self) -> tuple[Check, ...]:
        """Steps that are not."""
        return tuple(check for check in self.checks if not check.is_done)


def checklists(language: str, *, session: Session, at: datetime) -> tuple[Checklist, ...]:
    """Every skill of the catalogue, in its order."""
    found = item_bank.skills(session=session)
    return tuple(checklist(skill.slug, language, session=session, at=at) for skill in found)


def checklist(slug: str, language: str, *, session: Session, at: datetime) -> Checklist:
    """How far a skill is in a language.

    Raises
    ------
    SkillNotFound
    """
    skill = item_bank.skill(slug, session=session)
    try:
        release = item_bank.latest_release(slug, session=session)
    except ReleaseNotFound:
        release = None
    if release is None or language not in release.languages:
        return Checklist(skill, language, None, (Check(Step.BANK, is_done=False),), 0)
    progress = founding_progress(release.id, language, session=session)
    checks = (
        Check(Step.BANK, is_done=True),
        *_key(release, session=session, at=at),
        *_norm(release, language, progress, session=session, at=at),
        Check(Step.ISSUER, is_done=not policies.current(AwardPolicy, session=session, at=at).trial_issuer),
    )
    return Checklist(skill, language, release, checks, progress.sittings)


def _key(release: BankReleaseView, *, session: Session, at: datetime) -> Iterator[Check]:
    policy = policies.current(KeyingPolicy, session=session, at=at)
    behind = keying.agreement_behind(release.id, session=session)
    panel = keying.panel_of(release.id, session=session, at=at)
    if behind is not None:
        signed, agreed = behind.judges, behind.scenarios - len(behind.sent_back)
    else:
        signed, agreed = (panel.signed, panel.agreed) if panel else (0, 0)
    yield Check(Step.JUDGES, signed >= policy.fewest_judges, signed, policy.fewest_judges)
    yield Check(Step.SCENARIOS, agreed >= policy.fewest_scenarios, agreed, policy.fewest_scenarios)
    yield Check(Step.KEY, not release.provisional_key)


def _norm(
    release: BankReleaseView, language: str, progress: FoundingProgress, *, session: Session, at: datetime
) -> Iterator[Check]:
    policy = policies.current(NormPolicy, session=session, at=at)
    items = len(progress.responses)
    ready = progress.items_with(policy.founding_responses)
    yield Check(Step.RESPONSES, items > 0 and ready == items, ready, items)
    norm = _latest_norm(release, language, session=session)
    if norm is None:
        yield Check(Step.CALIBRATED, norms.is_calibrated(release.id, language, session=session))
        yield Check(Step.PEOPLE, is_done=False, have=progress.founders, need=policy.awards_from_n)
        yield Check(Step.CUT, is_done=False, need=policy.largest_cut_standard_error)
        yield Check(Step.GATES, is_done=False)
        yield Check(Step.PUBLISHED, is_done=False)
        yield Check(Step.COMPARED, is_done=False, have=0, need=policy.compare_from_n)
        return
    yield Check(Step.CALIBRATED, is_done=True)
    yield Check(Step.PEOPLE, norm.n >= policy.awards_from_n, norm.n, policy.awards_from_n)
    error, largest = norm.told_cut_error_in_sd, policy.largest_cut_standard_error
    yield Check(Step.CUT, error is not None and error <= largest, error, largest)
    marks = {"demo": norm.demo, "trial-norm": is_of_trial(norm.id, session=session)}
    stand_against = tuple(mark for mark, is_set in marks.items() if is_set)
    yield Check(Step.GATES, norm.may_certify and not stand_against, reasons=norm.gate_reasons + stand_against)
    yield Check(Step.PUBLISHED, norm.state == "published")
    yield _compared(norm, session=session, at=at)


def _compared(norm: NormView, *, session: Session, at: datetime) -> Check:
    """With figures only while the comparison is still to come: elsewhere they would count towards nothing."""
    if not founders_compared.awards_wait(norm.id, session=session, at=at):
        return Check(Step.COMPARED, is_done=True)
    needed = founders_compared.sittings_to_compare(norm.id, session=session, at=at)
    under = first_sittings_under(norm.id, most=needed, session=session)
    return Check(Step.COMPARED, is_done=False, have=under, need=needed)


def _latest_norm(release: BankReleaseView, language: str, *, session: Session) -> NormView | None:
    """The norm in force on this bank, else the one drafted last."""
    found = [
        norm
        for norm in norms.norms(session=session, skill=release.skill)
        if norm.language == language and norm.release_id == release.id
    ]
    return next((norm for norm in found if norm.state == "published"), found[0] if found else None)
