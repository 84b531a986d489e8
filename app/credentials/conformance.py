"""The gate before signing: only a document that passes here can be signed, because `sign` takes nothing else.

The rules are those of the published Open Badges 3.0 schema for what we issue, written by hand and stricter: no field
beyond those listed, no fact that disagrees with another. Tests run the published schema beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from app.credentials import codes, did, open_badge, status_list, terms, validity
from app.credentials.claims import claims_of
from app.credentials.errors import DocumentRefused, StatusListInvalid, TypingError
from app.results import figures

_SEAL = object()
_TO_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_DECIMAL = re.compile(r"0|[1-9]\d*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_RANK_STEP = Decimal(1).scaleb(-figures.RANK_PLACES)
_URN_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RESULT_TYPES = ("Percent", "RawScore", "Result", "ScaledScore")
NUMERIC_RESULT_TYPES = ("Percent", "RawScore", "ScaledScore")

Rule = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that passed `check`; nothing else can make one, and nobody can change it afterwards.

    It holds the exact text, the canonical graph, and what signers repeat of it: its `@context` and the claims of a JWT.
    """

    text: str
    canonical: bytes
    contexts: tuple[str, ...]
    claims: Mapping[str, str | int]
    _seal: object = field(repr=False)

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("a CheckedDocument comes from conformance.check alone")


def check(document: Mapping[str, Any]) -> CheckedDocument:
    """The document, proven to be one of ours by its form.

    Raises
    ------
    DocumentRefused
        Naming the place and the reason.
    """
    types = document.get("type")
    if isinstance(types, list) and "BitstringStatusListCredential" in types:
        _obeys(_STATUS_LIST, document)
        _check_status_list(document)
    else:
        _obeys(_CREDENTIAL, document)
        _check_credential(document)
    return CheckedDocument(
        text=to_text(document),
        canonical=terms.canonical(document),
        contexts=tuple(document["@context"]),
        claims=MappingProxyType(claims_of(document)),
        _seal=_SEAL,
    )


def check_to_sign(document: Mapping[str, Any]) -> CheckedDocument:
    """The same of one that is signed now: a real credential must also reach what it says it requires.

    Of one that is verified that is not asked. What we signed is ours, however it came to be.

    Raises
    ------
    DocumentRefused
        Naming the place and the reason.
    """
    checked = check(document)
    _check_required(document)
    return checked


def to_text(document: Mapping[str, Any]) -> str:
    """The exact JSON text of a document, as it is stored and served."""
    return _TO_JSON(document)


class _Broken(Exception):
    """A rule is broken. The place is put together on the way out, so that a document that breaks none pays nothing."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place


def _obeys(rule: Rule, document: Any) -> None:
    try:
        rule(document)
    except _Broken as problem:
        raise DocumentRefused(f"document{problem.place}", problem.reason) from None


def _require(fact: bool, place: str, reason: str) -> None:
    if not fact:
        raise DocumentRefused(place, reason)


def _text(value: Any) -> None:
    if not isinstance(value, str) or not value or value.isspace():
        raise _Broken("a text is needed")


def _instant(value: Any) -> None:
    _text(value)
    try:
        validity.from_text(value)
    except ValueError as problem:
        raise _Broken(str(problem)) from None


def _matching(pattern: re.Pattern[str], meaning: str) -> Rule:
    def check_text(value: Any) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _Broken(f"{meaning} is needed")

    return check_text


def _exactly(wanted: Any) -> Rule:
    def check_same(value: Any) -> None:
        if type(value) is not type(wanted) or value != wanted:
            raise _Broken(f"it must be {json.dumps(wanted)}")

    return check_same


def _one_of(*wanted: str) -> Rule:
    def check_listed(value: Any) -> None:
        if value not in wanted:
            raise _Broken(f"it must be one of {', '.join(wanted)}")

    return check_listed


def _whole_number(value: Any) -> None:
    if type(value) is not int or value <= 0:
        raise _Broken("a whole number above zero is needed")


def _list_of(rule: Rule) -> Rule:
    def check_list(value: Any) -> None:
        if not isinstance(value, list) or not value:
            raise _Broken("a list is needed")
        for position, one in enumerate(value):
            try:
                rule(one)
            except _Broken as problem:
                raise _Broken(problem.reason, f"[{position}]{problem.place}") from None

    return check_list


def _object(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    known, needed = {**required, **(optional or {})}, frozenset(required)

    def check_object(value: Any) -> None:
        if not isinstance(value, dict):
            raise _Broken("an object is needed")
        if not needed <= value.keys():
            raise _Broken("it is missing", f".{min(needed - value.keys())}")
        for key, one in value.items():
            rule = known.get(key)
            if rule is None:
                raise _Broken("it is not a field we sign", f".{key}")
            try:
                rule(one)
            except _Broken as problem:
                raise _Broken(problem.reason, f".{key}{problem.place}") from None

    return check_object


_NUMERAL = _matching(_NUMBER, "a number written as text")
_URN = _matching(_URN_UUID, "a urn:uuid")

_RESULT_DESCRIPTION = _object(
    {
        "id": _URN,
        "type": _exactly(["ResultDescription"]),
        "name": _text,
        "resultType": _one_of(*RESULT_TYPES),
    },
    {"valueMin": _NUMERAL, "valueMax": _NUMERAL, "requiredValue": _NUMERAL},
)
_ALIGNMENT = _object(
    {"type": _exactly(["Alignment"]), "targetName": _text, "targetUrl": _text, "targetFramework": _text}
)
_ACHIEVEMENT = _object(
    {
        "id": _text,
        "type": _exactly(["Achievement"]),
        "achievementType": _exactly("Certification"),
        "name": _text,
        "description": _text,
        "criteria": _object({"narrative": _text}),
        "resultDescription": _list_of(_RESULT_DESCRIPTION),
    },
    {"alignment": _list_of(_ALIGNMENT)},
)
_EVIDENCE = _object({"id": _text, "type": _exactly(["Evidence"]), "name": _text, "narrative": _text, "genre": _text})
_CREDENTIAL = _object(
    {
        "@context": _exactly(list(open_badge.CONTEXTS)),
        "id": _text,
        "type": _exactly(["VerifiableCredential", "OpenBadgeCredential"]),
        "name": _text,
        "issuer": _object({"id": _text, "type": _exactly(["Profile"]), "name": _text, "url": _text}),
        "validFrom": _instant,
        "validUntil": _instant,
        "credentialSubject": _object(
            {
                "id": _URN,
                "type": _exactly(["AchievementSubject"]),
                "achievement": _ACHIEVEMENT,
                "result": _list_of(_object({"type": _exactly(["Result"]), "resultDescription": _URN, "value": _text})),
            }
        ),
        "credentialSchema": _list_of(
            _object({"id": _exactly(open_badge.SCHEMA_URL), "type": _exactly(open_badge.SCHEMA_TYPE)})
        ),
        "credentialStatus": _object(
            {
                "id": _text,
                "type": _exactly("BitstringStatusListEntry"),
                "statusPurpose": _exactly(status_list.PURPOSE),
                "statusListIndex": _matching(_DECIMAL, "a whole number written as text"),
                "statusListCredential": _text,
            }
        ),
    },
    {"evidence": _list_of(_EVIDENCE)},  # absent from what was issued before norm cards were named
)
_STATUS_LIST = _object(
    {
        "@context": _exactly([terms.CREDENTIALS_V2]),
        "id": _text,
        "type": _exactly(["VerifiableCredential", "BitstringStatusListCredential"]),
        "issuer": _text,
        "validFrom": _instant,
        "credentialSubject": _object(
            {
                "id": _text,
                "type": _exactly("BitstringStatusList"),
                "statusPurpose": _exactly(status_list.PURPOSE),
                "encodedList": _text,
                "ttl": _whole_number,
            }
        ),
    }
)


def _check_credential(document: Mapping[str, Any]) -> None:
    """Facts that must agree with one another."""
    issuer = document["issuer"]
    _require(issuer["id"] == _did_of(issuer["url"], "issuer.url"), "issuer.id", "it is not the did:web of issuer.url")
    _check_code(document["id"], issuer["url"])
    ends = validity.same_date_next_year(validity.from_text(document["validFrom"]))
    _require(document["validUntil"] == validity.to_text(ends), "validUntil", "it is not the same date next year")
    _check_status(document["credentialStatus"], issuer["url"])
    for one in document.get("evidence", ()):
        _require(one["id"].startswith(issuer["url"] + "/"), "evidence.id", "it is not at the issuer's address")
    _check_results(document["credentialSubject"])
    _check_specimen(document)


def _did_of(base_url: str, place: str) -> str:
    try:
        return did.did_web(base_url)
    except ValueError as problem:  # brackets of an address without one, letters that turn into slashes
        raise DocumentRefused(place, f"it is no address: {problem}") from None


def _check_code(credential_id: str, base_url: str) -> None:
    prefix = f"{base_url}/c/"
    _require(credential_id.startswith(prefix), "id", f"it does not begin with {prefix}")
    try:
        exact = codes.read_code(credential_id.removeprefix(prefix)) == credential_id.removeprefix(prefix)
    except TypingError:
        exact = False
    _require(exact, "id", "its code is not spelled as codes are")


def _check_status(status: Mapping[str, Any], base_url: str) -> None:
    list_url, index = status["statusListCredential"], status["statusListIndex"]
    number = list_url.removeprefix(f"{base_url}/status/")
    _require(bool(_DECIMAL.fullmatch(number)), "credentialStatus.statusListCredential", "it is not a list of ours")
    _require(status["id"] == f"{list_url}#{index}", "credentialStatus.id", "it is not the list's address and the index")
    _require(int(index) < status_list.ENTRIES, "credentialStatus.statusListIndex", "the list has no such entry")


def _check_results(subject: Mapping[str, Any]) -> None:
    described = {one["id"]: one["resultType"] for one in subject["achievement"]["resultDescription"]}
    told = [one["resultDescription"] for one in subject["result"]]
    _require(
        sorted(described) == sorted(told) and len(described) == len(subject["achievement"]["resultDescription"]),
        "credentialSubject.result",
        "results and their descriptions do not match one to one",
    )
    for one in subject["result"]:
        if described[one["resultDescription"]] in NUMERIC_RESULT_TYPES:
            number = _NUMBER.fullmatch(one["value"])
            _require(number is not None, "credentialSubject.result.value", "a number written as text is needed")


def _check_specimen(document: Mapping[str, Any]) -> None:
    achievement = document["credentialSubject"]["achievement"]
    marks = {
        open_badge.SPECIMEN_MARK in text for text in (document["name"], achievement["name"], achievement["description"])
    }
    _require(len(marks) == 1, "name", "a specimen says so in all three places, a real credential in none")


def _check_required(document: Mapping[str, Any]) -> None:
    """A real credential reaches what its own text requires; its value was rounded down to a step."""
    subject = document["credentialSubject"]
    values = {one["resultDescription"]: one["value"] for one in subject["result"]}
    for one in subject["achievement"]["resultDescription"]:
        required, value = one.get("requiredValue"), values[one["id"]]
        if required is None or open_badge.SPECIMEN_MARK in document["name"]:
            continue
        is_reached = _NUMBER.fullmatch(value) and Decimal(value) + _RANK_STEP > Decimal(required)
        _require(bool(is_reached), "credentialSubject.result.value", f"it is below what is required, {required}")


def _check_status_list(document: Mapping[str, Any]) -> None:
    subject = document["credentialSubject"]
    _require(subject["id"] == document["id"] + "#list", "credentialSubject.id", "it is not the list and #list")
    base_url, _, number = document["id"].rpartition("/status/")
    _require(bool(_DECIMAL.fullmatch(number)), "id", "it is not the address of a list")
    _require(document["issuer"] == _did_of(base_url, "id"), "issuer", "it is not the did:web of the list's origin")
    try:
        status_list.decode(subject["encodedList"])
    except StatusListInvalid as problem:
        raise DocumentRefused("credentialSubject.encodedList", str(problem)) from None
