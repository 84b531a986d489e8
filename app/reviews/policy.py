"""How long one may ask, and how long an answer may take: policy data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """Days of asking are calendar days, days of answering are working days."""

    policy_name: ClassVar[str] = "reviews"
    tighter: ClassVar[Mapping[str, str]] = {
        "ask_within_days": "higher",
        "answer_within_working_days": "lower",
        "merge_hearing_days": "higher",
    }
    ask_within_days: int = 30  # from the decision on
    answer_within_working_days: int = 10  # GDPR article 22 and our own word; public holidays are not added
    shortest_explanation: int = 40  # characters: a reason, not a formula
    longest_words: int = 2000
    change_open_days: int = 7  # in which a second person may apply a change to the register
    merge_hearing_days: int = 7  # in which whoever is written to may say that two accounts are not one person's
    merge_open_days: int = 30  # in which a second person may merge two accounts
    rescoring_open_days: int = 7  # in which a second person may apply what one asked for
    rescoring_undo_days: int = 3  # in which it can be undone; nothing is awarded or granted before they are over
