"""A choice of data as a form or a command line sends it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from app.norming.errors import ChoiceInvalid
from app.norming.recalibration import Choice, Division, Source

LANGUAGES = ("en", "fr")


def choice_of(form: Any) -> Choice:
    """What a form says: `source` is "sittings:<language>" or a sample's id; blocks stand as "name=label".

    Raises
    ------
    ChoiceInvalid
    """
    without = divisions(text for text in form.getlist("without") if text)
    source, _, language = form.get("source", "").partition(":")
    if source == Source.SITTINGS and language in LANGUAGES:
        since, until = (_day(form.get(name, "")) for name in ("since_on", "until_on"))
        return Choice(Source.SITTINGS, language=language, since_on=since, until_on=until)
    try:
        return Choice(Source.SAMPLE, sample_id=UUID(source), without=without)
    except ValueError:
        raise ChoiceInvalid(source) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ChoiceInvalid(text) from None


def divisions(texts: Iterable[str]) -> tuple[Division, ...]:
    """Blocks from "name=label"; a label may itself hold the sign.

    Raises
    ------
    ChoiceInvalid
    """
    parted = [text.partition("=") for text in texts]
    wrong = ["".join(parts) for parts in parted if not (parts[0] and parts[1] and parts[2])]
    if wrong:
        raise ChoiceInvalid(wrong[0])
    return tuple((name, label) for name, _, label in parted)


def choice_said(
    sample_id: UUID | None,
    *,
    sittings: str | None,
    since: str | None,
    until: str | None,
    only: Iterable[str],
    without: Iterable[str],
) -> Choice:
    """What a command line says.

    Raises
    ------
    ChoiceInvalid
    """
    if sittings is None:
        return Choice(Source.SAMPLE, sample_id=sample_id, only=divisions(only), without=divisions(without))
    return Choice(Source.SITTINGS, language=sittings, since_on=_day(since or ""), until_on=_day(until or ""))
