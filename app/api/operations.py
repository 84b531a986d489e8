"""What an operation promises: read by the door, which keeps the promise, and by the OpenAPI document, which tells it.

One declaration serves both, so that the document cannot say something else than the server does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.accounts.scopes import Scope
from app.api.shapes import NoQuery
from app.foundation.errors import DecileError

JSON = "application/json"
SIGNED_JSON = "application/vc+ld+json"
PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which an operation succeeds."""

    means: str
    shape: type[BaseModel]
    media_type: str = JSON
    has_location: bool = False


@dataclass(frozen=True, slots=True)
class TextForm:
    """Another way to write the same body and the same answer, for programs that have tables and no JSON."""

    media_type: str
    read: Callable[[bytes], Any]
    """What the view gets in place of the body."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path. `leads_to` names operations that take this answer's id."""

    name: str
    method: str
    rule: str  # below PREFIX, in Flask's spelling
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    detail: str = ""
    scope: Scope | None = None
    is_open: bool = False  # may be asked without a token; with one, `scope` shows more
    body: type[BaseModel] | None = None
    text_form: TextForm | None = None
    changes_nothing: bool = False  # a POST only because what it asks is long
    query: type[BaseModel] = NoQuery
    refusals: tuple[type[DecileError], ...] = ()
    leads_to: tuple[str, ...] = field(default=())

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing: then it has an ETag, and needs no key."""
        return self.method == "GET"

    @property
    def takes_key(self) -> bool:
        """Whether an Idempotency-Key makes it safe to send again."""
        return self.method == "POST" and not self.changes_nothing

    @property
    def needs_token(self) -> bool:
        """Whether nothing is answered without a token."""
        return not self.is_open
