"""The OpenAPI 3.1 document, made from the same declarations the server runs on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.accounts.scopes import Scope
from app.api import errors
from app.api.operations import JSON, PREFIX, Operation
from app.api.shapes import LONGEST_SLUG, ErasedProblem, Problem
from app.foundation.errors import DecileError
from app.foundation.kept_answers import KeyReused
from app.foundation.slugs import SLUG

VERSION = "1.0.0"
PROBLEM_JSON = "application/problem+json"
REFERENCE = "#/components/schemas/{model}"
LONGEST_KEY = 100
GONE = 410
KEY_PATTERN = r"^[!-~]{1,100}$"
VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")

AN_ID = {"type": "string", "format": "uuid"}
A_SLUG = {"type": "string", "pattern": SLUG, "maxLength": LONGEST_SLUG}
A_CODE = {"type": "string", "pattern": r"^[0-9A-Za-z-]{17,25}$"}
# Path variables: schema, what it is, example.
VARIABLES: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "sitting_id": (AN_ID, "Id of a sitting of yours.", "0b9c2f3e-0a52-4d0e-8f6c-3c1c8a1d2e4f"),
    "norm_id": (AN_ID, "Id of a norm version.", "7f3d1c2b-5e6a-4b7c-9d8e-0f1a2b3c4d5e"),
    "slug": (A_SLUG, "Name of a skill.", "collaboration"),
    "code": (A_CODE, "Code of a certificate, with or without hyphens.", "0123-4567-89AB-CDEF-P"),
}

# What the door says before any operation is reached: `code: meaning` by status.
ALWAYS = {
    429: ("too-many-requests: wait for the seconds in `Retry-After`.",),
    500: ("internal: the fault is ours. Send it again with the same Idempotency-Key.",),
    503: (
        "database-unavailable: nothing was lost; send it again after the seconds in `Retry-After`.",
        "overloaded: too many requests wait, and nothing was done; send it again after the seconds in `Retry-After`.",
    ),
}
ANYWHERE = {
    403: ("form-expired: the form was open too long or came from elsewhere. Load its page again and send it.",),
    404: ("not-found: there is nothing at this address.",),
    405: ("http-405: the address does not take this method; `Allow` says which it takes.",),
    409: ("credential-altered: what is stored under this code no longer matches its signature. Do not rely on it.",),
    422: (
        "single-reader-link: such a link is not looked through here, because each look is shown to its maker. Open it.",
    ),
}
WITH_A_BODY = {
    400: ("http-400: the body is not JSON.",),
    413: ("http-413: the body is larger than 1,000,000 bytes.",),
    415: ("http-415: the body is not of a media type that is named here.",),
    422: ("unstorable: the body holds a character or a number that cannot be kept; nothing was stored.",),
}

ABOUT = """Assessments, results, certificates, norms and the checking of codes, for programs that act for a person. What
is not here is on pages alone: consents, tokens, links for single readers, questions to a holder, and the desks.

**Tokens.** Make one under *My data, Tokens for programs of yours*; it is shown once. Send `Authorization: Bearer
decile_…`. A token has scopes and an end, and never does more than the person who made it. Cookies are not looked at.

**Sending again.** Every POST that changes something takes an `Idempotency-Key`. Sent again with the same key within
24 hours, the same request changes nothing and gets the same answer, with `Idempotency-Replayed: true`. The same key
with another request is refused with 409. A refusal changes nothing and leaves the key free. What is answered with 2xx
has been committed.

**Lists** come in pages: `limit`, and `cursor` from `next_cursor` of the page before.

**Reading again.** Every GET has an `ETag`; with `If-None-Match` the answer is 304 while nothing has changed.

**Errors** are `application/problem+json`; `code` and `type` are stable, `title` is in the language of
`Accept-Language`. Unknown fields and parameters are refused.
"""


def document(operations: Iterable[Operation], *, base_url: str, status_of: Callable[[type[DecileError]], int]) -> Any:
    """The whole document."""
    listed = list(operations)
    names, schemas = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        described = _described(operation, names, status_of)
        paths.setdefault(PREFIX + path_of(operation), {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Decile",
            "version": VERSION,
            "summary": "Sittings, results, certificates, verification and norms.",
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in listed)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token made under My data, Tokens for programs of yours. Scopes: "
                    + ", ".join(Scope)
                    + ".",
                }
            },
        },
    }


def path_of(operation: Operation) -> str:
    """The path in OpenAPI's spelling."""
    return VARIABLE.sub(r"{\1}", operation.rule)


def refusals_of(
    operation: Operation, status_of: Callable[[type[DecileError]], int]
) -> dict[int, list[type[DecileError]]]:
    """Every named refusal of the operation by status: its own, and those of the door."""
    named: list[type[DecileError]] = [*operation.refusals]
    if operation.scope is not None or operation.needs_token:
        named += [errors.TokenInvalid]
        named += [errors.TokenNeeded] if operation.needs_token else []
        named += [errors.ScopeMissing] if operation.scope is not None and operation.needs_token else []
    named += [errors.QueryInvalid]
    named += [errors.CursorUnknown] if "cursor" in operation.query.model_fields else []
    named += [errors.BodyInvalid] if operation.body is not None or not operation.is_reading else []
    named += [errors.KeyInvalid, KeyReused] if operation.takes_key else []
    by_status: dict[int, list[type[DecileError]]] = {}
    for refusal in named:
        by_status.setdefault(status_of(refusal), []).append(refusal)
    return dict(sorted(by_status.items()))


def _schemas(operations: Sequence[Operation]) -> tuple[Mapping[Any, Any], dict[str, Any]]:
    taken: list[type[BaseModel]] = [operation.body for operation in operations if operation.body is not None]
    given: list[type[BaseModel]] = [Problem, ErasedProblem]
    given += [answer.shape for operation in operations for answer in operation.answers.values()]
    wanted: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in dict.fromkeys(taken)]
    wanted += [(model, "serialization") for model in dict.fromkeys(given)]
    names, found = models_json_schema(wanted, ref_template=REFERENCE)
    return names, found["$defs"]


def _described(
    operation: Operation, names: Mapping[Any, Any], status_of: Callable[[type[DecileError]], int]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.detail or operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_key_parameter(operation)],
        "responses": {**_successes(operation, names), **_problems(operation, status_of)},
        "security": _security(operation),
    }
    if operation.body is not None:
        content = {JSON: {"schema": names[operation.body, "validation"]}, **_text_form(operation)}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _text_form(operation: Operation) -> dict[str, Any]:
    return {operation.text_form.media_type: {"schema": {"type": "string"}}} if operation.text_form else {}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    scopes = [str(operation.scope)] if operation.scope else []
    if operation.needs_token:
        return [{"token": scopes}]
    return [{}, {"token": scopes}] if scopes else []


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": VARIABLES[name][1],
            "schema": VARIABLES[name][0],
            "example": VARIABLES[name][2],
        }
        for name in VARIABLE.findall(operation.rule)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = operation.query.model_json_schema()
    parameters = []
    for name, given in schema.get("properties", {}).items():
        plain = {key: value for key, value in given.items() if key not in ("title", "description", "anyOf", "default")}
        choices = [one for one in given.get("anyOf", []) if one.get("type") != "null"]
        merged = {**plain, **(choices[0] if choices else {})}
        if given.get("default") is not None:
            merged["default"] = given["default"]
        parameters.append({"name": name, "in": "query", "description": given.get("description", ""), "schema": merged})
    return parameters


def _key_parameter(operation: Operation) -> list[dict[str, Any]]:
    if not operation.takes_key:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Sent again with the same key, the request changes nothing and gets the same answer.",
            "schema": {"type": "string", "pattern": KEY_PATTERN, "maxLength": LONGEST_KEY},
            "example": "5f1c2d7e-6b1d-4c0e-9a55-0c8a5f2b7d11",
        }
    ]


def _successes(operation: Operation, names: Mapping[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer in operation.answers.items():
        response: dict[str, Any] = {
            "description": answer.means,
            "headers": _headers(operation, has_location=answer.has_location),
            "content": {
                answer.media_type: {"schema": names[answer.shape, "serialization"]},
                **_text_form(operation),
            },
        }
        if operation.leads_to:
            response["links"] = {
                name: {"operationId": name, "parameters": {"sitting_id": "$response.body#/id"}}
                for name in operation.leads_to
            }
        responses[str(status)] = response
    if operation.is_reading:
        responses["304"] = {"description": "Nothing has changed since the answer with this ETag."}
    return responses


def _headers(operation: Operation, *, has_location: bool) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if operation.is_reading:
        headers["ETag"] = {"description": "Send it back as If-None-Match.", "schema": {"type": "string"}}
    if operation.takes_key:
        replayed = "`true` where this is the answer to an earlier request with the same key."
        headers["Idempotency-Replayed"] = {"description": replayed, "schema": {"type": "string"}}
    if has_location:
        headers["Location"] = {"description": "Where it is.", "schema": {"type": "string", "format": "uri"}}
    return headers


def _problems(operation: Operation, status_of: Callable[[type[DecileError]], int]) -> dict[str, Any]:
    texts = {status: [*words] for status, words in ALWAYS.items()}
    if operation.body is not None:
        texts |= {status: [*words] for status, words in WITH_A_BODY.items()}
    elif not operation.is_reading:
        texts[413] = [*WITH_A_BODY[413]]
    for status, refusals in refusals_of(operation, status_of).items():
        texts.setdefault(status, []).extend(f"{one.code}: {one.__doc__}" for one in refusals)
    if VARIABLE.search(operation.rule):
        texts.setdefault(404, []).append("not-found: the address is not of the form of this operation.")
    return {str(status): _problem(status, texts[status]) for status in sorted(texts)}


def _problem(status: int, texts: list[str]) -> dict[str, Any]:
    code = texts[0].partition(":")[0]
    example: dict[str, object] = {
        "type": f"https://decile.example/problems/{code}",
        "title": "In words for people",
        "status": status,
        "detail": "What happened, why, and what to do.",
        "code": code,
    }
    if status == GONE:
        example |= {"valid_from": "2026-05-04T08:00:00Z", "ends_at": "2027-05-04T08:00:00Z", "is_over": False}
    schema = {"$ref": REFERENCE.format(model=(ErasedProblem if status == GONE else Problem).__name__)}
    response: dict[str, Any] = {
        "description": "\n".join(f"- {text}" for text in texts),
        "content": {PROBLEM_JSON: {"schema": schema, "example": example}},
    }
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}}
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    return response
