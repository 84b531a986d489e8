"""A choice of data as a form or a command line sends it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from app.norming.choice_errors import ChoiceInvalid, ChoiceMixed, DayInvalid, WindowReversed
from app.norming.recalibration import Choice, Division, Source

LANGUAGES = ("en", "fr")


def choice_of(form: Any) -> Choice:
    """What a form says: `source` is "sittings:<language>" or a sample's id; blocks stand as "name=label".

    Raises
    ------
    ChoiceInvalid, ChoiceMixed, DayInvalid, WindowReversed
    """
    without = [text for text in form.getlist("without") if text]
    source, _, language = form.get("source", "").partition(":")
    since, until = form.get("since_on", ""), form.get("until_on", "")
    if source == Source.SITTINGS and language in LANGUAGES:
        _require_none(without)
        return _sittings(language, since, until)
    try:
        sample_id = UUID(source)
    except ValueError:
        raise ChoiceInvalid(source) from None
    _require_none((since, until))
    return Choice(Source.SAMPLE, sample_id=sample_id, without=divisions(without))


def _sittings(language: str, since: str, until: str) -> Choice:
    since_on, until_on = _day("since", since), _day("until", until)
    if since_on and until_on and until_on < since_on:
        raise WindowReversed(since_on, until_on)
    return Choice(Source.SITTINGS, language=language, since_on=since_on, until_on=until_on)


def _require_none(of_the_other_source: Iterable[object]) -> None:
    """What is said and cannot be done is refused: a day that was to be left out must not stay in unnoticed."""
    if any(of_the_other_source):
        raise ChoiceMixed


def _day(bound: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DayInvalid(bound, text) from None


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
    """What a command line says; a sample that it does not name is left open.

    Raises
    ------
    ChoiceInvalid, ChoiceMixed, DayInvalid, WindowReversed
    """
    if sittings is None:
        _require_none((since, until))
        return Choice(Source.SAMPLE, sample_id=sample_id, only=divisions(only), without=divisions(without))
    _require_none((sample_id, *only, *without))
    return _sittings(sittings, since or "", until or "")
