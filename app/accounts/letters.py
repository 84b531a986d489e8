"""Reading the letters that were kept for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Letter, Person

WRAPPED_FROM = 60  # a line of a letter that is this long was broken to fit; a shorter one ends where its words do


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter, as the person reads it."""

    language: str
    subject: str
    text: str
    written_at: datetime

    @property
    def paragraphs(self) -> tuple[tuple[str, ...], ...]:
        """Paragraphs of lines, those that were broken for mail made whole: a page has a width of its own."""
        return tuple(tuple(_whole_lines(block)) for block in self.text.strip().split("\n\n") if block.strip())


def letters_of(person_id: UUID, *, session: Session, most: int | None = None) -> tuple[LetterView, ...]:
    """The latest first, at most so many, those to accounts that were merged into this one included."""
    merged = select(Person.id).where(Person.merged_into_id == person_id)
    query = (
        select(Letter)
        .where(or_(Letter.person_id == person_id, Letter.person_id.in_(merged)))
        .order_by(Letter.written_at.desc(), Letter.key)
        .limit(most)
    )
    return tuple(LetterView(row.language, row.subject, row.text, row.written_at) for row in session.scalars(query))


def _whole_lines(block: str) -> list[str]:
    lines: list[str] = []
    goes_on = False
    for line in (one.strip() for one in block.split("\n")):
        if goes_on:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        goes_on = len(line) >= WRAPPED_FROM and " " in line
    return lines
