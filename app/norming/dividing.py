"""By what the people of a sample may be divided for a norm: where and when they came from, never what they are."""

from __future__ import annotations

MAY_DIVIDE = frozenset({"campaign", "country", "day", "language", "network"})
# Columns of these names say what somebody is, whatever the division is called that a mapping makes of them. Who
# renames the column as well states something false in a mapping that is kept with the sample.
SAYS_WHAT_PEOPLE_ARE = frozenset(
    {"sex", "sexe", "gender", "genre", "race", "ethnicity", "origin", "origine", "age", "âge", "religion", "disability",
     "handicap", "orientation"}
)  # fmt: skip


def may_divide(name: str, column: str) -> bool:
    """Whether a norm may be made of some of these alone, or without some: edge case 16.

    An allowed name is asked for, not a forbidden one missed: there are more words for sex or race than any list has.
    """
    return name in MAY_DIVIDE and not says_what_people_are(column)


def says_what_people_are(column: str) -> bool:
    """Whether a column of this name holds sex, race, age or the like."""
    return column.strip().casefold() in SAYS_WHAT_PEOPLE_ARE
