"""What stands against merging two accounts now. Read, so that pages can say it before anybody presses a button."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.merging import is_merged
from app.accounts.restrictions import standing
from app.accounts.rules import is_simulated
from app.assessment.final_scores import final_score
from app.assessment.merged_sittings import MergedSitting
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.privacy.models import ErasureRequest
from app.results import queries as results
from app.reviews import register_page


class Objection(StrEnum):
    """One thing, named for the page."""

    SAME = "same-account"
    NOT_JOINED = "not-joined"
    MERGED = "merged-before"
    SIMULATED = "simulated"
    ROLE = "role"
    DEATH = "restricted-death"
    LEGAL_HOLD = "restricted-legal-hold"
    DISPUTE = "restricted-dispute"
    ERASURE = "erasure-asked"
    TWO_OPEN = "two-open"
    OPEN_BEYOND = "open-beyond"
    UNDECIDED = "undecided"
    UNISSUED = "unissued"
    CHANGE_OPEN = "change-open"


def merge_objections(
    staying_id: UUID, leaving_id: UUID, sittings: Sequence[MergedSitting], *, session: Session, at: datetime
) -> tuple[Objection, ...]:
    """All of them, each once."""
    if staying_id == leaving_id:
        return (Objection.SAME,)
    of_people = _of_people((staying_id, leaving_id), session=session, at=at)
    of_sittings = _of_sittings(leaving_id, sittings, session=session)
    return tuple(dict.fromkeys((*of_people, *of_sittings)))


def _of_people(both: tuple[UUID, UUID], *, session: Session, at: datetime) -> Iterator[Objection]:
    people = [accounts.person(one, session=session) for one in both]
    if not all(one.has_joined for one in people):
        yield Objection.NOT_JOINED
    if len({is_simulated(one.email) for one in people}) > 1:
        yield Objection.SIMULATED
    for person_id in both:
        if is_merged(person_id, session=session):
            yield Objection.MERGED
        if accounts.has_held_a_role(person_id, session=session):
            yield Objection.ROLE
        restriction = standing(person_id, session=session)
        if restriction is not None:
            yield Objection(f"restricted-{restriction.cause}")
    if session.scalar(select(ErasureRequest.id).where(ErasureRequest.person_id.in_(both)).limit(1)) is not None:
        yield Objection.ERASURE
    if register_page.has_open_change(both, session=session, at=at):
        yield Objection.CHANGE_OPEN


def _of_sittings(leaving_id: UUID, sittings: Sequence[MergedSitting], *, session: Session) -> Iterator[Objection]:
    """An open sitting is never ended by a merge, and what is on its way arrives before it."""
    are_open = [one for one in sittings if one.is_open]
    if len({one.skill for one in are_open}) < len(are_open):
        yield Objection.TWO_OPEN
    if any(one.is_beyond for one in are_open):
        yield Objection.OPEN_BEYOND
    for one in sittings:
        if (one.is_beyond or one.person_id == leaving_id) and one.state == "completed":
            yield from _on_its_way(one.id, session=session)


def _on_its_way(sitting_id: UUID, *, session: Session) -> Iterator[Objection]:
    result = results.result_of_sitting(sitting_id, session=session)
    if result is None:
        if final_score(sitting_id, session=session).has_result:
            yield Objection.UNDECIDED
        return
    if awards.decision_on(result.id, session=session) is None:
        yield Objection.UNDECIDED
    award_id = awards.standing_award(result.id, session=session)
    if award_id is not None:
        credential = credentials.credential_of_award(award_id, session=session)
        if credential is None or not credential.is_issued:
            yield Objection.UNISSUED
