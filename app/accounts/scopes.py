"""What a token may be allowed to do, in the words pages and programs use. A token never exceeds its maker's rights."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.accounts.roles import Role


class Scope(StrEnum):
    """One thing a program may do for its person."""

    SITTINGS_READ = "sittings:read"
    SITTINGS_WRITE = "sittings:write"
    RESULTS_READ = "results:read"
    CERTIFICATES_READ = "certificates:read"
    CERTIFICATES_WRITE = "certificates:write"
    NORMS_READ = "norms:read"  # norm versions that are not public yet


OF_ROLES: Mapping[Scope, frozenset[str]] = {Scope.NORMS_READ: frozenset({Role.NORM_EDITOR, Role.NORM_APPROVER})}


def scopes_open_to(roles: frozenset[str]) -> tuple[Scope, ...]:
    """What somebody with these roles may give to a token, in a fixed order."""
    return tuple(scope for scope in Scope if scope not in OF_ROLES or roles & OF_ROLES[scope])
