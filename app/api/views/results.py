"""A person's own results, each under the id of its sitting, with the decision and its reasons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.scopes import Scope
from app.api import shapes, shown
from app.api.operations import Answer, Operation
from app.api.paging import page_of
from app.api.views.door import Call, Reply, serves
from app.assessment import queries as sittings
from app.assessment.errors import NotYetComplete, SittingNotFound
from app.assessment.final_scores import final_score
from app.assessment.queries import SittingView
from app.awarding import queries as awards
from app.foundation.web.process import runtime
from app.results import queries as results

TAG = "results"
LIST = Operation(
    name="listResults",
    method="GET",
    rule="/results",
    tag=TAG,
    summary="Your results, newest first",
    scope=Scope.RESULTS_READ,
    query=shapes.PageQuery,
    answers={200: Answer("A page of results, one for each sitting that has ended.", shapes.ResultPage)},
)
SHOW = Operation(
    name="getResult",
    method="GET",
    rule="/results/<uuid:sitting_id>",
    tag=TAG,
    summary="What came of one of your sittings",
    scope=Scope.RESULTS_READ,
    refusals=(SittingNotFound, NotYetComplete),
    answers={200: Answer("The result, or that it is on its way.", shapes.Result)},
)


@serves(LIST)
def list_results(call: Call) -> Reply:
    """Show a person's own."""
    with runtime().reading() as session:
        ended = [view for view in sittings.sittings_of(call.person_id, session=session) if not view.is_open]
        page = page_of(ended, key=lambda view: view.id, cursor=call.query.cursor, limit=call.query.limit)
        entries = [_result(view, session=session) for view in page.entries]
    return Reply(shapes.ResultPage(entries=entries, next_cursor=page.next_cursor))


@serves(SHOW)
def show(call: Call, sitting_id: UUID) -> Reply:
    """Show one."""
    with runtime().reading() as session:
        view = sittings.sitting_of(sitting_id, call.person_id, session=session)
        if view.is_open:
            raise NotYetComplete
        return Reply(_result(view, session=session))


def _result(view: SittingView, *, session: Any) -> shapes.Result:
    found = results.result_of_sitting(view.id, session=session)
    if found is None:
        is_awaited = view.is_complete and final_score(view.id, session=session).has_result
        return shown.no_result_yet(view, is_awaited=is_awaited)
    return shown.result(view, found, awards.decision_on(found.id, session=session))
