"""Up to 1,000 certificates at once, pasted or uploaded: a table of verdicts, or the same as CSV. No account needed."""

from __future__ import annotations

from contextlib import closing

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from app.foundation import written
from app.foundation.web.asker import language_of_request
from app.foundation.web.gates import csrf
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.verification.batch_list import MOST_CODES, lines_of, text_of
from app.verification.batch_table import LONGEST_SENT, batch_csv
from app.verification.certificate_address import certificate_address
from app.verification.errors import BatchEmpty, BatchTooLong
from app.verification.verify_batch import verify_batch
from app.verification.views.blueprint import bp, private

TEMPLATE = "verification/batch.html"
FILE_NAME = "certificates-checked.csv"
LONGEST_ECHO = 2000  # characters of a refused list; a part of a longer one could be sent again as if it were all


@bp.get("/verify/batch")
def batch_page() -> Response:
    """A field for a list, and one for a file."""
    return private(make_response(render_template(TEMPLATE, listed="", rows=(), most=MOST_CODES)))


@bp.post("/verify/batch")
@csrf.exempt  # type: ignore[untyped-decorator]  # changes nothing, and a token would need a cookie
@limiter.shared_limit(rate("batches_per_minute", "minute"), scope="batches")
def check_batch() -> Response:
    """The table of verdicts, or the same as CSV."""
    listed = _listed()
    try:
        with runtime().reading() as session:
            rows = verify_batch(lines_of(listed), session=session, clock=runtime().clock)
    except (BatchEmpty, BatchTooLong) as problem:
        words = {
            BatchEmpty.code: _("There is no code in this list. Put one code on each line."),
            BatchTooLong.code: _(
                "At most %(most)s codes are checked at once. Send the list in parts.",
                most=written.number(MOST_CODES, language_of_request()),
            ),
        }[problem.code]
        echo = listed if len(listed) <= LONGEST_ECHO else ""
        page = render_template(TEMPLATE, listed=echo, rows=(), error=words, most=MOST_CODES)
        return private(make_response(page, 422))
    if request.form.get("form") == "csv":
        return private(_download(batch_csv(rows, page_of=certificate_address)))
    page = render_template(TEMPLATE, listed=listed, rows=rows, most=MOST_CODES, longest=LONGEST_SENT)
    return private(make_response(page))


def _listed() -> str:
    file = request.files.get("file")
    if file is not None and file.filename:
        with closing(file):
            return text_of(file.read())
    return str(request.form.get("codes", ""))


def _download(table: str) -> Response:
    # Excel reads UTF-8 only behind a byte order mark
    response = Response("\ufeff" + table, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response
