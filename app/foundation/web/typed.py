"""What a person typed into a form, over a proof of who they are, and over a sign-in that ended, as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from flask import current_app, request, url_for
from flask import session as cookie
from werkzeug.datastructures import MultiDict

from app.foundation.kept_forms import is_form_kept, keep_form, take_form
from app.foundation.web.asker import person_id
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import FORM_MARK, former_holder

KEEPS = "keeps"
View = TypeVar("View", bound=Callable[..., Any])


class Keeps(NamedTuple):
    """The page that a form stands on, and those of its fields that are kept; none of them is a secret."""

    back: str
    fields: tuple[str, ...]

    def path(self, place: Mapping[str, Any]) -> str:
        """The page's address, with what it takes of `place`."""
        expects = current_app.url_map.is_endpoint_expecting
        return url_for(self.back, **{name: value for name, value in place.items() if expects(self.back, name)})


def keeps_typed(back: str, *fields: str) -> Callable[[View], View]:
    """Where the sign-in ended before the form was sent, lead back to the page `back`, where its `fields` stand again.

    They stand there for the same person in the same browser: see `typed_form`. Nothing is done by itself.
    """

    def decorate(view: View) -> View:
        vars(view)[KEEPS] = Keeps(back, fields)  # further decorators take it along
        return view

    return decorate


def typed_form(*, asks_proof: bool = True) -> MultiDict[str, str]:
    """What was sent; on the page that one comes back to from a proof or a sign-in, what had been sent before it.

    Not `asks_proof`: no form of the page asks for one, so nothing is looked for unless this browser's cookie says so.
    """
    if request.method == "POST":
        return request.form
    here, mark = runtime(), cookie.get(FORM_MARK, "")
    if not (mark or asks_proof):
        return MultiDict()
    with here.reading() as session:
        if not is_form_kept(person_id(), request.path, mark=mark, session=session):
            return MultiDict()
    with here.transaction() as session:
        return MultiDict(take_form(person_id(), request.path, mark=mark, session=session, at=here.clock.now()))


def keep_typed(path: str, names: tuple[str, ...]) -> bool:
    """Keep these fields of what was sent, for when the person is back at `path`; False where they are too long."""
    here = runtime()
    with here.transaction() as session:
        return keep_form(person_id(), path, _sent(names), session=session, at=here.clock.now())


def keeps_of_request() -> Keeps | None:
    """What the view of this request has said of its form."""
    view = current_app.view_functions.get(request.endpoint or "")
    return vars(view).get(KEEPS) if view is not None else None


def keep_typed_before_sign_in(path: str, names: tuple[str, ...]) -> bool:
    """Keep these fields for whose sign-in had ended in this browser, if they sign in here again; False where not.

    Who that was, the ended sign-in says, as long as it stands in the database. One that somebody ended, here or
    elsewhere, is gone: then nobody knows whose text it is, and nothing is kept.
    """
    here, holder_id, sent = runtime(), former_holder(), _sent(names)
    if holder_id is None or not any(value.strip() for _name, value in sent):
        return False
    mark = here.entropy.uuid().hex
    with here.transaction() as session:
        is_kept = keep_form(holder_id, path, sent, mark=mark, session=session, at=here.clock.now())
    cookie[FORM_MARK] = mark
    return is_kept


def _sent(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, value) for name in names for value in request.form.getlist(name)]
