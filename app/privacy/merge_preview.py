"""What merging two accounts would do, to the last row that somebody would notice. Nothing is changed here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.consents import NORM_USE
from app.assessment.merged_sittings import MergedSitting, merged_sittings
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.credentials.queries import CredentialView
from app.item_bank import queries as banks
from app.privacy.merge_objections import Objection, merge_objections
from app.results import queries as results
from app.reviews import queries as reviews


@dataclass(frozen=True, slots=True)
class MergedRow:
    """One sitting in the order of time, with what rests on it."""

    sitting: MergedSitting
    is_leaving: bool  # of the account that is closed
    is_held: bool  # its award waits for a person already
    credential: CredentialView | None  # that stands
    has_open_case: bool | None  # None: nobody was ever asked about it

    @property
    def goes_before_a_person(self) -> bool:
        """Whether a case is opened, because an award rests on a sitting that becomes void."""
        return self.sitting.is_beyond and self.credential is not None and self.has_open_case is None

    @property
    def needs_the_register(self) -> bool:
        """Whether such an award had its one case before, so that two reviewers look at it in the register."""
        return self.sitting.is_beyond and self.credential is not None and self.has_open_case is False


@dataclass(frozen=True, slots=True)
class MergePreview:
    """The whole of it."""

    staying: accounts.PersonView
    leaving: accounts.PersonView
    rows: tuple[MergedRow, ...]
    skills: Mapping[str, banks.SkillView]
    ends_norm_use: bool  # only one of the two accounts had agreed to it
    objections: tuple[Objection, ...]

    @property
    def beyond(self) -> tuple[MergedRow, ...]:
        """Those that become void by the rule."""
        return tuple(row for row in self.rows if row.sitting.is_beyond)

    @property
    def sha256(self) -> str:
        """Of everything that would happen: what two people look at must be one thing."""
        return hashlib.sha256(json.dumps(self._told(), sort_keys=True).encode()).hexdigest()

    def _told(self) -> list[Any]:
        rows = [
            [str(row.sitting.id), row.sitting.state, str(row.sitting.from_at), row.sitting.by_limit, row.is_held,
             row.credential.code if row.credential else None, row.has_open_case]
            for row in self.rows
        ]  # fmt: skip
        return [str(self.staying.id), str(self.leaving.id), rows, self.ends_norm_use, list(self.objections)]


def merge_preview(staying_id: UUID, leaving_id: UUID, *, session: Session, at: datetime) -> MergePreview:
    """What would happen if it were done now.

    Raises
    ------
    PersonNotFound
    """
    found = merged_sittings(staying_id, leaving_id, session=session)
    return MergePreview(
        staying=accounts.person(staying_id, session=session),
        leaving=accounts.person(leaving_id, session=session),
        rows=tuple(_rows(leaving_id, found, session=session)),
        skills={slug: banks.skill(slug, session=session) for slug in {one.skill for one in found}},
        ends_norm_use=_ends_norm_use(staying_id, leaving_id, found, session=session),
        objections=merge_objections(staying_id, leaving_id, found, session=session, at=at),
    )


def _rows(leaving_id: UUID, found: tuple[MergedSitting, ...], *, session: Session) -> Iterator[MergedRow]:
    for one in found:
        result = results.result_of_sitting(one.id, session=session)
        award_id = awards.standing_award(result.id, session=session) if result else None
        credential = credentials.credential_of_award(award_id, session=session) if award_id else None
        yield MergedRow(
            sitting=one,
            is_leaving=one.person_id == leaving_id,
            is_held=result is not None and awards.is_held(result.id, session=session),
            credential=credential,
            has_open_case=reviews.has_open_case(one.id, session=session),
        )


def _ends_norm_use(staying_id: UUID, leaving_id: UUID, found: tuple[MergedSitting, ...], *, session: Session) -> bool:
    """No sitting comes into a norm by a merge: what one account had not agreed to, the one that stays has not."""
    agreed = [accounts.has_consent(one, NORM_USE, session=session) for one in (staying_id, leaving_id)]
    return agreed == [True, False] and any(one.person_id == leaving_id for one in found)
