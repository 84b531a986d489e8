"""The door of every operation: who asks, with which right, for what, and how it is answered.

Browsers' cookies are not looked at here (`foundation.web`), so nothing a page of another origin sends is done in
anybody's name, and the CSRF check is off for this blueprint alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Response, abort, g, request
from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.api_tokens import ApiCaller, caller_for_api_token
from app.api.errors import BodyInvalid, KeyInvalid, QueryInvalid, ScopeMissing, TokenInvalid, TokenNeeded
from app.api.openapi import LONGEST_KEY
from app.api.operations import JSON, PREFIX, Operation
from app.api.policy import ApiPolicy
from app.foundation import kept_answers, policies
from app.foundation.access import ANONYMOUS, Actor
from app.foundation.faults import faults_of
from app.foundation.kept_answers import Keyed
from app.foundation.web.gates import csrf
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.limits import asking_network, limiter, rate
from app.foundation.web.process import runtime

bp = Blueprint("api", __name__)
csrf.exempt(bp)

OPERATIONS: list[Operation] = []
ETAG_CHARACTERS = 32
SHOWN_FAULTS = 5
NO_BODY = (b"", b"{}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `unstable` fields change without anything having happened, so the ETag leaves them out.

    `as_text` writes the same in the operation's text form.
    """

    content: BaseModel | str
    status: int = 200
    location: str | None = None
    unstable: frozenset[str] = field(default_factory=frozenset)
    as_text: Callable[[], str] | None = None

    @property
    def text(self) -> str:
        """The body."""
        return self.content if isinstance(self.content, str) else self.content.model_dump_json()

    @property
    def etag(self) -> str:
        """The same for the same content."""
        stable = self.text
        if self.unstable and not isinstance(self.content, str):
            stable = self.content.model_dump_json(exclude=set(self.unstable))
        return hashlib.sha256(stable.encode()).hexdigest()[:ETAG_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: its person, its parameters and its body are what the operation says."""

    operation: Operation
    caller: ApiCaller | None
    query: Any
    body: Any
    path: dict[str, Any]

    @property
    def actor(self) -> Actor:
        """On whose behalf."""
        return self.caller.actor if self.caller else ANONYMOUS

    @property
    def person_id(self) -> UUID:
        """Whose token it is; for operations that need one."""
        if self.caller is None or self.caller.actor.person_id is None:
            raise TokenNeeded
        return self.caller.actor.person_id

    def once(self, act: Callable[[Any], Reply]) -> Reply:
        """Do it in a transaction, or find what was answered when the same key came before.

        Only what has been committed is answered.
        """
        here, key = runtime(), _key(self.operation)
        with here.transaction() as session:
            if key is None:
                return act(session)
            now = here.clock.now()
            hours = policies.current(ApiPolicy, session=session, at=now).answers_kept_hours
            keyed = Keyed(self.person_id, self.operation.name, key, self._hash())
            former = kept_answers.former_answer(keyed, hours=hours, session=session, at=now)
            if former is not None:
                return _Replayed(former.body, former.status, former.location)
            reply = act(session)
            kept_answers.keep_answer(
                keyed, status=reply.status, location=reply.location, body=reply.text, session=session
            )
            return reply

    def _hash(self) -> str:
        said = repr(sorted(self.path.items())) + (self.body.model_dump_json() if self.body else "")
        return hashlib.sha256(said.encode()).hexdigest()


class _Replayed(Reply):
    """An answer given before."""


def _who_is_counted() -> str:
    """The token, so that programs behind one address do not use up each other's calls; an invented one is nobody's."""
    found = _token_holder()
    return str(found.token.id) if found else asking_network()


def _offered_token() -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _token_holder() -> ApiCaller | None:
    """Asked once in a request, whether it is for counting or for an answer."""
    token = _offered_token()
    if token is not None and "token_holder" not in g:
        with runtime().reading() as session:
            g.token_holder = caller_for_api_token(token, session=session, at=runtime().clock.now())
    return cast("ApiCaller | None", g.get("token_holder"))


counted = limiter.shared_limit(  # whatever is called
    rate("api_calls_per_minute", "minute"),
    scope="api-calls",
    key_func=_who_is_counted,
    override_defaults=False,
    error_message=lambda: str(_("Too many requests: wait as many seconds as the answer says.")),
)


def serves(operation: Operation) -> Callable[[Callable[..., Reply]], Callable[..., AnyResponse]]:
    """Put a view behind the door, at the operation's address, and into the document."""

    def decorate(view: Callable[..., Reply]) -> Callable[..., AnyResponse]:
        @bp.route(PREFIX + operation.rule, methods=[operation.method], endpoint=operation.name)
        @counted
        @wraps(view)
        def answered(**path: Any) -> AnyResponse:
            caller = _caller(operation)
            call = Call(operation, caller, _query(operation), _body(operation), path)
            return _response(operation, view(call, **path))

        OPERATIONS.append(operation)
        return cast("Callable[..., AnyResponse]", answered)

    return decorate


def _caller(operation: Operation) -> ApiCaller | None:
    is_offered = _offered_token() is not None
    if not operation.needs_token and not (is_offered and operation.scope):
        return None
    if not is_offered:
        raise TokenNeeded
    found = _token_holder()
    if found is None:
        raise TokenInvalid
    if operation.needs_token and operation.scope and not found.may(operation.scope):
        raise ScopeMissing(operation.scope)
    return found


def _query(operation: Operation) -> BaseModel:
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise QueryInvalid(f"{repeated[0][:40]}: sent more than once")
    try:
        return operation.query.model_validate(request.args.to_dict())
    except ValidationError as fault:
        raise QueryInvalid(_faults(fault, request.args.to_dict())) from None


def _body(operation: Operation) -> Any:
    if operation.body is None:
        if not operation.is_reading and request.get_data() not in NO_BODY:
            raise BodyInvalid("body: none is taken here")
        return None
    form = operation.text_form
    if form is not None and request.mimetype == form.media_type:
        return form.read(request.get_data())
    if request.mimetype != JSON:
        abort(415, f"Send the body as {JSON}{f' or {form.media_type}' if form else ''}.")
    try:
        return operation.body.model_validate_json(request.get_data())
    except ValidationError as fault:
        if fault.errors()[0]["type"] == "json_invalid":
            abort(400, "The body is not JSON. Send one JSON object in UTF-8.")
        raise BodyInvalid(_faults(fault, from_json(request.get_data()))) from None


def _faults(fault: ValidationError, sent: Any) -> str:
    """Which fields, and what is wrong with them; never the values, which may be secrets of somebody."""
    found = faults_of(fault, sent)[:SHOWN_FAULTS]
    return "; ".join(f"{'.'.join(str(part)[:40] for part in place) or 'body'}: {words}" for place, words in found)


def _key(operation: Operation) -> str | None:
    key = request.headers.get("Idempotency-Key") if operation.takes_key else None
    if key is not None and not (0 < len(key) <= LONGEST_KEY and all("!" <= character <= "~" for character in key)):
        raise KeyInvalid(LONGEST_KEY)
    return key


def _wants_text(media_type: str) -> bool:
    """Whether to answer so: as the request accepts, and where it accepts both, as it was sent."""
    offered = (media_type, JSON) if request.mimetype == media_type else (JSON, media_type)
    return request.accept_mimetypes.best_match(offered, default=offered[0]) == media_type


def _response(operation: Operation, reply: Reply) -> Response:
    answer = operation.answers[reply.status]
    text, media_type = reply.text, answer.media_type
    if operation.text_form and reply.as_text and _wants_text(operation.text_form.media_type):
        text, media_type = reply.as_text(), operation.text_form.media_type
    response = Response(text, reply.status, mimetype=media_type)
    if reply.location:
        response.headers["Location"] = reply.location
    if isinstance(reply, _Replayed):
        response.headers["Idempotency-Replayed"] = "true"
    if operation.is_reading:
        response.set_etag(reply.etag)
        response.headers["Cache-Control"] = "private, no-cache"
        response.vary.add("Authorization")
        response.make_conditional(request)
    return response


@bp.after_request
def ask_for_a_token(response: Response) -> Response:
    """RFC 6750: whoever is refused for want of a token is told what kind is wanted."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="decile"'
    return response


@bp.after_request
def let_other_origins_read(response: Response) -> Response:
    """What is open to everybody, and refusals of it, for programs that run in a page of somebody else's."""
    return readable_everywhere(response) if request.endpoint in _open_endpoints() else response


def _open_endpoints() -> frozenset[str]:
    return frozenset(f"{bp.name}.{one.name}" for one in OPERATIONS if not one.needs_token)


@bp.after_request
def keep_out_of_indexes(response: Response) -> Response:
    """Also of a public certificate, and of refusals: what a holder lets be found is the page, which they can close."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response
