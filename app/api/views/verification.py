"""Is this certificate good? For anyone who has its code."""

from __future__ import annotations

from app.api import shapes, shown
from app.api.errors import CodeMistyped
from app.api.operations import Answer, Operation
from app.api.views.door import Call, Reply, serves
from app.credentials import codes
from app.credentials.errors import CredentialNotFound, TypingError
from app.foundation.web import absolute_url, limiter, rate, runtime
from app.verification.verify_credential import verify_credential

NOT_FOUND = 404
VERIFY = Operation(
    name="verify",
    method="GET",
    rule="/verify/<code>",
    tag="verification",
    summary="Whether a certificate is good, and why",
    detail="Needs no token. An unknown code and one whose holder keeps it private are answered alike.",
    is_open=True,
    refusals=(CredentialNotFound, CodeMistyped),
    answers={200: Answer("The verdict.", shapes.Verdict)},
)
guessing = limiter.shared_limit(  # counted together with the pages' guesses: same scope, same limit
    rate("not_found_per_minute", "minute"),
    scope="codes-not-found",
    deduct_when=lambda response: response.status_code == NOT_FOUND,
)


@serves(VERIFY)
@guessing
def verify(_call: Call, code: str) -> Reply:
    """Check it now."""
    try:
        typed = codes.read_code(code)
    except TypingError:
        raise CodeMistyped from None
    with runtime().reading() as session:
        found = verify_credential(typed, session=session, clock=runtime().clock)
    page = absolute_url("verification.certificate", typed=found.credential.code)
    return Reply(shown.verdict(found, page=page), unstable=frozenset({"checked_at"}))
