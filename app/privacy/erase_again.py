"""After a restore: whoever was erased since the backup was made is erased once more, before anything opens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.foundation.errors import Conflict
from app.foundation.runtime import Runtime
from app.privacy.erase_person import erase_for_operator
from app.privacy.erased_people import ErasedList, adopt_erased, people_among


@dataclass(frozen=True, slots=True)
class ErasedAgain:
    """How many, and whom something stands against: a role of that day, a question that was open, a legal hold."""

    erased: int
    kept: tuple[tuple[UUID, str], ...]
    keys_lacking: int  # of the list: whoever was erased under one of them was not recognised


def erase_again(listed: ErasedList, *, runtime: Runtime) -> ErasedAgain:
    """Each in a transaction of its own, so that one who cannot go keeps nobody else; repeating it changes nothing.

    Raises
    ------
    ErasedListOfOtherKeys
    """
    listed.require_key(runtime.links)
    with runtime.transaction() as session:
        adopt_erased(listed.lines, session=session)
        people = people_among(listed.lines, session=session, links=runtime.links)
    kept = []
    for person_id, certificates in people:
        try:
            with runtime.transaction() as session:
                mailboxes = erase_for_operator(person_id, certificates, session=session, runtime=runtime)
            mailboxes.empty(runtime.mailer)
        except Conflict as reason:
            kept.append((person_id, str(reason)))
    runtime.database.empty_log()
    return ErasedAgain(len(people) - len(kept), tuple(kept), listed.keys_lacking(runtime.links))
