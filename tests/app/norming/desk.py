"""The norm desk as a browser sees it."""

from __future__ import annotations

from uuid import UUID

from app.norming import queries
from app.norming.effort import Effort
from app.norming.recalibrate import recalibrate
from tests.journeys.pages import form_to

LITTLE = Effort(half_forms=2, sittings=100)


def press(client, page, part):
    """Send the page's form to `part`; the page it leads to."""
    form = form_to(client.get(page).text, part)
    return client.post(form.action, data=form.fields, follow_redirects=True)


def state_of(runtime, norm_id):
    with runtime.reading() as session:
        return queries.norm(norm_id, session=session).state


def work(runtime):
    """What the worker does about recalibrations and previews that were asked for, with less effort."""
    for name, arguments in list(runtime.jobs.enqueued.values()):
        if name == "recalibrate":  # again for those that are over: it changes nothing
            work_on(runtime, UUID(arguments["recalibration_id"]))


def work_on(runtime, recalibration_id):
    """The same for one of them."""
    recalibrate(
        recalibration_id, database=runtime.database, clock=runtime.clock, entropy=runtime.entropy, effort=LITTLE
    )


def preview(client, runtime, card):
    """Ask for the preview of a draft, let the worker make it; the card afterwards."""
    assert press(client, card, "/preview").status_code == 200
    work(runtime)
    return client.get(card)
