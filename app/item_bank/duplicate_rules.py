"""Rules against near-duplicates, within a bank and with the banks of the other skills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from app.item_bank.bank_texts import BankText, Entries
from app.item_bank.findings import SCENARIOS, Finding
from app.item_bank.similarity import similarities
from app.item_bank.text_rules import LANGUAGES

TOO_ALIKE = 0.8  # cosine of character trigrams
REMEDY = "Write a different behaviour or another conflict; another wording of the same is not enough."


@dataclass(frozen=True, slots=True)
class OtherBank:
    """What another skill's bank asks, to compare with."""

    label: str
    texts: tuple[BankText, ...]
    tensions: Mapping[str, str]  # code -> tension


def check_duplicates(texts: Iterable[BankText], scenarios: Entries, others: Iterable[OtherBank]) -> Iterator[Finding]:
    """Texts of one language, and tensions, that are as alike as `TOO_ALIKE` or more; each pair is named once."""
    own, others = tuple(texts), tuple(others)
    for language in LANGUAGES:
        mine = [text for text in own if text.language == language]
        theirs = [
            (f"{other.label} {text.code}", text.text)
            for other in others
            for text in other.texts
            if text.language == language
        ]
        yield from _alike(mine, theirs)
    tensions = [
        BankText(SCENARIOS, ("scenarios", number, "tension"), "tension", "en", scenario["code"], scenario["tension"])
        for number, scenario in enumerate(scenarios)
    ]
    known = [(f"{other.label} {code}", tension) for other in others for code, tension in other.tensions.items()]
    yield from _alike(tensions, known)


def _alike(mine: list[BankText], theirs: list[tuple[str, str]]) -> Iterator[Finding]:
    own = [text.text for text in mine]
    for later, earlier in np.argwhere(np.tril(similarities(own, own) >= TOO_ALIKE, -1)):
        if not _same(own[later], own[earlier]):  # the rule `duplicate-text` names those
            yield _found(mine[later], mine[earlier].code, own[later], own[earlier])
    for place, other in np.argwhere(similarities(own, [text for _, text in theirs]) >= TOO_ALIKE):
        yield _found(mine[place], theirs[other][0], own[place], theirs[other][1])


def _same(one: str, other: str) -> bool:
    return one.casefold().strip() == other.casefold().strip()


def _found(text: BankText, other_code: str, one: str, other: str) -> Finding:
    alike = float(similarities([one], [other])[0, 0])
    message = f"{alike:.2f} alike to {other_code}: {other!r}"
    return Finding(text.file, text.path, "near-duplicate", message, REMEDY)
