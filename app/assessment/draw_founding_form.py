"""Draw the form of a founding sitting: what the bank needs most, whoever else starts at the same moment."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import chain

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import Session

from app.assessment import adaptation
from app.assessment.course import scored_items
from app.assessment.founding_form import draw_form
from app.assessment.models import FoundingForm, FoundingPromise, Sitting, State
from app.assessment.policy import SittingPolicy
from app.foundation.locks import hold

COUNTED = (State.OPEN, State.COMPLETED)  # what was left or void gave too little, so its items are needed again
REMEMBERED = 5_000
"""Forms that are looked back at: twice what a first norm waits for, so that a start stays quick after any number."""


def draw_founding_form(sitting: Sitting, policy: SittingPolicy, *, session: Session, at: datetime) -> FoundingForm:
    """Store the form, and the promise that goes with it. The sitting is flushed already."""
    hold(session, "founding-form", sitting.release_id, sitting.language)
    avoided = set(sitting.avoided_items)
    bank = adaptation.bank_of(sitting, session=session)
    items = [item for item in scored_items(bank, sitting, session=session) if item.code not in avoided]
    of_bank = (FoundingForm.release_id == sitting.release_id, FoundingForm.language == sitting.language)
    number = (session.scalar(select(func.max(FoundingForm.number)).where(*of_bank)) or 0) + 1
    drawn = _drawn_lately(*of_bank, FoundingForm.number >= number - REMEMBERED, session=session)
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


def _drawn_lately(*which: ColumnElement[bool], session: Session) -> Counter[str]:
    """How often each code stands in the forms that count. Read as one text: whoever starts next waits for this."""
    query = (
        select(cast(FoundingForm.item_codes, Text))
        .join(Sitting, Sitting.id == FoundingForm.sitting_id)
        .where(*which, Sitting.state.in_(COUNTED))
    )
    return Counter(chain.from_iterable(json.loads(f"[{','.join(session.scalars(query))}]")))
