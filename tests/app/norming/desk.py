"""The norm desk as a browser sees it."""

from __future__ import annotations

from app.norming import queries
from tests.journeys.pages import form_to


def press(client, page, part):
    """Send the page's form to `part`; the page it leads to."""
    form = form_to(client.get(page).text, part)
    return client.post(form.action, data=form.fields, follow_redirects=True)


def state_of(runtime, norm_id):
    with runtime.reading() as session:
        return queries.norm(norm_id, session=session).state
