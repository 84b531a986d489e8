"""What a person typed into a form, over a proof of who they are as well."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict

from app.foundation.kept_forms import is_form_kept, keep_form, take_form
from app.foundation.web.asker import person_id
from app.foundation.web.process import runtime


def typed_form() -> MultiDict[str, str]:
    """What was sent; on the page that one comes back to from a proof, what had been sent before it."""
    if request.method == "POST":
        return request.form
    here = runtime()
    with here.reading() as session:
        if not is_form_kept(person_id(), request.path, session=session):
            return MultiDict()
    with here.transaction() as session:
        return MultiDict(take_form(person_id(), request.path, session=session, at=here.clock.now()))


def keep_typed(path: str, names: tuple[str, ...]) -> None:
    """Keep these fields of what was sent, for when the person is back at `path`."""
    here = runtime()
    fields = [(name, value) for name in names for value in request.form.getlist(name)]
    with here.transaction() as session:
        keep_form(person_id(), path, fields, session=session, at=here.clock.now())
