"""The page of alarms: what is watched of every norm in force, and closing an alarm with a reason."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.foundation.drawings import control_chart
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import keeps_typed, typed_form
from app.monitoring import queries
from app.monitoring.close_alarm import close_alarm

bp = Blueprint("monitoring", __name__)

EDITOR, APPROVER = "norm_editor", "norm_approver"


@bp.get("/desk/alarms")
@require_role(EDITOR, APPROVER)
def alarms() -> str:
    """Open alarms first, then what was seen last of each norm."""
    with runtime().reading() as session:
        waiting, closed = queries.open_alarms(session=session), queries.closed_alarms(session=session)
        watches = queries.watches(session=session)
    charts = {
        watch.norm.id: control_chart(
            [(week["week"], *(100 * week[name] for name in ("share", "lower", "upper"))) for week in share["weeks"]],
            100 * share["expected"],
        )
        for watch in watches
        if watch.seen and (share := watch.seen["share"])["weeks"]
    }
    typed = typed_form(asks_proof=False)
    return render_template(
        "monitoring/alarms.html", waiting=waiting, closed=closed, watches=watches, charts=charts, typed=typed
    )


@bp.post("/desk/alarms/<uuid:alarm_id>/close")
@require_role(EDITOR, APPROVER)
@keeps_typed("monitoring.alarms", "alarm", "reason")
def close(alarm_id: UUID) -> ResponseReturnValue:
    """Close one."""
    here = runtime()
    with here.transaction() as session:
        close_alarm(alarm_id, request.form.get("reason", ""), session=session, clock=here.clock, actor=actor())
    notice(_("The alarm is closed, and the reason is on record."))
    return redirect(url_for(".alarms"), code=303)
