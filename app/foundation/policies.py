"""Policies are data: rows with a version and an instant from which they hold, changed only with an audit entry.

A context declares its policy as a frozen dataclass whose defaults are the shipped policy (version 0):

    @dataclass(frozen=True, slots=True)
    class AwardPolicy:
        policy_name: ClassVar[str] = "award"
        bounds: ClassVar[Mapping[str, Bounds]] = {"award_confidence": SHARE}
        award_confidence: float = 0.50

`bounds` name what a number may be, both ends included, where that is narrower than `ANY_NUMBER` and `LARGEST_OF_UNIT`.
"""

from __future__ import annotations

import json
import logging
import types
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, Engine, ScalarSelect, Select, Text, bindparam, func, select
from sqlalchemy import cast as cast_in_sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.db import Base, table_of
from app.foundation.errors import Invalid


class PolicyInvalid(Invalid):
    """A policy value that cannot be meant."""

    code = "policy-invalid"


class Policy(Protocol):
    """A frozen dataclass of named numbers."""

    policy_name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


log = logging.getLogger(__name__)
P = TypeVar("P", bound=Policy)
WORDS_OF_KINDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list",
    types.NoneType: "nothing",
}
Bounds = tuple[float, float]
ANY_NUMBER: Bounds = (0, 1_000_000_000)  # of nothing can there be less than none, and no limit needs to be endless
SHARE: Bounds = (0, 1)
LARGEST_OF_UNIT = {"minutes": 52_560_000, "hours": 876_000, "days": 36_500, "months": 1_200}
"""A hundred years: some thousand further, or back, no calendar has a date."""


class PolicyVersion(Base):
    """Values that override the shipped policy from `effective_at` on. Never edited."""

    __tablename__ = "policy_version"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_at: Mapped[datetime]
    values: Mapped[dict[str, Any]]
    set_by: Mapped[str]


class _Stored(NamedTuple):
    """A version as it is read on most requests: its values are still text, by which `_parsed` keeps what they say."""

    version: int
    text: str

    @property
    def values(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.text))


AS_SHIPPED = _Stored(0, "{}")
HAS_SET = "policy-set"  # in the info of a session
MOST_PARSED = 128  # of all policies, past versions that sittings are pinned to included


_pinned: WeakKeyDictionary[Engine, dict[tuple[str, int], Policy]] = WeakKeyDictionary()


@cache
def _stored() -> Select[Any]:
    row = table_of(PolicyVersion).c
    return select(row.version, cast_in_sql(row["values"], Text)).where(row.name == bindparam("name"))


@cache
def _latest() -> Select[Any]:
    row = table_of(PolicyVersion).c
    return _stored().where(row.effective_at <= bindparam("at")).order_by(row.version.desc()).limit(1)


@cache
def _numbered() -> Select[Any]:
    return _stored().where(table_of(PolicyVersion).c.version == bindparam("number"))


def _in_force(name: str, *, session: Session, at: datetime) -> _Stored:
    row = session.execute(_latest(), {"name": name, "at": at}).first()
    return _Stored(*row) if row else AS_SHIPPED


def version_at(policy: type[Policy], at: BindParameter[datetime]) -> ScalarSelect[int | None]:
    """The number of the version in force then, None for the policy as shipped: part of another context's query."""
    query = select(func.max(PolicyVersion.version))
    return query.where(PolicyVersion.name == policy.policy_name, PolicyVersion.effective_at <= at).scalar_subquery()


def current(policy: type[P], *, session: Session, at: datetime) -> P:
    """The policy in force at `at`: the latest version's values over the shipped defaults."""
    return cast("P", _parsed(policy, _in_force(policy.policy_name, session=session, at=at).text))


def pinned(policy: type[P], version: int, *, session: Session) -> P:
    """The policy of that version; as shipped where there is none.

    A version is never edited and so is kept in memory, except by a transaction that may yet take back what it set.
    """
    kept = _pinned.setdefault(session.get_bind().engine, {})
    key = (policy.policy_name, version)
    if key in kept:
        return cast("P", kept[key])
    row = session.execute(_numbered(), {"name": policy.policy_name, "number": version}).first()
    found = _parsed(policy, row[1] if row else AS_SHIPPED.text)
    if (row or not version) and HAS_SET not in session.info:
        kept[key] = found
    return cast("P", found)


def version(policy: type[P], *, session: Session, at: datetime) -> int:
    """Number of the version in force at `at`; 0 is the policy as shipped."""
    return _in_force(policy.policy_name, session=session, at=at).version


def parse(policy: type[P], values: Mapping[str, Any]) -> P:
    """The policy with `values` over its defaults.

    Raises
    ------
    PolicyInvalid
        For an unknown name or a value of the wrong kind.
    """
    hints = _kinds_of(policy)
    known = {field.name for field in fields(policy)}
    for name, value in values.items():
        if name not in known:
            raise PolicyInvalid(
                f"Policy {policy.policy_name} has no value named {name}. Known are: {', '.join(sorted(known))}."
            )
        _check_kind(policy.policy_name, name, value, hints[name])
    return policy(**{name: _as_declared(value, hints[name]) for name, value in values.items()})


@lru_cache(maxsize=MOST_PARSED)
def _parsed(policy: type[Policy], text: str) -> Policy:
    """By the very text that is stored, so that nothing kept can be out of date.

    Another release may have stored names that this one does not know: what is not known is passed over, for sittings
    are under way, and told once.
    """
    stored = json.loads(text)
    strange = _strange(policy, stored)
    if strange:
        log.warning("Policy %s: stored values that this release does not know: %s", policy.policy_name, strange)
    return parse(policy, {name: value for name, value in stored.items() if name not in strange})


def _strange(policy: type[Policy], stored: Mapping[str, Any]) -> list[str]:
    return sorted(set(stored) - {field.name for field in fields(policy)})


def strange_names(policy: type[Policy], *, session: Session, at: datetime) -> tuple[str, ...]:
    """Values of the version in force that this release does not know, and so passes over."""
    stored = _in_force(policy.policy_name, session=session, at=at).values
    return tuple(f"{policy.policy_name}.{name}" for name in _strange(policy, stored))


@cache
def _kinds_of(policy: type[Any]) -> dict[str, Any]:
    return get_type_hints(policy)  # evaluates every annotation: half a millisecond, on most requests


def _check_kind(policy: str, name: str, value: Any, hint: Any) -> None:
    wanted = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    accepted = tuple((get_origin(kind) or kind) for kind in wanted)
    accepted += (int,) if float in accepted else ()
    accepted += (list,) if tuple in accepted else ()
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        kinds = " or ".join(
            dict.fromkeys(WORDS_OF_KINDS.get(get_origin(kind) or kind, "another value") for kind in wanted)
        )
        raise PolicyInvalid(f"Policy {policy}: {name} = {value!r} is of another kind. Write {kinds}.")


def _check_bounds(policy: type[Policy], name: str, value: Any) -> None:
    usual = (ANY_NUMBER[0], LARGEST_OF_UNIT.get(name.rpartition("_")[2], ANY_NUMBER[1]))
    least, most = getattr(policy, "bounds", {}).get(name, usual)
    numbers = [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, int | float)]
    if not all(least <= number <= most for number in numbers):  # nor is "not a number" within anything
        raise PolicyInvalid(
            f"Policy {policy.policy_name}: {name} = {value!r} is out of bounds. "
            f"Choose a value from {least:,} to {most:,}."
        )


def _as_declared(value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return tuple(value)
    return float(value) if hint is float else value


def parse_within_bounds(policy: type[P], values: Mapping[str, Any]) -> P:
    """The policy with `values` over its defaults, as it may be put in force.

    Raises
    ------
    PolicyInvalid
        As `parse`, and for a number out of bounds.
    """
    parsed = parse(policy, values)
    for name, value in values.items():
        _check_bounds(policy, name, value)
    return parsed


def set_policy(
    policy: type[P], values: Mapping[str, Any], *, session: Session, at: datetime, actor: Actor
) -> PolicyVersion:
    """Put `values` in force from `at` on, as a new, audited version; the same values again change nothing.

    Raises
    ------
    PolicyInvalid
        As `parse`, and for a number out of bounds. Versions stored before are read as they are: sittings are pinned to
        them.
    """
    parse_within_bounds(policy, values)
    former = _in_force(policy.policy_name, session=session, at=at)
    if former.version and former.values == dict(values):
        return session.get_one(PolicyVersion, (policy.policy_name, former.version))
    row = PolicyVersion(
        name=policy.policy_name,
        version=former.version + 1,
        effective_at=at,
        values=dict(values),
        set_by=actor.name,
    )
    session.add(row)
    subject = f"{row.name}.{row.version}"
    audit.record("policy.set", subject, actor=actor, at=at, session=session, detail={"values": dict(values)})
    session.flush()
    session.info[HAS_SET] = True
    return row


def without_record(*, session: Session) -> tuple[str, ...]:
    """Versions whose values the audit record does not tell of: nobody set them by a use case."""
    kept = select(audit.AuditEntry.subject, audit.AuditEntry.detail).where(audit.AuditEntry.kind == "policy.set")
    told = {subject: detail["values"] for subject, detail in session.execute(kept)}
    rows = session.scalars(select(PolicyVersion).order_by(PolicyVersion.name, PolicyVersion.version))
    names = ((f"{row.name}.{row.version}", row.values) for row in rows)
    return tuple(name for name, values in names if told.get(name) != values)


def as_dict(policy: Any) -> dict[str, Any]:
    """The policy's values, for a page or a record."""
    return asdict(policy)


def loosened(policy: Policy) -> list[str]:
    """Names of the gates that it sets looser than shipped; its `tighter` map names its gates."""
    shipped = type(policy)()
    directions: Mapping[str, str] = getattr(policy, "tighter", {})
    return [
        name
        for name, direction in directions.items()
        if (getattr(policy, name) < getattr(shipped, name)) == (direction == "higher")
        and getattr(policy, name) != getattr(shipped, name)
    ]
