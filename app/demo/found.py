"""`decile demo found`: the founding phase of a skill from an author's key to its first certificate, a specimen.

A play over the use cases, like the demonstration: nothing is written but by them, under a clock that says when it
would have happened. The issuer is a trial issuer from the first day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.assessment.open_pilot import open_pilot
from app.assessment.scored_sittings import first_sittings_under
from app.credentials.publish_key import publish_key
from app.demo import queries
from app.demo.errors import FoundingBegun, NoContent, SignerNeeded
from app.demo.founding.awards import decisions, log_decisions, open_awards, show_first_certificate
from app.demo.founding.judges import key_by_panel
from app.demo.founding.norm import make_norm
from app.demo.founding.people import Simulated, progress_of, seat_founders, seat_newcomers, sit_again
from app.demo.founding.run import FoundingJobs, FoundingRun, ReadMailer
from app.demo.founding.trial import become_trial_issuer, loosen
from app.demo.load_demo import answers_of_bank
from app.demo.make_norms import DEMO_EFFORT
from app.demo.past import PastClock
from app.demo.staff import with_second_factors, without_second_factors
from app.demo.stage import Stage
from app.foundation import audit
from app.foundation.access import operator, system
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.release_bank import release_bank
from app.norming.keep_founding_promises import keep_founding_promises
from app.norming.phases import FULL
from app.norming.policy import NormPolicy
from app.norming.queries import NormView

FEWEST_RESPONSES, DEVELOPER_RESPONSES = 30, 60  # of each item: fewer than the first fit no graded model
LASTS_DAYS, FOUNDING_DAYS, NEWCOMER_DAYS = 125, 50, 32  # the founders come back after the wait before a retake
COME_BACK_EVERY = 60  # founders: the ablest sixtieth, and some at least
FEWEST_BACK, MOST_BACK, FOUNDERS_A_NEWCOMER = 6, 12, 5
NEWCOMERS_A_SPARE = 20  # one more for each of so many


@dataclass(frozen=True, slots=True)
class Founded:
    """What came of it."""

    skill: str
    norm_id: UUID
    founders: int
    promises: int
    decisions: int
    code: str | None  # of the first certificate
    verdict: str | None


def found(
    skill: str,
    responses: int = DEVELOPER_RESPONSES,
    *,
    seed: int = 1,
    bank: Path | None = None,
    runtime: Runtime,
    said: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> Founded:
    """Play the whole phase. `bank` is the folder of its content, the skill's newest unless it is given.

    Raises
    ------
    NoContent, FoundingBegun, SignerNeeded
    CalibrationFailed
        Where so few responses fit no model.
    """
    run = _prepare(skill, bank or newest_bank(skill), seed, runtime=runtime, said=said, progress=progress)
    _open(responses, run)
    keyed = key_by_panel(run)
    with run.stage.runtime.reading() as session:
        run.stage = replace(run.stage, answers=answers_of_bank(session, skill))
    founders = seat_founders(keyed.id, responses, FOUNDING_DAYS, run)
    reached = progress_of(keyed.id, run)
    run.log(
        f"{len(founders)} simulated founders came, {reached.sittings} forms are complete; every item has "
        f"{min(reached.responses.values())} to {max(reached.responses.values())} usable responses."
    )
    run.clock.wait(days=1)
    norm = make_norm(FULL if responses >= NormPolicy().founding_responses else DEMO_EFFORT, run)
    promises = _keep_promises(run)
    people = founders + _sit_under_the_norm(norm, founders, run)
    open_awards(norm, run)
    without_second_factors(run.stage)
    return _ended(norm, people, promises, run)


def newest_bank(skill: str) -> Path:
    """The folder of a skill's newest version of content.

    Raises
    ------
    NoContent
    """
    versions = sorted(ITEM_BANKS.glob("*/v*"), key=lambda path: int(path.name[1:]))
    newest = {path.parent.name: path for path in versions}
    if skill not in newest:
        raise NoContent(skill, sorted(newest))
    return newest[skill]


def _prepare(
    skill: str,
    bank: Path,
    seed: int,
    *,
    runtime: Runtime,
    said: Callable[[str], None],
    progress: Callable[[str, int, int], None],
) -> FoundingRun:
    """The bank released and open for founders, or a refusal before anything is written."""
    now = runtime.clock.now()
    clock = PastClock(now - timedelta(days=LASTS_DAYS))
    spool = SpoolMailer(runtime.settings.data / "mail", sender=runtime.settings.mail_sender, clock=clock)
    mailer = ReadMailer(spool)
    with runtime.transaction() as session:
        there = queries.anything_of(skill, session=session)
        if there is not None:
            raise FoundingBegun(there)
        if runtime.signer is None:
            raise SignerNeeded
        become_trial_issuer(session=session, at=clock.now())
        release = release_bank(bank, session=session, clock=clock, entropy=runtime.entropy, actor=operator())
        open_pilot(release.id, session=session, clock=clock)
        for signer in filter(None, (runtime.signer, runtime.jwt_signer)):
            publish_key(signer, session=session, clock=runtime.clock, actor=system())
        stage = Stage(runtime, runtime.signer, answers_of_bank(session, skill), now, skill)
    jobs = FoundingJobs(links=runtime.links, mailer=mailer)
    secrets = with_second_factors(stage)
    run = FoundingRun(stage, seed, clock, mailer, jobs, secrets, said, progress)
    run.log("Demo: everybody here is simulated. The issuer is a trial issuer; every certificate is a specimen.")
    run.log(f"{release.label} is released under its author's key, and open to founders.")
    return run


def _open(responses: int, run: FoundingRun) -> None:
    """A run with fewer responses than the shipped gate asks for says so before it begins."""
    shipped = NormPolicy().founding_responses
    if responses == shipped:
        return
    lines = run.act(
        lambda session: loosen(NormPolicy, session=session, at=run.clock.now(), founding_responses=responses)
    )
    for line in lines:
        run.log(f"Gate: {line}")


def _keep_promises(run: FoundingRun) -> int:
    """The hourly job comes twice; the second time there is nobody left to tell."""
    told = []
    for _ in range(2):
        run.clock.wait(hours=1)
        told.append(run.act(lambda session: keep_founding_promises(session=session, jobs=run.jobs)))
    run.log(f"{told[0]} founders get the mail they were promised; an hour later {told[1]} are left to tell.")
    return told[0]


def _sit_under_the_norm(norm: NormView, founders: tuple[Simulated, ...], run: FoundingRun) -> tuple[Simulated, ...]:
    """Newcomers, as many as the comparison asks for or the run can afford; then some founders once more."""
    shipped = NormPolicy().compare_from_n
    wanted = min(shipped, len(founders) // FOUNDERS_A_NEWCOMER)
    count = wanted + wanted // NEWCOMERS_A_SPARE  # some will look odd, and are not compared
    newcomers = seat_newcomers(count, NEWCOMER_DAYS, run)
    with run.stage.runtime.reading() as session:
        able = first_sittings_under(norm.id, most=shipped, session=session)
    if able < shipped:
        for line in run.act(
            lambda session: loosen(NormPolicy, session=session, at=run.clock.now(), compare_from_n=able)
        ):
            run.log(f"Gate: {line}")
    run.log(f"{count} newcomers took their first sitting under {norm.label}.")
    back = min(MOST_BACK, max(FEWEST_BACK, len(founders) // COME_BACK_EVERY))
    completed = [one for one in founders if not one.leaves]
    ablest = sorted(completed, key=lambda one: one.truth, reverse=True)[:back]
    for number, one in enumerate(ablest):
        run.clock.wait(minutes=30)
        sit_again(one, run)
        run.progress("Founders once more", number + 1, back)
    run.log(f"{back} founders, the ablest by their true thetas, sat once more, outside the limit.")
    return newcomers


def _ended(norm: NormView, people: tuple[Simulated, ...], promises: int, run: FoundingRun) -> Founded:
    decided = decisions(people, norm, run)
    log_decisions(decided, run)
    certificate = show_first_certificate(people, run)
    if certificate is None:
        run.log("The rules awarded nobody, so there is no certificate to show.")
    else:
        reasons = ", ".join(certificate.judgement.reasons)
        run.log(f"First certificate: {certificate.credential.code}, verified: {certificate.verdict} ({reasons}).")
    founders = sum(one.part.life == "simulated founder" for one in people)
    code = certificate.credential.code if certificate else None
    verdict = str(certificate.verdict) if certificate else None
    done = Founded(run.skill, norm.id, founders, promises, len(decided), code, verdict)
    detail = {"seed": run.seed, "founders": founders, "certificate": code, "dates_are_invented": True}
    run.act(
        lambda session: audit.record(
            queries.FOUNDED, run.skill, actor=operator(), at=run.stage.now, session=session, detail=detail
        )
    )
    return done
