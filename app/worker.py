"""The worker: job names and the use cases behind them, each in a transaction of its own. Holds the signing key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import composition
from app.accounts.forget_erased_addresses import forget_erased_addresses
from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.accounts.send_guessing_notice import send_guessing_notice
from app.accounts.send_passkey_notice import send_passkey_notice
from app.accounts.send_sign_in_mail import send_sign_in_mail
from app.assessment.check_sitting import keep_check, look_at_sitting
from app.assessment.close_expired_sittings import close_expired_sittings
from app.assessment.end_withdrawn_sittings import end_withdrawn_sittings
from app.assessment.forget_retake_traces import forget_retake_traces
from app.assessment.note_founder_told import note_founder_told
from app.assessment.open_pilot import open_pilot
from app.awarding.decide_award import decide_award
from app.awarding.open_awards import open_awards
from app.credentials import did
from app.credentials import queries as credentials
from app.credentials.decide_review import decide_review
from app.credentials.declare_compromise import declare_compromise
from app.credentials.destroy_spent_keys import destroy_spent_keys
from app.credentials.errors import KeyNotPublished
from app.credentials.issue_credential import issue_credential
from app.credentials.issuer_keys import signer_in_use
from app.credentials.log_months import log_months
from app.credentials.publish_key import publish_key
from app.credentials.publish_status_list import publish_status_list
from app.credentials.reissue_affected import reissue_affected
from app.credentials.remind_of_expiry import remind_of_expiry
from app.credentials.reserve_credential import reserve_credential
from app.credentials.rotate_key import rotate_key
from app.credentials.send_reminder import note_sent, send_reminder
from app.credentials.states import ReviewDecision
from app.foundation import running, schema
from app.foundation.access import operator, system
from app.foundation.job_runner import JobRunner, PeriodicJob
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer, Signers
from app.keying.send_judge_invitation import send_judge_invitation
from app.monitoring import queries as monitoring
from app.monitoring.look_at_norm import look_at_norm
from app.monitoring.raise_alarms import raise_alarms, raise_findings
from app.monitoring.recompute_results import AT_ONCE, Recomputed, recompute_results, tonights
from app.monitoring.send_alarm_mail import send_alarm_mail
from app.norming.keep_founding_promises import keep_founding_promises
from app.norming.publish_due_norms import publish_due_norms
from app.norming.recalibrate import recalibrate
from app.norming.tell_founder import tell_founder
from app.operations.apply_retention import apply_retention
from app.operations.metrics import new_registry, serve_metrics
from app.privacy.erase_person import carry_out_erasure
from app.results.report_result import report_result
from app.reviews.open_held_cases import open_held_cases
from app.reviews.send_case_letter import send_case_letter
from app.reviews.send_rescoring_letter import send_rescoring_letter
from app.reviews.settle_rescorings import settle_rescorings
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.sign_checkpoint import number_entries, sign_checkpoint


def _report_result(runtime: Runtime, sitting_id: str) -> None:
    with runtime.transaction() as session:
        report_result(
            UUID(sitting_id), session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs
        )


def _check_sitting(runtime: Runtime, sitting_id: str) -> None:
    with runtime.reading() as session:
        looked = look_at_sitting(UUID(sitting_id), session=session, clock=runtime.clock)
    if looked is not None:
        with runtime.transaction() as session:
            keep_check(looked, session=session)


def _decide_award(runtime: Runtime, result_id: str) -> None:
    with runtime.transaction() as session:
        decide_award(UUID(result_id), session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs)


def _open_awards(runtime: Runtime, norm_id: str) -> None:
    with runtime.transaction() as session:
        open_awards(UUID(norm_id), session=session, jobs=runtime.jobs)


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
    with _signing(runtime) as session:
        issue_credential(
            UUID(credential_id),
            session=session,
            clock=runtime.clock,
            signer=_signer(runtime, session),
            jwt_signer=_jwt_signer(runtime, session),
            base_url=runtime.settings.base_url,
        )


def _publish_status_list(runtime: Runtime, number: int) -> None:
    with _signing(runtime) as session:
        publish_status_list(
            number,
            session=session,
            clock=runtime.clock,
            signer=_signer(runtime, session),
            jwt_signer=_jwt_signer(runtime, session),
            base_url=runtime.settings.base_url,
        )


def _rotate_key(runtime: Runtime, algorithm: str, request: str) -> None:
    with runtime.transaction() as session:
        rotate_key(
            algorithm,
            request,
            session=session,
            clock=runtime.clock,
            signers=_signers(runtime),
            actor=operator(),
            base_url=runtime.settings.base_url,
        )
    _destroy_spent_keys(runtime)


def _compromise_key(runtime: Runtime, key_id: str, since: str, request: str) -> None:
    """One job: the declaration, then batch after batch; a worker that dies goes on with the next batch."""
    with runtime.transaction() as session:
        declare_compromise(
            key_id,
            datetime.fromisoformat(since),
            request,
            session=session,
            clock=runtime.clock,
            signers=_signers(runtime),
            actor=operator(),
            base_url=runtime.settings.base_url,
        )
    _destroy_spent_keys(runtime)
    while _reissue_batch(runtime, key_id):
        pass


def _reissue_batch(runtime: Runtime, key_id: str) -> int:
    with _signing(runtime) as session:
        return reissue_affected(
            key_id,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            jobs=runtime.jobs,
            signer=_signer(runtime, session),
            jwt_signer=_jwt_signer(runtime, session),
        )


def _decide_review(runtime: Runtime, code: str, decision: str) -> None:
    with _signing(runtime) as session:
        decide_review(
            code,
            ReviewDecision(decision),
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            jobs=runtime.jobs,
            signer=_signer(runtime, session),
            jwt_signer=_jwt_signer(runtime, session),
            actor=operator(),
        )


def _remind_of_expiry(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        remind_of_expiry(session=session, clock=runtime.clock, jobs=runtime.jobs)


def _send_reminder(runtime: Runtime, credential_id: str, days: int) -> None:
    # Reading only while a mail server may take its time.
    with runtime.reading() as session:
        sent = send_reminder(
            UUID(credential_id),
            days,
            base_url=runtime.settings.base_url,
            session=session,
            clock=runtime.clock,
            links=runtime.links,
            mailer=runtime.mailer,
        )
    if sent:
        with runtime.transaction() as session:
            note_sent(UUID(credential_id), days, session=session, clock=runtime.clock)


def _sign_checkpoint(runtime: Runtime) -> None:
    signer = _signers(runtime).newest(did.LOG)
    if signer is None:
        return  # an installation older than the log, until `decile keys init` makes its key
    while True:
        with runtime.transaction() as session:
            if not number_entries(session=session):
                break
    origin = f"{urlsplit(runtime.settings.base_url).netloc}/log"
    head = LogHead(runtime.settings.key_directory / LOG_HEAD)
    with runtime.transaction() as session:
        sign_checkpoint(origin, session=session, clock=runtime.clock, signer=signer, head=head)


def _log_months(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        log_months(session=session, clock=runtime.clock)


def _destroy_spent_keys(runtime: Runtime) -> None:
    with runtime.reading() as session:
        destroy_spent_keys(session=session, signers=_signers(runtime))


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


def _open_pilot(runtime: Runtime, release_id: str) -> None:
    with runtime.transaction() as session:
        open_pilot(UUID(release_id), session=session, clock=runtime.clock)


def _send_judge_invitation(runtime: Runtime, seat_id: str) -> None:
    with runtime.reading() as session:
        send_judge_invitation(
            UUID(seat_id),
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


def _send_case_letter(runtime: Runtime, case_id: str, occasion: str) -> None:
    with runtime.reading() as session:
        send_case_letter(
            UUID(case_id), occasion, base_url=runtime.settings.base_url, session=session, mailer=runtime.mailer
        )


def _send_rescoring_letter(runtime: Runtime, rescoring_id: str, sitting_id: str, occasion: str) -> None:
    with runtime.reading() as session:
        send_rescoring_letter(
            UUID(rescoring_id),
            UUID(sitting_id),
            occasion,
            base_url=runtime.settings.base_url,
            session=session,
            mailer=runtime.mailer,
        )


def _settle_rescorings(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        settle_rescorings(session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs)


def _open_held_cases(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        open_held_cases(session=session, clock=runtime.clock, entropy=runtime.entropy)


def _erase_person(runtime: Runtime, request_id: str) -> None:
    with runtime.transaction() as session:
        carry_out_erasure(
            UUID(request_id),
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            links=runtime.links,
            jobs=runtime.jobs,
            mailer=runtime.mailer,
        )


def _forget_traces(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        forget_retake_traces(session=session, clock=runtime.clock)
        forget_erased_addresses(session=session, clock=runtime.clock)


def _keep_founding_promises(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        keep_founding_promises(session=session, jobs=runtime.jobs)


def _tell_founder(runtime: Runtime, person_id: str, skill: str) -> None:
    """Sent while only reading, then noted: a crash between the two sends it again under the same message id."""
    with runtime.reading() as session:
        tell_founder(UUID(person_id), skill, base_url=runtime.settings.base_url, session=session, mailer=runtime.mailer)
    with runtime.transaction() as session:
        note_founder_told(UUID(person_id), skill, session=session, clock=runtime.clock)


def _watch_norms(runtime: Runtime) -> None:
    """Each norm is looked at while only reading, then what was seen is kept: sittings never wait for the look."""
    with runtime.reading() as session:
        found = [norm.id for norm in monitoring.in_force(session=session)]
    for norm_id in found:
        with runtime.reading() as session:
            seen = look_at_norm(norm_id, session=session, at=runtime.clock.now())
        with runtime.transaction() as session:
            raise_alarms(
                norm_id, seen, session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs
            )


def _recompute_results(runtime: Runtime) -> None:
    """A batch at a time while only reading; what differs is kept at the end."""
    found, at = Recomputed(), runtime.clock.now()
    with runtime.reading() as session:
        turn = tonights(session=session, at=at)
    for first in range(0, len(turn), AT_ONCE):
        with runtime.reading() as session:
            recompute_results(turn[first : first + AT_ONCE], found, session=session)
    for norm_id, finding in found.findings(at):
        with runtime.transaction() as session:
            raise_findings(
                norm_id, [finding], session=session, clock=runtime.clock, entropy=runtime.entropy, jobs=runtime.jobs
            )


def _send_alarm_mail(runtime: Runtime, person_id: str, alarm_ids: list[str]) -> None:
    with runtime.reading() as session:
        send_alarm_mail(
            UUID(person_id),
            [UUID(alarm_id) for alarm_id in alarm_ids],
            base_url=runtime.settings.base_url,
            session=session,
            mailer=runtime.mailer,
        )


def _recalibrate(runtime: Runtime, recalibration_id: str) -> None:
    recalibrate(UUID(recalibration_id), database=runtime.database, clock=runtime.clock, entropy=runtime.entropy)


def _publish_due_norms(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        publish_due_norms(session=session, clock=runtime.clock, actor=system())


def _close_expired_sittings(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        close_expired_sittings(session=session, clock=runtime.clock, jobs=runtime.jobs)


def _end_withdrawn_sittings(runtime: Runtime, person_id: str, withdrawn_at: str) -> None:
    with runtime.transaction() as session:
        end_withdrawn_sittings(UUID(person_id), withdrawn_at=datetime.fromisoformat(withdrawn_at), session=session)


def _forget_stale_sign_ins(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        forget_stale_sign_ins(session=session, clock=runtime.clock)


def _apply_retention(runtime: Runtime) -> None:
    found = True
    while found:
        with runtime.transaction() as session:
            found = apply_retention(session=session, clock=runtime.clock, actor=system()).sittings > 0


def publish_keys(runtime: Runtime) -> None:
    """Publish what this worker signs with; what was issued before there was a key for JWTs gets its JWT."""
    try:
        _publish_keys(runtime)
    except IntegrityError:  # another worker started just now and was first: what it published is found the second time
        _publish_keys(runtime)


def _publish_keys(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for signer in filter(None, (runtime.signer, runtime.jwt_signer)):
            publish_key(signer, session=session, clock=runtime.clock, actor=system())
        if runtime.jwt_signer is not None:
            for credential_id in credentials.without_jwt(session=session):
                arguments = {"credential_id": str(credential_id)}
                runtime.jobs.enqueue("issue_credential", f"jwt:{credential_id}", session=session, arguments=arguments)


@contextmanager
def _signing(runtime: Runtime) -> Iterator[Session]:
    """A transaction; the newest keys are opened before it, for that takes a third of a second each, once."""
    for algorithm in (did.ED25519, did.RS256):
        _signers(runtime).newest(algorithm)
    with runtime.transaction() as session:
        yield session


def _signers(runtime: Runtime) -> Signers:
    if runtime.signers is None:
        raise RuntimeError("this runtime was built without signers; only the worker's has them")
    return runtime.signers


def _signer(runtime: Runtime, session: Session) -> Signer:
    signer = signer_in_use(did.ED25519, signers=_signers(runtime), session=session)
    if signer is None:
        raise KeyNotPublished(did.ED25519)
    return signer


def _jwt_signer(runtime: Runtime, session: Session) -> Signer | None:
    return signer_in_use(did.RS256, signers=_signers(runtime), session=session)


JOBS: dict[str, Callable[..., None]] = {
    "report_result": _report_result,
    "check_sitting": _check_sitting,
    "decide_award": _decide_award,
    "open_awards": _open_awards,
    "reserve_credential": _reserve_credential,
    "issue_credential": _issue_credential,
    "publish_status_list": _publish_status_list,
    "rotate_key": _rotate_key,
    "compromise_key": _compromise_key,
    "decide_review": _decide_review,
    "sign_checkpoint": _sign_checkpoint,
    "log_months": _log_months,
    "remind_of_expiry": _remind_of_expiry,
    "send_reminder": _send_reminder,
    "send_sign_in_mail": _send_sign_in_mail,
    "open_pilot": _open_pilot,
    "send_judge_invitation": _send_judge_invitation,
    "send_guessing_notice": _send_guessing_notice,
    "send_passkey_notice": _send_passkey_notice,
    "send_case_letter": _send_case_letter,
    "open_held_cases": _open_held_cases,
    "send_rescoring_letter": _send_rescoring_letter,
    "settle_rescorings": _settle_rescorings,
    "erase_person": _erase_person,
    "forget_traces": _forget_traces,
    "keep_founding_promises": _keep_founding_promises,
    "tell_founder": _tell_founder,
    "recalibrate": _recalibrate,
    "publish_due_norms": _publish_due_norms,
    "watch_norms": _watch_norms,
    "recompute_results": _recompute_results,
    "send_alarm_mail": _send_alarm_mail,
    "close_expired_sittings": _close_expired_sittings,
    "end_withdrawn_sittings": _end_withdrawn_sittings,
    "forget_stale_sign_ins": _forget_stale_sign_ins,
    "apply_retention": _apply_retention,
}
PERIODIC = (
    PeriodicJob("publish_due_norms", "* * * * *", catch_up=False),
    PeriodicJob("sign_checkpoint", "* * * * *", catch_up=False),
    PeriodicJob("log_months", "41 0 * * *", catch_up=False),
    PeriodicJob("remind_of_expiry", "23 * * * *", catch_up=False),
    PeriodicJob("keep_founding_promises", "17 * * * *"),
    PeriodicJob("close_expired_sittings", "7 * * * *"),
    PeriodicJob("open_held_cases", "22 * * * *"),
    PeriodicJob("settle_rescorings", "27 * * * *"),
    PeriodicJob("forget_traces", "41 2 * * *"),
    PeriodicJob("forget_stale_sign_ins", "37 2 * * *"),
    PeriodicJob("watch_norms", "11 3 * * *", catch_up=False),
    PeriodicJob("recompute_results", "29 3 * * *", catch_up=False),
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
    publish_keys(runtime)
    _destroy_spent_keys(runtime)
    if runtime.settings.metrics_port:
        serve_metrics(runtime.settings, new_registry(runtime))
    JobRunner(runtime, JOBS, PERIODIC).run()
