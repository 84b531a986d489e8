"""The roles people can hold, in the words pages and commands use. Everyone signed in is a candidate."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do beyond taking assessments."""

    RECRUITER = "recruiter"
    NORM_EDITOR = "norm_editor"
    NORM_APPROVER = "norm_approver"
    SUPPORT = "support"
    ITEM_EDITOR = "item_editor"
    REVIEWER = "reviewer"


CANDIDATE = "candidate"  # held by every person, granted to none
STAFF = frozenset(Role) - {Role.RECRUITER}  # these need a second factor


def is_staff(roles: frozenset[str]) -> bool:
    """Whether any of `roles` needs a second factor."""
    return not STAFF.isdisjoint(roles)
