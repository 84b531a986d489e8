"""Why a credential does not follow from what is stored: its award, its holder, or its own text.

Whoever has the database can write an award or edit a text that is about to be signed; both are looked at before.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy.orm import Session

from app.assessment.errors import NoScoreYet, SittingNotFound
from app.awarding import queries as awards
from app.awarding.earned import is_earned
from app.awarding.errors import AwardNotFound
from app.awarding.queries import AwardView
from app.credentials import conformance, display, open_badge, proof
from app.credentials.did import Issuer
from app.credentials.errors import DocumentRefused, ProofInvalid
from app.credentials.models import Credential
from app.credentials.open_badge import Identity
from app.results.errors import ResultNotFound

NAMED = ("id", "validFrom", "validUntil", "issuer", "name")  # what must come out again besides the figures


class Objection(StrEnum):
    """Why it does not follow."""

    NO_AWARD = "no-award"
    AWARD_WITHDRAWN = "award-withdrawn"
    NOT_AWARDED = "not-awarded"
    OTHER_HOLDER = "other-holder"
    OTHER_RESULT = "other-result"
    NOT_RECOMPUTABLE = "not-recomputable"
    OTHER_FACTS = "other-facts"


def award_behind(credential: Credential, *, session: Session) -> AwardView | None:
    """The award, or None where it, its result or its sitting is not there."""
    try:
        return awards.award(credential.award_id, session=session)
    except (AwardNotFound, NoScoreYet, ResultNotFound, SittingNotFound):
        return None


def objections_to(credential: Credential, *, session: Session) -> Iterator[Objection]:
    """Everything that can be said without computing the sitting again."""
    award = award_behind(credential, session=session)
    if award is None:
        yield Objection.NO_AWARD
        return
    if award.is_withdrawn:
        yield Objection.AWARD_WITHDRAWN
    if not is_earned(award, session=session):
        yield Objection.NOT_AWARDED
    if (award.person_id, award.sitting_id) != (credential.person_id, credential.sitting_id):
        yield Objection.OTHER_HOLDER
    if not any(_says(credential, told) for told in awards.award_over_time(award.id, session=session)):
        yield Objection.OTHER_FACTS


def _says(credential: Credential, award: AwardView) -> bool:
    """Whether the stored text is what would be written of this award: term, figures, and names of what is certified."""
    try:
        stored = proof.parse(credential.unsigned_document)
        conformance.check_to_sign(stored)
        again = open_badge.credential_document(
            display.award_facts(award), _identity(credential), issuer=_issuer(credential)
        )
        same_figures = open_badge.told_facts(stored) == open_badge.told_facts(again)
        same_subject = stored["credentialSubject"]["id"] == again["credentialSubject"]["id"]
    except (DocumentRefused, ProofInvalid, LookupError, TypeError):  # a text that no use case wrote
        return False
    same_kind = credential.is_specimen == award.is_specimen
    return same_kind and same_figures and same_subject and all(stored.get(name) == again[name] for name in NAMED)


def _identity(credential: Credential) -> Identity:
    return Identity(
        code=credential.code,
        subject_id=credential.subject_id,
        status_list=credential.status_list,
        status_index=credential.status_index,
        valid_from=credential.valid_from,
    )


def _issuer(credential: Credential) -> Issuer:
    return Issuer(credential.display["issuer_name"], credential.display["issuer_url"])
