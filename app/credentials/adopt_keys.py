"""Use case: after a restore, take back what the public log tells of our keys since the backup.

Without it a key that was retired or stolen since would be in use again, and what a newer one signed would not verify.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.copied_keys import CopiedKey
from app.credentials.models import IssuerKey, StatusList
from app.credentials.retire_key import retire_key
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs

INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class AdoptedKeys:
    """Ids of the keys that were retired, now or then, or compromised, and of those whose public half no copy holds."""

    retired: tuple[str, ...] = ()
    compromised: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def adopt_keys(
    told: Sequence[Mapping[str, Any]],
    copied: Iterable[CopiedKey],
    held: Collection[str] | None,
    *,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    actor: Actor,
) -> AdoptedKeys:
    """Publish, retire and give up keys as these entries of the log tell.

    A key comes from the copies only if the log tells its hash. One whose private half is not among `held` was lost, and
    is published as retired; None where a device holds them and nobody here can tell.
    """
    of = {event: [one for one in told if one["event"] == event] for event in ("published", "retired", "compromised")}
    added = _publish(of["published"], {(one.key_id, one.sha256): one for one in copied}, session=session)
    for one in of["compromised"]:
        _give_up(one, session=session, jobs=jobs)
    for one in of["retired"]:
        if (key := session.get(IssuerKey, one["key"])) is not None:
            key.retire(at=_instant(one["at"]))
    for key in added:
        if key.may_sign and held is not None and key.key_id not in held:
            retire_key(key, session=session, clock=clock, actor=actor)
    session.flush()
    if of["retired"] or of["compromised"]:
        _sign_lists_anew(session=session, jobs=jobs)
    return _adopted(told, held or (), session=session)


def _publish(
    told: Iterable[Mapping[str, Any]], copied: Mapping[tuple[str, str], CopiedKey], *, session: Session
) -> list[IssuerKey]:
    added = []
    for one in told:
        found = copied.get((one["key"], one["sha256"]))
        if found is not None and session.get(IssuerKey, found.key_id) is None:
            added.append(
                IssuerKey(
                    key_id=found.key_id,
                    algorithm=found.algorithm,
                    public_bytes=found.public_bytes,
                    activated_at=_instant(one["at"]),
                )
            )
    session.add_all(added)
    session.flush()
    return added


def _give_up(told: Mapping[str, Any], *, session: Session, jobs: Jobs) -> None:
    """As when it was declared; the worker goes through what it had signed, once more."""
    key = session.get(IssuerKey, told["key"])
    if key is None or key.compromised_at is not None:
        return
    since = _instant(told["since"])
    key.declare_compromised(since, at=_instant(told["at"]))
    request = f"compromise:{key.key_id}"
    arguments = {"key_id": key.key_id, "since": since.isoformat(), "request": request}
    jobs.enqueue("compromise_key", request, session=session, arguments=arguments)


def _sign_lists_anew(*, session: Session, jobs: Jobs) -> None:
    """The worker does it, with the keys that are in use then: after a theft those of the backup do not verify."""
    for row in session.scalars(select(StatusList).order_by(StatusList.number)):
        key = f"status:{row.number}:{row.change()}"
        jobs.enqueue("publish_status_list", key, session=session, arguments={"number": row.number})


def _adopted(told: Iterable[Mapping[str, Any]], held: Collection[str], *, session: Session) -> AdoptedKeys:
    ids = tuple(dict.fromkeys(str(one["key"]) for one in told))
    given_up = {str(one["key"]) for one in told if one["event"] == "compromised"}
    known = {row.key_id: row for row in session.scalars(select(IssuerKey).where(IssuerKey.key_id.in_(ids)))}
    return AdoptedKeys(
        retired=tuple(one for one in ids if one in known and known[one].retired_at and one not in given_up),
        compromised=tuple(one for one in ids if one in given_up),
        lacking=tuple(one for one in ids if one not in {*known, *given_up, *held}),
    )


def _instant(text: str) -> datetime:
    return datetime.strptime(text, INSTANT).replace(tzinfo=UTC)
