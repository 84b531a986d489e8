"""Norms: those that are or were in force for everyone, the others for the people who make them."""

from __future__ import annotations

from uuid import UUID

from app.accounts.scopes import Scope
from app.api import shapes, shown
from app.api.operations import Answer, Operation
from app.api.paging import page_of
from app.api.views.door import Call, Reply, serves
from app.foundation.web.process import runtime
from app.norming import queries
from app.norming.errors import NormNotFound

TAG = "norms"
WITH_MORE = "With a token of the scope `norms:read`, norms that are not public yet are among them."
LIST = Operation(
    name="listNorms",
    method="GET",
    rule="/norms",
    tag=TAG,
    summary="Norms that are or were in force, newest first",
    detail=WITH_MORE,
    scope=Scope.NORMS_READ,
    is_open=True,
    query=shapes.NormQuery,
    answers={200: Answer("A page of norms.", shapes.NormPage)},
)
SHOW = Operation(
    name="getNorm",
    method="GET",
    rule="/norms/<uuid:norm_id>",
    tag=TAG,
    summary="The card of one norm",
    detail=WITH_MORE,
    scope=Scope.NORMS_READ,
    is_open=True,
    refusals=(NormNotFound,),
    answers={200: Answer("The norm.", shapes.Norm)},
)
TABLE = Operation(
    name="getNormTable",
    method="GET",
    rule="/norms/<uuid:norm_id>/table",
    tag=TAG,
    summary="The whole content of a norm in force, and its hash",
    detail="Enough to recompute any percentile rank, the cut, and the hash itself: it is the SHA-256, in hexadecimal, "
    "of `content` as JSON with its keys sorted, with no spaces between, in UTF-8 without escapes, and every fraction "
    "in the shortest form that is exact, as Python writes it (`90.0` and not `90`; `1e-05` and not `1e-5`).",
    is_open=True,
    refusals=(NormNotFound,),
    answers={200: Answer("Content and hash.", shapes.NormTable)},
)


@serves(LIST)
def list_norms(call: Call) -> Reply:
    """Show those the asker may see."""
    with runtime().reading() as session:
        found = queries.norms(session=session, skill=call.query.skill, public_only=not _sees_all(call))
    page = page_of(found, key=lambda view: view.id, cursor=call.query.cursor, limit=call.query.limit)
    entries = [shown.norm(view) for view in page.entries]
    return Reply(shapes.NormPage(entries=entries, next_cursor=page.next_cursor))


@serves(SHOW)
def show(call: Call, norm_id: UUID) -> Reply:
    """Show one."""
    with runtime().reading() as session:
        norm = queries.norm(norm_id, session=session)
    if not norm.is_public and not _sees_all(call):
        raise NormNotFound(norm_id)
    return Reply(shown.norm(norm))


@serves(TABLE)
def table(_call: Call, norm_id: UUID) -> Reply:
    """Show the content."""
    with runtime().reading() as session:
        found = queries.content(norm_id, session=session)
    return Reply(shapes.NormTable(content=found["content"], sha256=found["sha256"]))


def _sees_all(call: Call) -> bool:
    return call.caller is not None and call.caller.may(Scope.NORMS_READ)
