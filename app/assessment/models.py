"""Editions that sittings are pinned to; sittings; what was presented, what was answered, and what was frozen.

An edition is appended, never changed: the latest of a skill and language is the one that new sittings copy.
Ids of norms point upward in the stack and so carry no foreign key.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.assessment.tiers import A_PERSON_LOOKS
from app.assessment.verdicts import Verdict
from app.foundation.db import Base, where


class State(StrEnum):
    """Where a sitting stands. Only an open one takes responses."""

    OPEN = "open"
    COMPLETED = "completed"
    ABANDONED = "abandoned"  # ended without enough scored units for a result
    VOID = "void"  # a technical cause: counts for nothing


class Stop(StrEnum):
    """Why a sitting ended."""

    CERTAIN_ABOVE = "certain-above"
    CERTAIN_BELOW = "certain-below"
    MOST_UNITS = "most-units"
    MOST_UNITS_UNDECIDED = "most-units-undecided"
    BANK_EXHAUSTED = "bank-exhausted"
    JUDGEMENT_SHARE = "judgement-share"  # only statements were left, and they would outweigh judgement
    FOUNDING_FORM = "founding-form"  # the fixed form of a skill that has no norm yet
    LEFT = "left"  # the candidate left early
    EXPIRED = "expired"  # not resumed within the window
    NOTHING_AROSE = "nothing-arose"  # every statement "did not arise": no evidence, and no waiting time
    CONSENT_WITHDRAWN = "consent-withdrawn"  # what was answered is erased
    TECHNICAL = "technical"


class Pins:
    """What an edition fixes and a sitting copies at its start; both tables have exactly these columns."""

    skill: Mapped[str]
    language: Mapped[str]
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"))
    calibration_id: Mapped[UUID | None] = mapped_column(ForeignKey("calibration.id"))
    norm_id: Mapped[UUID | None]
    cut: Mapped[float | None]
    cut_standard_error: Mapped[float | None]
    norm_count: Mapped[int | None]
    composite: Mapped[dict[str, Any] | None]  # what the cut was computed under, see `adopt_edition`
    may_certify: Mapped[bool]
    demo: Mapped[bool]
    provisional_key: Mapped[bool]


class Edition(Pins, Base):
    """What new sittings of a skill are pinned to, from `adopted_at` until the next row."""

    __tablename__ = "edition"
    __table_args__ = (Index("ix_edition_latest", "skill", "language", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    adopted_at: Mapped[datetime]
    exposure: Mapped[dict[str, Any] | None]  # chances by which items rest, as `norming.exposure` found them
    awards_wait: Mapped[bool] = mapped_column(server_default=false())  # said before a start; decided by `norming`


PINNED = tuple(Pins.__annotations__)
OPEN, ENDED = "state = 'open'", "completed_at IS NOT NULL"


class Sitting(Pins, Base):
    """One candidate, one administration of one skill in one language."""

    __tablename__ = "sitting"
    __table_args__ = (
        Index("uq_sitting_one_open", "person_id", "skill", unique=True, **where(OPEN)),
        Index("ix_sitting_person_skill", "person_id", "skill", "started_at"),
        Index("ix_sitting_skill_completed", "skill", "language", "completed_at"),
        Index("ix_sitting_release_started", "release_id", "language", "started_at"),
        Index("ix_sitting_norm_completed", "norm_id", "completed_at"),
        Index("ix_sitting_release_completed", "release_id", "completed_at", **where(ENDED)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    policy_version: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    avoided_items: Mapped[list[str]]  # codes seen in former sittings that may not come again in this one
    exposure: Mapped[dict[str, Any] | None]  # what this sitting rests of the bank, drawn from its edition's chances
    prior: Mapped[dict[str, Any] | None]  # decayed posterior of the former sitting, where there is one
    state: Mapped[str] = mapped_column(default=State.OPEN.value)
    started_at: Mapped[datetime]
    resumable_until: Mapped[datetime]
    completed_at: Mapped[datetime | None]  # the end, in whichever state
    stop_reason: Mapped[str | None]
    honesty_statement_version: Mapped[str]
    honesty_accepted_at: Mapped[datetime]
    mode: Mapped[str] = mapped_column(default="open")  # what is known of who sat: identity not checked, unsupervised
    first_of_skill: Mapped[bool]
    item_states_at: Mapped[int | None] = mapped_column(BigInteger)  # step of the bank's ledger it was scored under
    adjustments: Mapped[list[str] | None]  # asked for by the candidate, without proof; signals are not interpreted then
    beyond_limit_at: Mapped[datetime | None]  # when two accounts of its person were merged, and it was one too many
    taken_by_staff: Mapped[bool | None]  # as it began; None where it began before this was kept, and no record says so

    @property
    def is_open(self) -> bool:
        """Whether it takes responses."""
        return self.state == State.OPEN

    @property
    def counts_as_taken(self) -> bool:
        """Whether waits and the yearly limit count it: a bad run that was left does, a technical failure does not."""
        return self.state != State.VOID and self.stop_reason != Stop.NOTHING_AROSE

    def may_be_resumed(self, *, at: datetime) -> bool:
        """Whether it is open and still within its days."""
        return self.is_open and at <= self.resumable_until

    def annul(self) -> None:
        """A completed sitting counts for nothing from now on; when and why it had ended stays known."""
        self.state = State.VOID.value

    def void_as_beyond_limit(self, *, at: datetime) -> None:
        """By the rule, no person's decision: it counts for nothing, as it could not have begun on one account."""
        self.state, self.beyond_limit_at = State.VOID.value, at

    @property
    def was_annulled(self) -> bool:
        """Whether it is void though it had been completed: what failed by a fault says so in its reason."""
        return self.state == State.VOID and self.stop_reason != Stop.TECHNICAL

    def restore(self) -> None:
        """A sitting that was annulled, or found beyond the limit, counts again, as it was completed."""
        self.state, self.beyond_limit_at = State.COMPLETED.value, None

    def end(self, state: State, reason: Stop, *, at: datetime) -> None:
        """Close the sitting; it never opens again."""
        self.state, self.stop_reason, self.completed_at = state.value, reason.value, at


class SittingAllowance(Base):
    """One sitting outside waits and limit. `sitting_id` is the one that used it up."""

    __tablename__ = "sitting_allowance"
    __table_args__ = (Index("ix_sitting_allowance_person_skill", "person_id", "skill"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    skill: Mapped[str]
    cause: Mapped[str] = mapped_column(unique=True)
    granted_at: Mapped[datetime]
    sitting_id: Mapped[UUID | None] = mapped_column(ForeignKey("sitting.id"), unique=True)


class RetakeTrace(Base):
    """The days of a sitting whose person erased their data: what waits and the yearly limit need, and nothing else."""

    __tablename__ = "retake_trace"
    __table_args__ = (Index("ix_retake_trace_lineage_skill", "lineage_id", "skill"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    lineage_id: Mapped[UUID]
    skill: Mapped[str]
    started_on: Mapped[date]
    ended_on: Mapped[date]
    had_norm: Mapped[bool]
    kept_until_at: Mapped[datetime] = mapped_column(index=True)


class Presentation(Base):
    """An item chosen for a position, stored before it is shown."""

    __tablename__ = "presentation"
    __table_args__ = (
        UniqueConstraint("sitting_id", "item_code"),
        Index("ix_presentation_item", "item_id", "presented_at"),
    )

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[UUID]
    item_code: Mapped[str]
    kind: Mapped[str]
    presented_at: Mapped[datetime]
    item_states_at: Mapped[int] = mapped_column(
        BigInteger, server_default="0"
    )  # step of the ledger it was chosen under


class UseCount(Base):
    """How often an item was shown, or a bank release sat, in one language, up to an instant that all rows share.

    Counted every night from where the last count ended, so that no page counts a million rows. What was counted stays
    when a person's sittings are erased: it says how known an item may be, and leads to nobody.
    """

    __tablename__ = "use_count"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)  # of an item or of a release
    language: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime]
    counted_until_at: Mapped[datetime]


class FoundingForm(Base):
    """The items of one founding sitting, drawn when it starts. `number` counts the forms of a release and language.

    The constraint, not a check, keeps two that start at once from drawing the same form.
    """

    __tablename__ = "founding_form"
    __table_args__ = (UniqueConstraint("release_id", "language", "number", name="uq_founding_form_number"),)

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"))
    language: Mapped[str]
    number: Mapped[int]
    item_codes: Mapped[list[str]]
    drawn_at: Mapped[datetime]


class FoundingPromise(Base):
    """What a founder was told: a message once the norm exists, and then one sitting outside the limit."""

    __tablename__ = "founding_promise"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]  # of the first founding sitting: the norm that is waited for
    made_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Response(Base):
    """The value kept for a position: the one with the highest client sequence while the position was current."""

    __tablename__ = "response"
    __table_args__ = (
        ForeignKeyConstraint(["sitting_id", "position"], ["presentation.sitting_id", "presentation.position"]),
    )

    sitting_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Any] = mapped_column(JSON)
    client_sequence: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]


class Problem(StrEnum):
    """What a candidate reports of an item."""

    UNCLEAR = "unclear"
    ERROR = "error"  # in the language, or two answers that are the same
    DOES_NOT_FIT = "does-not-fit"  # it asks about something that cannot arise for this person
    UNFAIR = "unfair"  # it hurts, or touches what is private
    DISPLAY = "display"  # it cannot be read or used
    OTHER = "other"


class ReportVerdict(StrEnum):
    """What came of a report."""

    KEPT = "kept"
    SUSPENDED = "suspended"


class ItemReport(Base):
    """A problem that a candidate had with the item of a position. It counts as never asked; judged later, once."""

    __tablename__ = "item_report"
    __table_args__ = (
        ForeignKeyConstraint(["sitting_id", "position"], ["presentation.sitting_id", "presentation.position"]),
        UniqueConstraint("sitting_id", "position"),
        Index("ix_item_report_item", "item_id"),
        Index("ix_item_report_judged_by", "judged_by", **where("judged_by IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sitting_id: Mapped[UUID]
    position: Mapped[int]
    item_id: Mapped[UUID]
    language: Mapped[str]
    problem: Mapped[Problem]
    words: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]
    verdict: Mapped[ReportVerdict | None]
    reason: Mapped[str | None] = mapped_column(Text)
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def judge(self, verdict: ReportVerdict, reason: str, *, by: UUID | None, at: datetime) -> None:
        """Close the report; the caller has seen that it is open."""
        self.verdict, self.reason, self.judged_by, self.judged_at = verdict, reason, by, at


FORGOTTEN = ""  # stands for frozen responses whose time has passed


class FrozenSitting(Base):
    """What a completed sitting was scored from, in one row, with the numbers it gave. Inserted once, never changed.

    Only the responses are forgotten when their time has passed; numbers and hash stay.
    """

    __tablename__ = "frozen_sitting"

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    responses: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    statements: Mapped[int]
    scenarios: Mapped[int]
    facet_counts: Mapped[dict[str, Any]]
    is_balanced: Mapped[bool]
    judgement_theta: Mapped[float | None]
    judgement_standard_error: Mapped[float | None]
    self_report_theta: Mapped[float | None]
    self_report_standard_error: Mapped[float | None]
    kinds_covariance: Mapped[list[Any] | None]  # posterior covariance of (judgement, self-report)
    kind_difference: Mapped[float | None]  # judgement less self-report, in standard errors of the difference
    judgement_share: Mapped[float]
    median: Mapped[float | None]
    standard_error: Mapped[float | None]
    interval_low: Mapped[float | None]
    interval_high: Mapped[float | None]
    probability_above: Mapped[float | None]


class SittingCorrection(Base):
    """What a completed sitting says without some items, by a decision of two people. It lies over the frozen sitting.

    Nothing below it changes. Once it is undone, what was frozen is read again, to the byte.
    """

    __tablename__ = "sitting_correction"
    __table_args__ = (UniqueConstraint("rescoring_id", "sitting_id"), Index("ix_sitting_correction_of", "sitting_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"))
    rescoring_id: Mapped[UUID]  # of the decision, further up
    number: Mapped[int]  # of the sitting's corrections; the last that stands is read
    without: Mapped[list[str]]  # codes of every item left out, those of former corrections too
    figures: Mapped[dict[str, Any]]  # as in a frozen sitting
    effect: Mapped[str]  # on the decision, in the words of who decided
    is_told: Mapped[bool]  # whether the person is written to
    corrected_at: Mapped[datetime]
    undo_until_at: Mapped[datetime | None]  # None: its days were over before this was kept
    undone_at: Mapped[datetime | None]


class SittingCheck(Base):
    """What the indices say of a completed sitting; they keep it out of norms or call a person, and decide nothing."""

    __tablename__ = "sitting_check"
    __table_args__ = (
        Index(
            "ix_sitting_check_called", "checked_at", **where("(tier = 3 OR called_at IS NOT NULL) AND verdict IS NULL")
        ),
        Index("ix_sitting_check_decided", "decided_at", **where("verdict IS NOT NULL")),
        Index("ix_sitting_check_decided_by", "decided_by", **where("decided_by IS NOT NULL")),
    )

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    tier: Mapped[int]  # 1 nothing odd, 2 odd and out of norms, 3 a person looks
    evidence: Mapped[dict[str, Any]]
    policy_version: Mapped[int]
    checked_at: Mapped[datetime]
    called_at: Mapped[datetime | None]  # its answers are like another's: a person looks, and nothing follows before
    verdict: Mapped[str | None]
    reasons: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody still has to look."""
        return (self.tier == A_PERSON_LOOKS or self.called_at is not None) and self.verdict is None

    @property
    def seeds_no_retake(self) -> bool:
        """Whether a retake starts as if it had not been."""
        if self.verdict is not None:
            return self.verdict == Verdict.NOT_SOUND
        return self.tier == A_PERSON_LOOKS

    def decide(self, verdict: Verdict, reasons: str, *, by: UUID, at: datetime) -> None:
        """Keep what a person said of it, once."""
        self.verdict, self.reasons, self.decided_by, self.decided_at = verdict.value, reasons, by, at


class SittingLikeness(Base):
    """Two people's sittings with more answers in common than chance gives. It says nothing of who copied, or whether.

    Inserted when the later one is checked, never changed.
    """

    __tablename__ = "sitting_likeness"
    __table_args__ = (Index("ix_sitting_likeness_other", "other_id"),)

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)  # the later
    other_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    common: Mapped[int]  # scenarios that both had
    equal: Mapped[int]  # of these, rated the same in every option
    expected: Mapped[float]
    z: Mapped[float]
    share: Mapped[float]  # of honest sittings with such an other among as many
    policy_version: Mapped[int]
    found_at: Mapped[datetime]
