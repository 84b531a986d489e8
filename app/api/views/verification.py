"""Is this certificate good? For anyone who has its code."""

from __future__ import annotations

from app.api import shapes, shown
from app.api.errors import CodeMistyped
from app.api.operations import Answer, Operation, TextForm
from app.api.views.door import Call, Reply, serves
from app.credentials import codes
from app.credentials.errors import CredentialErased, CredentialNotFound, TypingError
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.verification.batch_list import lines_of, numbered, text_of
from app.verification.batch_table import batch_csv
from app.verification.certificate_address import certificate_address
from app.verification.errors import BatchEmpty, BatchTooLong
from app.verification.verify_batch import verify_batch
from app.verification.verify_credential import verify_credential

NOT_FOUND = 404
CSV = "text/csv"
VERIFY = Operation(
    name="verify",
    method="GET",
    rule="/verify/<code>",
    tag="verification",
    summary="Whether a certificate is good, and why",
    detail="Needs no token. An unknown code and one whose holder keeps it private are answered alike.",
    is_open=True,
    refusals=(CredentialNotFound, CredentialErased, CodeMistyped),
    answers={200: Answer("The verdict.", shapes.Verdict)},
)
VERIFY_BATCH = Operation(
    name="verifyBatch",
    method="POST",
    rule="/verify/batch",
    tag="verification",
    summary="Whether up to 1,000 certificates are good",
    detail="Needs no token. Send JSON, or `text/csv` with one certificate on each line; the answer comes in the form "
    "that `Accept` names, else in the form that was sent. A bad line never fails the others. Cells of the CSV that a "
    "spreadsheet could take for a formula begin with an apostrophe. It changes nothing.",
    is_open=True,
    body=shapes.VerifyBatch,
    text_form=TextForm(CSV, read=lambda sent: lines_of(text_of(sent))),
    changes_nothing=True,
    refusals=(BatchEmpty, BatchTooLong),
    answers={200: Answer("One entry for every line, in the same order.", shapes.BatchVerdicts)},
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
    return Reply(shown.verdict(found, page_of=certificate_address), unstable=frozenset({"checked_at"}))


@serves(VERIFY_BATCH)
@limiter.shared_limit(rate("batches_per_minute", "minute"), scope="batches")
def verify_all(call: Call) -> Reply:
    """Check them all now."""
    here = runtime()
    lines = numbered(call.body.codes) if isinstance(call.body, shapes.VerifyBatch) else call.body
    with here.reading() as session:
        rows = verify_batch(lines, session=session, clock=here.clock)
    told = shown.batch(rows, checked_at=rows[0].checked_at, page_of=certificate_address)
    return Reply(told, as_text=lambda: batch_csv(rows, page_of=certificate_address))
