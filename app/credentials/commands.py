"""`decile credential` and `decile keys`: look at what was issued, ask the worker to issue, make and list keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.credentials import codes, did, queries, review_queue, validity
from app.credentials.decide_review import decide_review
from app.credentials.errors import CompromiseInFuture, CredentialNotFound, KeyNotFound, ReviewNotFound
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.queries import CredentialView
from app.credentials.review_evidence import evidence_of
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import ReviewDecision, RevocationReason
from app.credentials.suspend_credential import reinstate_credential, suspend_credential
from app.foundation.access import operator
from app.foundation.command_options import HOW_MANY
from app.foundation.runtime import Runtime

LISTED = 100
INSTANT = "%Y-%m-%dT%H:%M:%SZ"
AFTER_REISSUE = "What is issued anew stands once the worker has signed it."
AFTER_REVOKE = "What is left withdrawn is revoked for good; a letter gives its holder the reason."


def _state(view: CredentialView, at: datetime) -> str:
    """As the register has it now, in one word."""
    if view.revoked_at is not None:
        return "revoked"
    if not view.is_issued:
        return "reserved"
    if view.suspended_at is not None:
        return "suspended"
    return "expired" if validity.has_ended(view.valid_until, at=at) else "issued"


def _facts(view: CredentialView, at: datetime) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "code": view.printed_code,
        "skill": view.skill,
        "state": _state(view, at),
        "specimen": view.is_specimen,
        "issued_at": view.issued_at.isoformat() if view.issued_at else None,
        "valid_until": view.valid_until.isoformat(),
        "suspended_at": view.suspended_at.isoformat() if view.suspended_at else None,
        "revoked_at": view.revoked_at.isoformat() if view.revoked_at else None,
        "visibility": view.visibility,
    }


def _found(code: str, session: Session) -> CredentialView:
    view = queries.credential_of_code(codes.read_code(code), session=session)
    if view is None:
        raise CredentialNotFound
    return view


@click.group("credential")
def credential() -> None:
    """Credentials: what was issued and in which state it is.

    Example: decile credential list
    """


@credential.command("list")
@click.option("--limit", type=HOW_MANY, default=LISTED, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
@click.pass_obj
def list_command(runtime: Runtime, limit: int, *, as_json: bool) -> None:
    """List credentials, newest first.

    Example: decile credential list --json
    """
    now = runtime.clock.now()
    with runtime.reading() as session:
        found = [_facts(view, now) for view in queries.credentials(session=session, limit=limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        mark = " specimen" if row["specimen"] else ""
        click.echo(
            f"{row['code']}  {row['skill']}  until {row['valid_until']}  {row['state']}{mark}  {row['visibility']}"
        )
    click.echo(f"{len(found)} credentials")


@credential.command("show")
@click.argument("code")
@click.pass_obj
def show_command(runtime: Runtime, code: str) -> None:
    """Print a credential's signed document.

    Example: decile credential show 7Q4F-XK2M-9TBD-W3HN-T
    """
    with runtime.reading() as session:
        view = queries.credential_of_code(codes.read_code(code), session=session)
    if view is None or view.signed_document is None:
        raise CredentialNotFound
    click.echo(view.signed_document)


@credential.command("issue")
@click.argument("award_id", type=click.UUID)
@click.pass_obj
def issue_command(runtime: Runtime, award_id: UUID) -> None:
    """Ask the worker to issue the credential of an award, where its job was lost; once issued, nothing happens.

    Example: decile credential issue 7e9d9f5c-1111-4222-8333-944455556666
    """
    with runtime.transaction() as session:
        awards.award(award_id, session=session)
        asked = runtime.entropy.uuid()
        arguments = {"award_id": str(award_id)}
        runtime.jobs.enqueue("reserve_credential", f"reserve:{award_id}:{asked}", session=session, arguments=arguments)
    click.echo("The worker was asked to issue it.")


@credential.command("revoke")
@click.argument("code")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([reason.value for reason in RevocationReason]),
    help="As the record keeps it; the letter says it.",
)
@click.pass_obj
def revoke_command(runtime: Runtime, code: str, reason: str) -> None:
    """Revoke a credential for good. The page says so at once, the signed status list within a minute.

    Its holder gets a letter with the reason.

    Example: decile credential revoke 7Q4F-XK2M-9TBD-W3HN-T --reason issued-in-error
    """
    with runtime.transaction() as session:
        found = _found(code, session)
        revoke_credential(
            found.id,
            RevocationReason(reason),
            session=session,
            clock=runtime.clock,
            jobs=runtime.jobs,
            actor=operator(),
        )
        if found.is_issued and found.revoked_at is None:
            tell_holder(Occasion.REVOKED, found.id, str(found.id), session=session, jobs=runtime.jobs)
    click.echo(f"{found.printed_code} is revoked.")


@credential.command("suspend")
@click.argument("code")
@click.option("--reference", required=True, help="Number of your file in which the reason stands, such as 2026-114.")
@click.pass_obj
def suspend_command(runtime: Runtime, code: str, reference: str) -> None:
    """Put a credential under review: page and API say so at once, and show no cause.

    The record keeps the reference. Words about somebody belong in your file: the record cannot be erased with them.
    Its holder gets a letter, without the reason.

    Example: decile credential suspend 7Q4F-XK2M-9TBD-W3HN-T --reference 2026-114
    """
    with runtime.transaction() as session:
        found = _found(code, session)
        if suspend_credential(found.id, reference, session=session, clock=runtime.clock, actor=operator()):
            _tell_of_review(Occasion.SUSPENDED, _found(code, session), session, runtime)
    click.echo(f"{found.printed_code} is suspended.")


@credential.command("reinstate")
@click.argument("code")
@click.option("--reference", required=True, help="Number of your file in which the reason stands, such as 2026-114.")
@click.pass_obj
def reinstate_command(runtime: Runtime, code: str, reference: str) -> None:
    """End a review: the credential stands again, to its own end.

    Its holder gets a letter, without the reason.

    Example: decile credential reinstate 7Q4F-XK2M-9TBD-W3HN-T --reference 2026-114
    """
    with runtime.transaction() as session:
        found = _found(code, session)
        reinstate_credential(found.id, reference, session=session, clock=runtime.clock, actor=operator())
        _tell_of_review(Occasion.REINSTATED, found, session, runtime)
    click.echo(f"{found.printed_code} is no longer suspended.")


def _tell_of_review(occasion: Occasion, suspended: CredentialView, session: Session, runtime: Runtime) -> None:
    """One letter when it begins and one when it ends; the next review of the same credential has its own."""
    cause = f"{suspended.id}:{suspended.suspended_at:%Y%m%dT%H%M%S.%fZ}"
    tell_holder(occasion, suspended.id, cause, session=session, jobs=runtime.jobs)


@credential.command("reviews")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def reviews_command(runtime: Runtime, *, as_json: bool) -> None:
    """List credentials that wait for a decision: their issue is dated after their key was in other hands.

    Example: decile credential reviews
    """
    with runtime.reading() as session:
        found: list[dict[str, Any]] = [
            {
                "code": review.printed_code,
                "skill": review.skill,
                "issued_at": review.recorded_at.isoformat() if review.recorded_at else None,
                "key_id": review.key_id,
                "key_ids": review.key_ids,
                "opened_at": review.opened_at.isoformat(),
                "due_on": review.due_on.isoformat(),
            }
            for review in review_queue.waiting(None, session=session, at=runtime.clock.now(), most=None)
        ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        keys_of_it = " ".join(row["key_ids"])
        click.echo(f"{row['code']}  {row['skill']}  issued {row['issued_at']}  by {row['due_on']}  {keys_of_it}")
    click.echo(f"{len(found)} credentials wait for a decision")


@credential.command("review")
@click.argument("typed", metavar="CODE...", nargs=-1, required=True)
@click.option("--reissue", is_flag=True, help="It is ours: sign it anew.")
@click.option("--revoke", is_flag=True, help="It is not, or nobody can tell.")
@click.option("--reason", default="", help="Why, for the holder's letter; needed with --revoke.")
@click.pass_obj
def review_command(runtime: Runtime, typed: tuple[str, ...], *, reissue: bool, revoke: bool, reason: str) -> None:
    """Decide about credentials that were suspended because their key was in other hands, all of them or none.

    If several keys of a credential were in other hands, one decision holds for all of them.
    What is issued anew must follow from award and sitting, and the worker signs it. People do the same on the desk.

    Example: decile credential review 7Q4F-XK2M-9TBD-W3HN-T --revoke --reason "no sitting stands behind it"
    """
    if reissue == revoke:
        raise click.UsageError("say --reissue or --revoke, one of the two")
    exact = [codes.read_code(code) for code in typed]
    with runtime.reading() as session:
        open_ones = review_queue.waiting(None, session=session, at=runtime.clock.now(), most=None)
        by_code = {review.code: review.id for review in open_ones}
        if not by_code.keys() >= set(exact):
            raise ReviewNotFound
        evidence = {by_code[code]: evidence_of(by_code[code], session=session) for code in exact}
    with runtime.transaction() as session:
        for review_id, found in evidence.items():
            decide_review(
                review_id,
                ReviewDecision.REISSUE if reissue else ReviewDecision.REVOKE,
                reason,
                evidence=found,
                session=session,
                clock=runtime.clock,
                jobs=runtime.jobs,
                actor=operator(),
            )
    what_follows = AFTER_REISSUE if reissue else AFTER_REVOKE
    click.echo(f"Decided: {len(evidence)}. {what_follows}")


@click.group("keys")
def keys() -> None:
    """Signing keys. Private keys stay with the worker.

    Example: decile keys list
    """


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def keys_list_command(runtime: Runtime, *, as_json: bool) -> None:
    """List every public key there ever was. One that came into other hands is published no more.

    Example: decile keys list
    """
    with runtime.reading() as session:
        found = [
            {
                "key_id": key.key_id,
                "algorithm": key.algorithm,
                "activated_at": key.activated_at.isoformat(),
                "retired_at": key.retired_at.isoformat() if key.retired_at else None,
                "compromised_at": key.compromised_at.isoformat() if key.compromised_at else None,
            }
            for key in queries.keys(session=session)
        ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        state = "compromised" if row["compromised_at"] else "retired" if row["retired_at"] else "in use"
        click.echo(f"{row['key_id']}  {row['algorithm']}  since {row['activated_at']}  {state}")
    published = [row for row in found if not row["compromised_at"]]
    to_come = (
        "" if any(not row["retired_at"] for row in published) else "; the worker publishes its keys when it starts"
    )
    click.echo(f"{len(found)} keys known, {len(published)} published{to_come}")


@keys.command("rotate")
@click.option(
    "--algorithm",
    type=click.Choice([did.ED25519, did.RS256]),
    help="Only the key of embedded proofs, or only that of JWTs; both if left out.",
)
@click.pass_obj
def keys_rotate_command(runtime: Runtime, algorithm: str | None) -> None:
    """Ask the worker for new signing keys. The former public keys stay published: all they signed goes on verifying.

    Example: decile keys rotate
    """
    with runtime.transaction() as session:
        for one in (algorithm,) if algorithm else (did.ED25519, did.RS256):
            request = f"rotate:{runtime.entropy.uuid()}"
            arguments = {"algorithm": one, "request": request}
            runtime.jobs.enqueue("rotate_key", request, session=session, arguments=arguments)
    click.echo("The worker was asked to make new keys. `decile keys list` shows them once it has.")


@keys.command("compromise")
@click.argument("key_id", metavar="KEY")
@click.option("--since", required=True, type=click.DateTime([INSTANT]), help="Before it you trust the key; UTC.")
@click.pass_obj
def keys_compromise_command(runtime: Runtime, key_id: str, since: datetime) -> None:
    """A key is in other hands: publish it no more, issue anew what the record dates before, queue the rest for review.

    Example: decile keys compromise did:web:decile.example#2026-11-0a1b2c3d --since 2026-11-20T08:00:00Z
    """
    instant = since.replace(tzinfo=UTC)
    if instant > runtime.clock.now():
        raise CompromiseInFuture
    with runtime.transaction() as session:
        if key_id not in {key.key_id for key in queries.keys(session=session)}:
            raise KeyNotFound(key_id)
        request = f"compromise:{key_id}"
        arguments = {"key_id": key_id, "since": instant.isoformat(), "request": request}
        runtime.jobs.enqueue("compromise_key", request, session=session, arguments=arguments)
    click.echo("The worker was asked to act on it: `decile credential reviews` shows what it leaves to you.")
