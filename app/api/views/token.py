"""The token itself: what a program may do with it, and until when."""

from __future__ import annotations

from app.api import shapes
from app.api.errors import TokenNeeded
from app.api.operations import Answer, Operation
from app.api.views.door import Call, Reply, serves

SHOW = Operation(
    name="getToken",
    method="GET",
    rule="/token",
    tag="token",
    summary="The token of this request",
    detail="What it may do and until when. Needs no scope.",
    answers={200: Answer("The token, without itself.", shapes.Token)},
)


@serves(SHOW)
def show(call: Call) -> Reply:
    """Tell a program what its token is good for."""
    if call.caller is None:
        raise TokenNeeded
    token = call.caller.token
    return Reply(
        shapes.Token(
            id=token.id,
            label=token.label,
            scopes=list(token.scopes),
            issued_at=token.issued_at,
            expires_at=token.expires_at,
        )
    )
