"""A founding run leaves the records a real founding phase would, and nothing in it could be a real certificate."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

from app.assessment.founding_progress import founding_progress
from app.assessment.models import Edition, FoundingPromise
from app.awarding.models import Award, AwardDecision
from app.credentials import queries as credentials
from app.demo.errors import FoundingBegun, NoContent, NotATrialIssuer
from app.demo.found import Founded, found, newest_bank
from app.demo.founding.trial import become_trial_issuer, loosen
from app.desk import founding_list
from app.desk.founding import Step, checklist
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.item_bank import queries as item_bank
from app.keying.models import Agreement, Panel, Seat
from app.norming import founders_compared
from app.norming.models import CalibrationRun, NormVersion, SittingComparison
from app.norming.policy import NormPolicy
from app.results import queries as results
from app.verification.verify_credential import verify_credential
from tests.fakes import CollectedJobs, FrozenClock
from tests.journeys.at_a_standstill import with_signer

SKILL, LANGUAGE = "collaboration", "en"
CONTENT = Path(__file__).resolve().parents[3] / "item_banks" / SKILL
RESPONSES, SEED = 30, 53
STATEMENTS_A_FACET, SCENARIOS_A_FACET = 4, 6


@dataclass(frozen=True)
class Played:
    """A run that is through."""

    runtime: Runtime
    founded: Founded
    log: tuple[str, ...]

    def count(self, model: type) -> int:
        with self.runtime.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def mails(self, kind: str) -> list[Path]:
        return sorted((self.runtime.settings.data / "mail").glob(f"{kind}-*.eml"))


def an_empty_place(directory: Path, template: Path) -> Runtime:
    """The worker's runtime over tables with nothing in them."""
    clock = FrozenClock()
    settings = Settings(data=directory, secret_keys=("k" * 40,), base_url="http://localhost")
    mailer = SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock)
    database = Database(f"sqlite:///{shutil.copy(template, directory / 'test.sqlite3')}")
    links = Links(settings.secret_keys)
    runtime = Runtime(settings, database, clock, SystemEntropy(), CollectedJobs(), links, mailer)
    return with_signer(runtime, directory)


def a_small_bank(directory: Path) -> Path:
    """A few items of each facet: enough for one form and another sitting after it."""
    bank = directory / "item_banks" / SKILL / "v2"
    shutil.copytree(CONTENT / "v2", bank)
    shutil.copy(CONTENT.parent / "skills.yaml", directory / "item_banks")
    for name, kept in (("items.yaml", STATEMENTS_A_FACET), ("scenarios.yaml", SCENARIOS_A_FACET)):
        content = yaml.safe_load((bank / name).read_text(encoding="utf-8"))
        (key,) = content
        by_facet = groupby(sorted(content[key], key=lambda item: item["facet"]), key=lambda item: item["facet"])
        content[key] = [item for _, items in by_facet for item in _some_hard(list(items), kept)]
        (bank / name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return bank


def _some_hard(items: list[dict], kept: int) -> list[dict]:
    """A bank wants a third of its items hard to endorse."""
    hard = [item for item in items if item["difficulty_intent"] == "hard"][:2]
    return hard + [item for item in items if item["difficulty_intent"] != "hard"][: kept - len(hard)]


def quietly(_scene: str, _done: int, _total: int) -> None:
    """No bar."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, sqlite_file_with_tables: Path) -> Played:
    """One small run, for every test that looks at it."""
    directory = tmp_path_factory.mktemp("founding")
    runtime, log = an_empty_place(directory, sqlite_file_with_tables), []
    founded = found(
        SKILL, RESPONSES, seed=SEED, bank=a_small_bank(directory), runtime=runtime, said=log.append, progress=quietly
    )
    return Played(runtime, founded, tuple(log))


@pytest.mark.long
def test_the_same_seed_gives_the_same_log_but_for_the_code_of_the_certificate(
    played, tmp_path, sqlite_file_with_tables
):
    log: list[str] = []
    place = an_empty_place(tmp_path, sqlite_file_with_tables)
    again = found(
        SKILL, RESPONSES, seed=SEED, bank=a_small_bank(tmp_path), runtime=place, said=log.append, progress=quietly
    )
    codes = (played.founded.code or "", again.code or "")
    assert [line.replace(codes[1], codes[0]) for line in log] == list(played.log)


def test_every_skill_with_content_can_be_founded():
    for folder in sorted(CONTENT.parent.glob("*/v1")):
        content = yaml.safe_load((folder / "bank.yaml").read_text(encoding="utf-8"))
        assert newest_bank(content["skill"]).parent == folder.parent


def test_it_is_said_before_a_start_that_decisions_wait_until_the_founders_are_compared(played):
    with played.runtime.reading() as session:
        editions = session.execute(
            select(Edition.norm_id, Edition.awards_wait).where(Edition.language == LANGUAGE).order_by(Edition.id)
        ).all()
    norm_id = played.founded.norm_id
    assert editions[-2:] == [(norm_id, True), (norm_id, False)]
    assert not any(waits for _, waits in editions[:-2])


def test_the_key_is_a_panels_and_was_released_by_a_second_person(played):
    with played.runtime.reading() as session:
        (panel,), (agreement,) = session.scalars(select(Panel)).all(), session.scalars(select(Agreement)).all()
        keyed = item_bank.latest_release(SKILL, session=session)
        seats = session.scalars(select(Seat)).all()

    assert panel.closed_at is not None
    assert panel.is_simulated
    assert len(seats) == agreement.judges == 12
    assert all(seat.signed_at and seat.declared_at and seat.email is None for seat in seats)
    assert agreement.release_id == keyed.id
    assert agreement.cleared_by != agreement.opened_by == panel.opened_by
    assert keyed.provisional_key, "simulated judges clear nothing"


def test_every_item_has_its_responses_and_the_calibration_is_of_the_keyed_bank(played):
    with played.runtime.reading() as session:
        keyed = item_bank.latest_release(SKILL, session=session)
        progress = founding_progress(keyed.id, LANGUAGE, session=session)
        (run,) = session.scalars(select(CalibrationRun)).all()
        assert (run.sample.release_id, run.sample.is_simulated, run.sample.is_founding) == (keyed.id, True, True)
        assert set(run.fits) == {"judgement", "self_report"}

    assert min(progress.responses.values()) >= RESPONSES
    assert run.n == progress.sittings == progress.founders


def test_the_norm_has_four_eyes_and_the_draft_under_the_shipped_gates_stays(played):
    with played.runtime.reading() as session:
        norm = session.get_one(NormVersion, played.founded.norm_id)
        first = session.scalars(select(NormVersion).order_by(NormVersion.drafted_at)).first()

    assert norm.state == "published"
    assert norm.demo
    assert norm.may_certify
    assert norm.approved_by not in {None, norm.drafted_by}
    assert not first.may_certify
    assert "sample-too-small" in first.gate_reasons


def test_each_founder_gets_the_promised_mail_exactly_once(played):
    with played.runtime.reading() as session:
        promises = session.scalars(select(FoundingPromise)).all()

    assert len(promises) == played.founded.promises == played.founded.founders
    assert all(promise.told_at is not None for promise in promises)
    assert len(played.mails("founder")) == len(promises)
    assert sum("left to tell" in line and " 0 are left" in line for line in played.log) == 1


def test_a_comparison_that_fails_is_kept_and_decisions_come_only_after_one_that_holds(played):
    with played.runtime.reading() as session:
        made = session.scalars(select(SittingComparison).order_by(SittingComparison.compared_at)).all()
        under = results.results_under(played.founded.norm_id, session=session)
        decided = session.scalars(select(AwardDecision).where(AwardDecision.result_id.in_(under))).all()
        waits = founders_compared.awards_wait(played.founded.norm_id, session=session, at=played.runtime.clock.now())

    assert [one.holds for one in made[:-1]] == [False] * (len(made) - 1)
    assert made[-1].holds
    assert made[0].bound == NormPolicy().largest_founding_shift
    assert not waits
    assert len(decided) == len(under) == played.founded.decisions > 0
    assert all(decision.decided_at >= made[-1].compared_at for decision in decided)


def test_the_first_certificate_is_a_specimen_of_a_trial_issuer_and_verifies(played):
    with played.runtime.reading() as session:
        verified = verify_credential(played.founded.code, session=session, clock=played.runtime.clock)
        awards = session.scalars(select(Award)).all()
        issued = credentials.credentials(session=session, limit=100)

    assert verified.verdict == played.founded.verdict == "specimen"
    assert all({"trial-issuer", "demo-norm", "provisional-key"} <= set(award.specimen_reasons) for award in awards)
    assert len(issued) == len(awards) > 0


def test_every_loosened_gate_is_in_the_log_with_its_shipped_value(played):
    gates = [line for line in played.log if "loosened by the trial issuer" in line]

    assert any(f"norming.founding_responses 300 -> {RESPONSES}" in line for line in gates)
    assert any("norming.certify_from_n 1000 -> " in line for line in gates)
    assert played.log[0].endswith("every certificate is a specimen.")
    assert played.log[-1] < f"{played.runtime.clock.now():%Y-%m-%d}", "nothing in it lies in the future"


def test_the_founding_desk_shows_all_steps_but_those_that_only_real_people_can_take(played):
    with played.runtime.reading() as session:
        shown = checklist(SKILL, LANGUAGE, session=session, at=played.runtime.clock.now())
    printed = "\n".join(founding_list.lines(played.runtime, SKILL))

    assert {check.step for check in shown.missing} == {Step.KEY, Step.GATES, Step.ISSUER}
    assert f"{shown.done} of {len(shown.checks)} steps" in printed
    assert "[ ] issuer is no trial issuer" in printed


def test_a_second_run_in_the_same_place_is_refused_and_leaves_no_trace(played):
    before = played.count(NormVersion)

    with pytest.raises(FoundingBegun, match="a policy other than the shipped one"):
        found(SKILL, RESPONSES, runtime=played.runtime, said=print, progress=quietly)

    assert played.count(NormVersion) == before


def test_a_skill_without_content_is_refused_with_those_that_have_some(played):
    with pytest.raises(NoContent, match="adaptability"):
        found("juggling", runtime=played.runtime, said=print, progress=quietly)


def test_only_a_trial_issuer_loosens_a_gate(tmp_path, sqlite_file_with_tables):
    runtime = an_empty_place(tmp_path, sqlite_file_with_tables)
    now = runtime.clock.now()
    with runtime.transaction() as session:
        with pytest.raises(NotATrialIssuer, match="certify_from_n"):
            loosen(NormPolicy, session=session, at=now, certify_from_n=10)

        become_trial_issuer(session=session, at=now)
        (said,) = loosen(NormPolicy, session=session, at=now, certify_from_n=10)

    assert said == "norming.certify_from_n 1000 -> 10 (loosened by the trial issuer, policy version 1)"
