"""A person's own sittings: begin, read the current item, respond, leave, see how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.scopes import Scope
from app.api import shapes, shown
from app.api.operations import PREFIX, Answer, Operation
from app.api.paging import page_of
from app.api.views.door import Call, Reply, serves
from app.assessment import pages
from app.assessment import queries as sittings
from app.assessment.errors import (
    AdultsOnly,
    ConsentNeeded,
    HonestyNeeded,
    NotYetComplete,
    OneLanguagePerSitting,
    PositionClosed,
    ResponseInvalid,
    RetakeTooSoon,
    SittingClosed,
    SittingExpired,
    SittingNotFound,
    SkillNotOpen,
    SkillOutOfOrder,
    TooFewNewItems,
    TooManyBegun,
    YearlyLimitReached,
)
from app.assessment.leave_sitting import leave_sitting
from app.assessment.record_response import foresee, record_response
from app.assessment.record_takeover import record_takeover
from app.assessment.start_sitting import start_sitting
from app.foundation.web.limits import limit_beginnings, note_beginning
from app.foundation.web.process import runtime

TAG = "sittings"
ON_ONE = ("getSitting", "getCurrentItem", "leaveSitting", "getEndOfSitting")
LIST = Operation(
    name="listSittings",
    method="GET",
    rule="/sittings",
    tag=TAG,
    summary="Your sittings, newest first",
    scope=Scope.SITTINGS_READ,
    query=shapes.PageQuery,
    answers={200: Answer("A page of sittings.", shapes.SittingPage)},
)
START = Operation(
    name="startSitting",
    method="POST",
    rule="/sittings",
    tag=TAG,
    summary="Begin a sitting, or come back to the one that is open",
    detail="The consent to take assessments is given by the person on our pages, never through a program. "
    "One sitting per skill is open at a time: asked again, it is that one.",
    scope=Scope.SITTINGS_WRITE,
    body=shapes.StartSitting,
    refusals=(
        SkillNotOpen,
        SkillOutOfOrder,
        AdultsOnly,
        ConsentNeeded,
        HonestyNeeded,
        RetakeTooSoon,
        YearlyLimitReached,
        TooFewNewItems,
        TooManyBegun,
        OneLanguagePerSitting,
    ),
    answers={
        200: Answer("The sitting that was open already.", shapes.Sitting, has_location=True),
        201: Answer("A sitting has begun.", shapes.Sitting, has_location=True),
    },
    leads_to=ON_ONE,
)
SHOW = Operation(
    name="getSitting",
    method="GET",
    rule="/sittings/<uuid:sitting_id>",
    tag=TAG,
    summary="One of your sittings",
    scope=Scope.SITTINGS_READ,
    refusals=(SittingNotFound,),
    answers={200: Answer("The sitting.", shapes.Sitting)},
)
ITEM = Operation(
    name="getCurrentItem",
    method="GET",
    rule="/sittings/<uuid:sitting_id>/item",
    tag=TAG,
    summary="The item to respond to now",
    scope=Scope.SITTINGS_READ,
    refusals=(SittingNotFound, SittingClosed, SittingExpired),
    answers={200: Answer("The current item, with what is kept for it.", shapes.CurrentItem)},
)
RESPOND = Operation(
    name="sendResponse",
    method="POST",
    rule="/sittings/<uuid:sitting_id>/responses",
    tag=TAG,
    summary="Respond to the current item",
    detail="Answered after the response is stored for good. The response to a closed position is never replaced: "
    "the same one again is answered as the first time, another is refused with what was kept.",
    scope=Scope.SITTINGS_WRITE,
    body=shapes.SendResponse,
    refusals=(SittingNotFound, ConsentNeeded, SittingClosed, PositionClosed, SittingExpired, ResponseInvalid),
    answers={200: Answer("What is kept, and where the sitting stands.", shapes.KeptResponse)},
)
LEAVE = Operation(
    name="leaveSitting",
    method="POST",
    rule="/sittings/<uuid:sitting_id>/leave",
    tag=TAG,
    summary="End a sitting early, for good",
    scope=Scope.SITTINGS_WRITE,
    refusals=(SittingNotFound,),
    answers={200: Answer("The sitting as it ended.", shapes.Sitting)},
)
DONE = Operation(
    name="getEndOfSitting",
    method="GET",
    rule="/sittings/<uuid:sitting_id>/done",
    tag=TAG,
    summary="How a sitting ended, and when another may begin",
    scope=Scope.SITTINGS_READ,
    refusals=(SittingNotFound, NotYetComplete),
    answers={200: Answer("The end.", shapes.Done)},
)


@serves(LIST)
def list_sittings(call: Call) -> Reply:
    """Show a person's own."""
    with runtime().reading() as session:
        taken = sittings.sittings_of(call.person_id, session=session)
    page = page_of(taken, key=lambda view: view.id, cursor=call.query.cursor, limit=call.query.limit)
    entries = [shown.sitting(view) for view in page.entries]
    return Reply(shapes.SittingPage(entries=entries, next_cursor=page.next_cursor))


@serves(START)
@limit_beginnings
def start(call: Call) -> Reply:
    """Begin, or go on."""
    here = runtime()

    def begin(session: Any) -> Reply:
        started = start_sitting(
            call.person_id,
            call.body.skill,
            call.body.language,
            honesty_statement=call.body.honesty_statement,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
        )
        if started.is_new:
            note_beginning()
        view = sittings.sitting_of(started.sitting_id, call.person_id, session=session)
        location = f"{here.settings.base_url}{PREFIX}/sittings/{view.id}"
        return Reply(shown.sitting(view), 201 if started.is_new else 200, location)

    return call.once(begin)


@serves(SHOW)
def show(call: Call, sitting_id: UUID) -> Reply:
    """Show one."""
    with runtime().reading() as session:
        return Reply(shown.sitting(sittings.sitting_of(sitting_id, call.person_id, session=session)))


@serves(ITEM)
def item(call: Call, sitting_id: UUID) -> Reply:
    """Show what to respond to."""
    here = runtime()
    page = pages.current_page(sitting_id, call.person_id, database=here.database, clock=here.clock, jobs=here.jobs)
    if isinstance(page, pages.DonePage):
        raise SittingClosed(page.sitting.state, None)
    return Reply(shown.current_item(page))


@serves(RESPOND)
def respond(call: Call, sitting_id: UUID) -> Reply:
    """Keep the response, then say so."""
    here, sent = runtime(), call.body
    place = (sitting_id, sent.position, sent.value)
    with here.reading() as reading:
        foreseen = foresee(*place, person_id=call.person_id, session=reading) if sent.confirm else None

    def keep(session: Any) -> Reply:
        recorded = record_response(
            sitting_id,
            sent.position,
            sent.value,
            client_sequence=sent.client_sequence,
            confirm=sent.confirm,
            person_id=call.person_id,
            session=session,
            clock=here.clock,
            jobs=here.jobs,
            foreseen=foreseen,
        )
        return Reply(shown.kept_response(recorded))

    try:
        return call.once(keep)
    except (PositionClosed, SittingClosed):
        with here.transaction() as session:
            record_takeover(sitting_id, sent.position, person_id=call.person_id, session=session, clock=here.clock)
        raise


@serves(LEAVE)
def leave(call: Call, sitting_id: UUID) -> Reply:
    """End it early."""
    here = runtime()

    def end(session: Any) -> Reply:
        leave_sitting(sitting_id, person_id=call.person_id, session=session, clock=here.clock, jobs=here.jobs)
        return Reply(shown.sitting(sittings.sitting_of(sitting_id, call.person_id, session=session)))

    return call.once(end)


@serves(DONE)
def done(call: Call, sitting_id: UUID) -> Reply:
    """Show how it ended."""
    with runtime().reading() as session:
        if sittings.sitting_of(sitting_id, call.person_id, session=session).is_open:
            raise NotYetComplete
        page = pages.done_page(sitting_id, call.person_id, session=session, at=runtime().clock.now())
    return Reply(shown.done(page))
