"""Programs' tokens: who calls with one, and which a person holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of, roles_of
from app.accounts.models import ApiToken, Person, RoleGrant
from app.accounts.roles import CANDIDATE
from app.accounts.scopes import scopes_open_to
from app.foundation.access import Actor


@dataclass(frozen=True, slots=True)
class ApiTokenView:
    """One token as its owner sees it: never the token itself."""

    id: UUID
    label: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who a program acts for, and what it may do for them: never more than the person themself may do now."""

    actor: Actor
    token: ApiTokenView

    def may(self, scope: str) -> bool:
        """Whether the token covers `scope`."""
        return scope in self.token.scopes


def caller_for_api_token(token: str, *, session: Session, at: datetime) -> ApiCaller | None:
    """Who holds this token, if it has not ended. Asked on every call: one statement.

    A token never counts as a second factor: it is a thing one has, and programs keep it in files.
    """
    rows = session.execute(
        select(ApiToken, Person.display_name, Person.email, RoleGrant.role)
        .join(Person, Person.id == ApiToken.person_id)
        .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
        .where(ApiToken.token_hash == hash_of(token), ApiToken.expires_at > at)
    ).all()
    if not rows:
        return None
    first = rows[0]
    roles = frozenset({CANDIDATE, *(row.role for row in rows if row.role is not None)})
    actor = Actor(first.ApiToken.person_id, first.display_name or first.email, roles)
    return ApiCaller(actor, _token_view(first.ApiToken, among=scopes_open_to(roles)))


def api_tokens_of(person_id: UUID, *, session: Session, at: datetime) -> tuple[ApiTokenView, ...]:
    """A person's tokens that still work, the newest first."""
    query = (
        select(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.expires_at > at)
        .order_by(ApiToken.issued_at.desc(), ApiToken.id)
    )
    among = scopes_open_to(roles_of(person_id, session=session))
    return tuple(_token_view(row, among=among) for row in session.scalars(query))


def _token_view(row: ApiToken, *, among: tuple[str, ...]) -> ApiTokenView:
    scopes = tuple(scope for scope in among if scope in row.scopes)
    return ApiTokenView(row.id, row.label, scopes, row.issued_at, row.expires_at)
