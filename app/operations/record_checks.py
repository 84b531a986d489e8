"""Do the records agree with each other? Whoever alters one of them by hand leaves the others as they were.

Each check reads whole tables, so they are made at night and by `decile doctor --records`, not every five minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.awarding.unearned_awards import unearned_awards
from app.credentials import queries as credentials
from app.foundation import policies, trigger_guards
from app.norming import queries as norms
from app.operations.checks import Check, State
from app.transparency import queries as log
from app.transparency.errors import LogBroken, NoCheckpoint

REMEDY = "Somebody wrote past the program. Change nothing; see `decile runbook records_altered`."
MOST_NAMED = 5


def records(session: Session) -> Iterator[Check]:
    """All of them."""
    yield _recomputed("public log", lambda: log.verify(session=session).size, "entries, each signed")
    yield _recomputed("audit record", lambda: log.verify_audit(session=session).sequence, "entries as sealed")
    yield _none("triggers", trigger_guards.missing_guards(session.connection()), "missing or other than ours")
    yield _none("roles", accounts.roles_without_record(session=session), "held without a record of being given")
    yield _none("policies", policies.without_record(session=session), "in force without a record of being set")
    yield _none("norms", norms.not_as_drafted(session=session), "not what was drafted and approved")
    yield _none("editions", norms.editions_apart(session=session), "not what their norm says")
    yield _none(
        "awards", unearned_awards(session=session), "without the decision that earned them, or without its marks"
    )
    yield _none("revocations", _undone(session), "in the log and not in the register")
    yield _none("issues", _unlogged(session), "in the register and not in the log")
    yield _none("keys", _unannounced(session), "published and not in the log")


def _recomputed(name: str, count: Callable[[], int], of_what: str) -> Check:
    try:
        return Check(name, State.OK, f"{count()} {of_what}")
    except NoCheckpoint:
        return Check(name, State.OK, "nothing is signed yet")
    except LogBroken as broken:
        return Check(name, State.FAIL, str(broken), REMEDY)


def _none(name: str, found: Iterable[str], what: str) -> Check:
    wrong = sorted(found)
    if not wrong:
        return Check(name, State.OK, "as recorded")
    named = ", ".join(wrong[:MOST_NAMED])
    return Check(name, State.FAIL, f"{len(wrong)} {what}: {named}", REMEDY)


def _undone(session: Session) -> Iterable[str]:
    """Revoked more often than reversed, and standing. Who was erased has no row, and the log forgot whom it meant."""
    standing = {str(one) for one in credentials.not_revoked(session=session)}
    revoked, reversed_ = (_times(kind, session) for kind in ("revoke", "reverse"))
    return {one for one in standing if revoked[one] > reversed_[one]}


def _times(kind: str, session: Session) -> Counter[str]:
    """How often the log tells this of each credential: what follows a colon in a subject is the instant."""
    return Counter(subject.partition(":")[0] for subject in log.subjects(kind, session=session))


def _unlogged(session: Session) -> Iterable[str]:
    since = log.began_at(session=session)
    issued = credentials.issued_since(since, session=session) if since else ()
    return {str(one) for one in issued} - log.subjects("issue", session=session)


def _unannounced(session: Session) -> Iterable[str]:
    since = log.began_at(session=session)
    known = {key.key_id for key in credentials.keys(session=session) if since and key.activated_at >= since}
    announced = log.entries("key", session=session)
    return known - {str(entry["key"]) for entry in announced if entry["event"] == "published"}
