"""Whoever is about to go is held first, with every account that was merged into theirs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Person
from app.accounts.queries import PersonView
from app.accounts.restrictions import hold_accounts


def hold_person(person_id: UUID, *, session: Session) -> tuple[PersonView, ...]:
    """Their account and the closed ones, held to the end of the transaction.

    The accounts come first, then the rows: only so that nobody is written to meanwhile, which leaves others free to
    store what refers to them.

    Raises
    ------
    PersonNotFound
    """
    hold_accounts(person_id, session=session)  # nothing is merged into it from here on
    theirs = or_(Person.id == person_id, Person.merged_into_id == person_id)
    ids = session.scalars(select(Person.id).where(theirs)).all()
    hold_accounts(*ids, session=session)
    rows = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True)
    session.scalars(rows.execution_options(populate_existing=True)).all()
    return queries.person(person_id, session=session), *queries.merged_into(person_id, session=session)
