"""Draw the form of a founding sitting: what the bank needs most, whoever else starts at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessment import adaptation
from app.assessment.course import scored_items
from app.assessment.founding_form import draw_form
from app.assessment.models import FoundingForm, FoundingPromise, Sitting, State
from app.assessment.policy import SittingPolicy
from app.foundation.locks import hold

COUNTED = (State.OPEN, State.COMPLETED)  # what was left or void gave too little, so its items are needed again


def draw_founding_form(sitting: Sitting, policy: SittingPolicy, *, session: Session, at: datetime) -> FoundingForm:
    """Store the form, and the promise that goes with it. The sitting is flushed already."""
    hold(session, "founding-form", sitting.release_id, sitting.language)
    avoided = set(sitting.avoided_items)
    bank = adaptation.bank_of(sitting, session=session)
    items = [item for item in scored_items(bank, sitting, session=session) if item.code not in avoided]
    of_bank = (FoundingForm.release_id == sitting.release_id, FoundingForm.language == sitting.language)
    number = (session.scalar(select(func.max(FoundingForm.number)).where(*of_bank)) or 0) + 1
    counted = select(FoundingForm.item_codes).join(Sitting, Sitting.id == FoundingForm.sitting_id)
    drawn = Counter(
        code for codes in session.scalars(counted.where(*of_bank, Sitting.state.in_(COUNTED))) for code in codes
    )
    form = FoundingForm(
        sitting_id=sitting.id,
        release_id=sitting.release_id,
        language=sitting.language,
        number=number,
        item_codes=list(draw_form(items, drawn, number, policy)),
        drawn_at=at,
    )
    session.add(form)
    if session.get(FoundingPromise, (sitting.person_id, sitting.skill)) is None:
        session.add(
            FoundingPromise(
                person_id=sitting.person_id, skill=sitting.skill, language=sitting.language, made_at=at, told_at=None
            )
        )
    session.flush()
    return form
