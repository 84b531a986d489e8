"""The worker: job names and the use cases behind them, each in a transaction of its own. Holds the signing key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app import composition
from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.accounts.send_guessing_notice import send_guessing_notice
from app.accounts.send_passkey_notice import send_passkey_notice
from app.accounts.send_sign_in_mail import send_sign_in_mail
from app.assessment.close_expired_sittings import close_expired_sittings
from app.awarding.decide_award import decide_award
from app.credentials import queries as credentials
from app.credentials.issue_credential import issue_credential
from app.credentials.publish_key import publish_key
from app.credentials.publish_status_list import publish_status_list
from app.credentials.reserve_credential import reserve_credential
from app.foundation import running, schema
from app.foundation.access import system
from app.foundation.job_runner import JobRunner, PeriodicJob
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer
from app.norming.publish_due_norms import publish_due_norms
from app.operations.apply_retention import apply_retention
from app.operations.metrics import new_registry, serve_metrics
from app.results.report_result import report_result


def _report_result(runtime: Runtime, sitting_id: str) -> None:
    with runtime.transaction() as session:
        report_result(
            UUID(sitting_id), session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs
        )


def _decide_award(runtime: Runtime, result_id: str) -> None:
    with runtime.transaction() as session:
        decide_award(UUID(result_id), session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs)


def _reserve_credential(runtime: Runtime, award_id: str) -> None:
    with runtime.transaction() as session:
        reserve_credential(
            UUID(award_id),
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            jobs=runtime.jobs,
            base_url=runtime.settings.base_url,
        )


def _issue_credential(runtime: Runtime, credential_id: str) -> None:
    with runtime.transaction() as session:
        issue_credential(
            UUID(credential_id),
            session=session,
            clock=runtime.clock,
            signer=_signer(runtime),
            jwt_signer=runtime.jwt_signer,
            base_url=runtime.settings.base_url,
        )


def _publish_status_list(runtime: Runtime, number: int) -> None:
    with runtime.transaction() as session:
        publish_status_list(
            number,
            session=session,
            clock=runtime.clock,
            signer=_signer(runtime),
            jwt_signer=runtime.jwt_signer,
            base_url=runtime.settings.base_url,
        )


def _send_sign_in_mail(runtime: Runtime, request_id: str) -> None:
    # Reading only: a mail server may take seconds, and a writer's lock must not wait for it.
    with runtime.reading() as session:
        send_sign_in_mail(
            UUID(request_id),
            base_url=runtime.settings.base_url,
            session=session,
            clock=runtime.clock,
            links=runtime.links,
            mailer=runtime.mailer,
        )


def _send_guessing_notice(runtime: Runtime, kind: str, subject_id: str) -> None:
    with runtime.reading() as session:
        send_guessing_notice(
            kind, UUID(subject_id), base_url=runtime.settings.base_url, session=session, mailer=runtime.mailer
        )


def _send_passkey_notice(runtime: Runtime, kind: str, passkey_id: str, person_id: str, at: str) -> None:
    with runtime.reading() as session:
        send_passkey_notice(
            kind,
            UUID(passkey_id),
            UUID(person_id),
            datetime.fromisoformat(at),
            base_url=runtime.settings.base_url,
            session=session,
            mailer=runtime.mailer,
        )


def _publish_due_norms(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        publish_due_norms(session=session, clock=runtime.clock, actor=system())


def _close_expired_sittings(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        close_expired_sittings(session=session, clock=runtime.clock, jobs=runtime.jobs)


def _forget_stale_sign_ins(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        forget_stale_sign_ins(session=session, clock=runtime.clock)


def _apply_retention(runtime: Runtime) -> None:
    found = True
    while found:
        with runtime.transaction() as session:
            found = apply_retention(session=session, clock=runtime.clock, actor=system()).sittings > 0


def _publish_keys(runtime: Runtime) -> None:
    """Publish what this worker signs with; what was issued before there was a key for JWTs gets its JWT."""
    with runtime.transaction() as session:
        publish_key(_signer(runtime), session=session, clock=runtime.clock, actor=system())
        if runtime.jwt_signer is not None:
            publish_key(runtime.jwt_signer, session=session, clock=runtime.clock, actor=system())
            for credential_id in credentials.without_jwt(session=session):
                arguments = {"credential_id": str(credential_id)}
                runtime.jobs.enqueue("issue_credential", f"jwt:{credential_id}", session=session, arguments=arguments)


def _signer(runtime: Runtime) -> Signer:
    if runtime.signer is None:
        raise RuntimeError("this runtime was built without a signer; only the worker's has one")
    return runtime.signer


JOBS: dict[str, Callable[..., None]] = {
    "report_result": _report_result,
    "decide_award": _decide_award,
    "reserve_credential": _reserve_credential,
    "issue_credential": _issue_credential,
    "publish_status_list": _publish_status_list,
    "send_sign_in_mail": _send_sign_in_mail,
    "send_guessing_notice": _send_guessing_notice,
    "send_passkey_notice": _send_passkey_notice,
    "publish_due_norms": _publish_due_norms,
    "close_expired_sittings": _close_expired_sittings,
    "forget_stale_sign_ins": _forget_stale_sign_ins,
    "apply_retention": _apply_retention,
}
PERIODIC = (
    PeriodicJob("publish_due_norms", "* * * * *", catch_up=False),
    PeriodicJob("close_expired_sittings", "7 * * * *"),
    PeriodicJob("forget_stale_sign_ins", "37 2 * * *"),
    PeriodicJob("apply_retention", "47 2 * * *"),
)


def run(runtime: Runtime) -> None:
    """Open the key store, publish the public keys, and work until told to stop."""
    with running.marked_as_running(runtime.settings.data):
        _run(runtime)


def _run(runtime: Runtime) -> None:
    with runtime.reading() as session:
        if not schema.is_at_head(session.connection()):
            raise schema.SchemaBehind
    runtime = composition.with_signer(runtime)
    composition.load_policy_file(runtime)
    _publish_keys(runtime)
    if runtime.settings.metrics_port:
        serve_metrics(runtime.settings, new_registry(runtime))
    JobRunner(runtime, JOBS, PERIODIC).run()
