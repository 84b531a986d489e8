"""The worker: the table of job names and the use cases behind them. Holds the signing keys."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import composition
from app.accounts.forget_erased_addresses import forget_erased_addresses
from app.accounts.forget_old_letters import forget_old_letters
from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.accounts.send_guessing_notice import send_guessing_notice
from app.accounts.send_passkey_notice import send_passkey_notice
from app.accounts.send_second_address_mail import send_second_address_mail, send_second_address_notice
from app.accounts.send_sign_in_mail import send_sign_in_mail
from app.accounts.send_token_notice import send_token_notice
from app.assessment.check_sitting import keep_check, look_at_sitting
from app.assessment.close_expired_sittings import MOST_CLOSED_AT_ONCE, close_expired_sittings
from app.assessment.count_uses import keep_uses, uses_since_last
from app.assessment.end_withdrawn_sittings import end_withdrawn_sittings
from app.assessment.forget_retake_traces import forget_retake_traces
from app.assessment.note_founder_told import note_founder_told
from app.assessment.open_pilot import open_pilot
from app.awarding.decide_award import decide_award
from app.awarding.open_awards import open_awards
from app.credentials import did
from app.credentials import queries as credentials
from app.credentials.carry_out_review import carry_out_review
from app.credentials.declare_compromise import declare_compromise
from app.credentials.destroy_spent_keys import destroy_spent_keys
from app.credentials.errors import KeyNotPublished
from app.credentials.issue_credential import issue_credential
from app.credentials.issuer_keys import require_signers, signer_in_use
from app.credentials.log_months import log_months
from app.credentials.publish_key import publish_key
from app.credentials.publish_status_list import publish_status_list
from app.credentials.reissue_affected import reissue_affected
from app.credentials.remind_of_expiry import remind_of_expiry
from app.credentials.reserve_credential import reserve_credential
from app.credentials.rotate_key import rotate_key
from app.credentials.send_holder_letter import send_holder_letter
from app.credentials.send_reminder import note_sent, send_reminder
from app.foundation import audit, running, schema
from app.foundation.access import operator, system
from app.foundation.job_binding import Binding
from app.foundation.job_runner import JobRunner, PeriodicJob
from app.foundation.job_workflow import Job
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
from app.norming.tell_founder import tell_founder
from app.operations.apply_retention import apply_retention
from app.operations.examine_records import examine_records
from app.operations.metrics import new_registry, serve_metrics
from app.privacy.erase_person import carry_out_erasure
from app.privacy.erased_people import forget_erased_people
from app.privacy.send_merge_letter import send_merge_letter
from app.recalibrate_apart import recalibrate_apart
from app.results.report_result import report_result
from app.reviews.open_held_cases import open_held_cases
from app.reviews.send_case_letter import send_case_letter
from app.reviews.send_change_letter import send_change_letter
from app.reviews.send_rescoring_letter import send_rescoring_letter
from app.reviews.settle_rescorings import settle_rescorings
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.seal_audit import seal_audit
from app.transparency.sign_checkpoint import number_entries, sign_checkpoint


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


use_cases = Binding(
    {
        "session": lambda _, session: session,
        "clock": lambda runtime, _: runtime.clock,
        "entropy": lambda runtime, _: runtime.entropy,
        "jobs": lambda runtime, _: runtime.jobs,
        "links": lambda runtime, _: runtime.links,
        "mailer": lambda runtime, _: runtime.mailer,
        "base_url": lambda runtime, _: runtime.settings.base_url,
        "signers": lambda runtime, _: _signers(runtime),
        "signer": _signer,
        "jwt_signer": _jwt_signer,
    }
)
in_transaction, while_reading = use_cases.in_transaction, use_cases.while_reading
reading_first = use_cases.reading_first


def signing(job: Job) -> Job:
    """The job, before which the newest keys are opened: that takes a third of a second each, once."""

    def with_open_keys(runtime: Runtime, **arguments: object) -> object:
        for algorithm in (did.ED25519, did.RS256):
            _signers(runtime).newest(algorithm)
        return job(runtime, **arguments)

    return with_open_keys


_declare_compromise = in_transaction(declare_compromise, actor=operator())
_destroy_spent_keys = while_reading(destroy_spent_keys)
_number_entries = in_transaction(number_entries)
_reissue_batch = signing(in_transaction(reissue_affected))
_rotate_key = in_transaction(rotate_key, actor=operator())


def _check_sitting(runtime: Runtime, sitting_id: str) -> None:
    looked = while_reading(look_at_sitting)(runtime, sitting_id=sitting_id)
    if looked is not None:
        in_transaction(keep_check, looked=looked)(runtime)


def _rotate_and_tidy(runtime: Runtime, algorithm: str, request: str) -> None:
    _rotate_key(runtime, algorithm=algorithm, request=request)
    _destroy_spent_keys(runtime)


def _compromise_key(runtime: Runtime, key_id: str, since: str, request: str) -> None:
    """One job: the declaration, then batch after batch; a worker that dies goes on with the next batch."""
    _declare_compromise(runtime, key_id=key_id, since=since, request=request)
    _destroy_spent_keys(runtime)
    while _reissue_batch(runtime, key_id=key_id):
        pass


def _send_reminder(runtime: Runtime, credential_id: str, days: int) -> None:
    if while_reading(send_reminder)(runtime, credential_id=credential_id, days=days):
        in_transaction(note_sent)(runtime, credential_id=credential_id, days=days)


def _sign_checkpoint(runtime: Runtime) -> None:
    signer = _signers(runtime).newest(did.LOG)
    if signer is None:
        return  # an installation older than the log, until `decile keys init` makes its key
    while _number_entries(runtime):
        pass
    origin = f"{urlsplit(runtime.settings.base_url).netloc}/log"
    head = LogHead(runtime.settings.key_directory / LOG_HEAD)
    with runtime.transaction_that_reads_first() as session:  # every hash of the log
        sign_checkpoint(origin, session=session, clock=runtime.clock, signer=signer, head=head)


def _seal_audit(runtime: Runtime) -> None:
    through = in_transaction(audit.settled_through)(runtime)
    reading_first(seal_audit, through=through)(runtime)


def _forget_traces(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        forget_retake_traces(session=session, clock=runtime.clock)
        forget_erased_addresses(session=session, clock=runtime.clock)
        forget_erased_people(session=session, clock=runtime.clock)
        forget_old_letters(session=session, clock=runtime.clock)


def _tell_founder(runtime: Runtime, person_id: str, skill: str) -> None:
    """Sent while only reading, then noted: a crash between the two sends it again under the same message id."""
    while_reading(tell_founder)(runtime, person_id=person_id, skill=skill)
    in_transaction(note_founder_told)(runtime, person_id=person_id, skill=skill)


def _count_uses(runtime: Runtime) -> None:
    """Counted while only reading, then kept; a count that another overtook is thrown away."""
    counted = while_reading(uses_since_last, at=runtime.clock.now())(runtime)
    in_transaction(keep_uses, counted=counted)(runtime)


def _watch_norms(runtime: Runtime) -> None:
    """Each norm is looked at while only reading, then what was seen is kept: sittings never wait for the look."""
    with runtime.reading() as session:
        found = [norm.id for norm in monitoring.in_force(session=session)]
    for norm_id in found:
        seen = while_reading(look_at_norm)(runtime, norm_id=norm_id, at=runtime.clock.now())
        in_transaction(raise_alarms, seen=seen)(runtime, norm_id=norm_id)


def _recompute_results(runtime: Runtime) -> None:
    """A batch at a time while only reading; what differs is kept at the end."""
    found, at = Recomputed(), runtime.clock.now()
    turn = while_reading(tonights, at=at)(runtime)
    for first in range(0, len(turn), AT_ONCE):
        while_reading(recompute_results, turn=turn[first : first + AT_ONCE], found=found)(runtime)
    for norm_id, finding in found.findings(at):
        in_transaction(raise_findings, found=[finding])(runtime, norm_id=norm_id)


def _apply_retention(runtime: Runtime) -> None:
    while in_transaction(apply_retention, actor=system())(runtime).sittings:
        pass
    runtime.database.empty_log()


def _close_expired_sittings(runtime: Runtime) -> None:
    """A batch in each transaction, until none is left: after days without a worker one run has to serve them all."""
    while in_transaction(close_expired_sittings)(runtime) == MOST_CLOSED_AT_ONCE:
        pass


def _erase_person(runtime: Runtime, request_id: str) -> None:
    """Where a reader keeps the log from being emptied, the night does it."""
    mailboxes = in_transaction(carry_out_erasure)(runtime, request_id=request_id)
    if mailboxes is not None:
        mailboxes.empty(runtime.mailer)
    runtime.database.empty_log()


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


JOBS: dict[str, Job] = {
    "report_result": reading_first(report_result),
    "check_sitting": _check_sitting,
    "decide_award": reading_first(decide_award),
    "open_awards": reading_first(open_awards),
    "reserve_credential": reading_first(reserve_credential),
    "issue_credential": signing(reading_first(issue_credential)),
    "publish_status_list": signing(in_transaction(publish_status_list)),
    "rotate_key": _rotate_and_tidy,
    "compromise_key": _compromise_key,
    "carry_out_review": signing(in_transaction(carry_out_review)),
    "send_holder_letter": while_reading(send_holder_letter),
    "sign_checkpoint": _sign_checkpoint,
    "seal_audit": _seal_audit,
    "examine_records": while_reading(examine_records),
    "log_months": reading_first(log_months),
    "remind_of_expiry": in_transaction(remind_of_expiry),
    "send_reminder": _send_reminder,
    "send_sign_in_mail": while_reading(send_sign_in_mail),
    "open_pilot": in_transaction(open_pilot),
    "send_judge_invitation": while_reading(send_judge_invitation),
    "send_guessing_notice": while_reading(send_guessing_notice),
    "send_passkey_notice": while_reading(send_passkey_notice),
    "send_token_notice": while_reading(send_token_notice),
    "send_second_address_mail": while_reading(send_second_address_mail),
    "send_second_address_notice": while_reading(send_second_address_notice),
    "send_case_letter": while_reading(send_case_letter),
    "send_change_letter": while_reading(send_change_letter),
    "send_merge_letter": while_reading(send_merge_letter),
    "open_held_cases": in_transaction(open_held_cases),
    "send_rescoring_letter": while_reading(send_rescoring_letter),
    "settle_rescorings": in_transaction(settle_rescorings),
    "erase_person": _erase_person,
    "forget_traces": _forget_traces,
    "keep_founding_promises": reading_first(keep_founding_promises),
    "tell_founder": _tell_founder,
    "recalibrate": recalibrate_apart,
    "publish_due_norms": in_transaction(publish_due_norms, actor=system()),
    "count_uses": _count_uses,
    "watch_norms": _watch_norms,
    "recompute_results": _recompute_results,
    "send_alarm_mail": while_reading(send_alarm_mail),
    "close_expired_sittings": _close_expired_sittings,
    "end_withdrawn_sittings": in_transaction(end_withdrawn_sittings),
    "forget_stale_sign_ins": in_transaction(forget_stale_sign_ins),
    "apply_retention": _apply_retention,
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIODIC = (
    PeriodicJob("publish_due_norms", "* * * * *"),
    PeriodicJob("sign_checkpoint", "*/20 * * * * *"),
    PeriodicJob("seal_audit", "34 * * * *", once_after=HOUR),
    PeriodicJob("log_months", "41 0 * * *", once_after=DAY),
    PeriodicJob("remind_of_expiry", "23 * * * *", once_after=HOUR),
    PeriodicJob("keep_founding_promises", "17 * * * *", once_after=HOUR),
    PeriodicJob("close_expired_sittings", "7 * * * *", once_after=HOUR),
    PeriodicJob("open_held_cases", "22 * * * *", once_after=HOUR),
    PeriodicJob("settle_rescorings", "27 * * * *", once_after=HOUR),
    PeriodicJob("forget_traces", "41 2 * * *", once_after=DAY),
    PeriodicJob("forget_stale_sign_ins", "37 2 * * *", once_after=DAY),
    PeriodicJob("count_uses", "53 2 * * *", once_after=DAY),
    PeriodicJob("watch_norms", "11 3 * * *", once_after=DAY),
    PeriodicJob("recompute_results", "29 3 * * *", once_after=DAY),
    PeriodicJob("examine_records", "53 3 * * *", once_after=DAY),
    PeriodicJob("apply_retention", "47 2 * * *", once_after=DAY),
)


def run(runtime: Runtime) -> None:
    """Open the key store, publish the public keys, and work until told to stop."""
    with running.marked_as_running(runtime.settings.data):
        _run(runtime)


def _run(runtime: Runtime) -> None:
    schema.require_head(runtime.database)
    runtime = composition.with_signer(runtime)
    composition.load_policy_file(runtime)
    publish_keys(runtime)
    while_reading(require_signers)(runtime)
    _destroy_spent_keys(runtime)
    if runtime.settings.metrics_port:
        serve_metrics(runtime.settings, new_registry(runtime))
    JobRunner(runtime, JOBS, PERIODIC).run()
