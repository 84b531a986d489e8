"""What goes in and out, as types: checked on the way in, published in /openapi.json, and nothing beside them goes out.

Unknown fields are refused, so that nobody sets what they may not by guessing its name. Models are built at first
use (`defer_build`): the pages start without paying for the API.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from app.api.words import (
    DecisionOutcome,
    DecisionReason,
    GateReason,
    LineProblem,
    NormGate,
    NormStanding,
    SittingState,
    SpecimenReason,
    StopReason,
    VerdictReason,
    VerdictWord,
    WhoSees,
    WhyRevoked,
)
from app.credentials.set_visibility import LONGEST_NAME
from app.foundation.slugs import SLUG
from app.item_bank.queries import MOST_OPTIONS
from app.verification.batch_list import MOST_CODES

LONGEST_SLUG = 60
CURSOR = r"^[A-Za-z0-9_-]+$"
LONGEST_CURSOR = 200
USUAL_PAGE, LARGEST_PAGE = 20, 100
LARGEST_SEQUENCE = 2**53 - 1  # what a browser's number holds exactly
MOST_POSITIONS = 1000
LONGEST_WORD = 40

Language = Literal["en", "fr"]
Words = Annotated[dict[str, str], Field(description="One text per language, by its code.")]


class Shape(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _digits(value: Any) -> Any:
    """A query parameter is text; a whole number is written with digits alone."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("a whole number is needed")
    return value


def _whole(value: Any) -> Any:
    """JSON Schema takes 1.0 for the whole number that it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class PageQuery(Shape):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), BeforeValidator(_digits)] = Field(
        default=USUAL_PAGE, description="The most entries to send."
    )
    cursor: str | None = Field(
        default=None,
        pattern=CURSOR,
        max_length=LONGEST_CURSOR,
        description="`next_cursor` of the page before; nothing for the first page.",
    )


class NormQuery(PageQuery):
    """Which norms."""

    skill: str | None = Field(
        default=None, pattern=SLUG, max_length=LONGEST_SLUG, description="Only the norms of this skill."
    )


class NoQuery(Shape):
    """No parameters."""


class StartSitting(Shape):
    """Begin an assessment, or come back to the one that is open."""

    skill: StrictStr = Field(pattern=SLUG, max_length=LONGEST_SLUG, examples=["collaboration"])
    language: Language = Field(examples=["en"])
    honesty_statement: Annotated[StrictStr, Field(max_length=LONGEST_WORD)] | None = Field(
        default=None,
        description="The version of the honesty statement that the person has read and accepted; needed to begin.",
        examples=["1"],
    )


Rating = Annotated[StrictInt, Field(ge=1, le=MOST_OPTIONS), BeforeValidator(_whole)]
Category = Annotated[StrictInt, Field(ge=0, lt=MOST_OPTIONS), BeforeValidator(_whole)]
Position = Annotated[StrictInt, Field(ge=1, le=MOST_POSITIONS), BeforeValidator(_whole)]
Sequence = Annotated[StrictInt, Field(ge=1, le=LARGEST_SEQUENCE), BeforeValidator(_whole)]
Ratings = Annotated[list[Rating | None], Field(min_length=1, max_length=MOST_OPTIONS)]
Value = Annotated[
    Category | Literal["did-not-arise"] | Ratings | None,
    Field(
        description="For a statement the number of its answer, from 0, or `did-not-arise` where that is offered. "
        "For a scenario one rating from 1 per option, null where an option is not rated yet. Null: no answer yet.",
        examples=[3, "did-not-arise", [1, 4, 2, None]],
    ),
]


class SendResponse(Shape):
    """A response to the current item."""

    position: Position = Field(examples=[1])
    value: Value
    client_sequence: Sequence = Field(
        description="Counts up with every change of the answer; while the item is current, the highest number wins.",
        examples=[1],
    )
    confirm: StrictBool = Field(default=True, description="False keeps a draft; true goes on to the next item.")


class SetVisibility(Shape):
    """Who may see the page of a certificate."""

    visibility: Literal["private", "unlisted", "public"] = Field(examples=["unlisted"])
    shown_name: Annotated[StrictStr, Field(max_length=LONGEST_NAME)] | None = Field(
        default=None, description="The name shown on the page; nothing, and none is shown.", examples=["Ada L."]
    )


class Problem(Shape):
    """What went wrong and what to do, after RFC 9457."""

    type: str = Field(json_schema_extra={"format": "uri"}, description="Stable; ends in `code`.")
    title: str
    status: int
    detail: str
    code: str


class ErasedProblem(Problem):
    """The answer for a certificate whose holder erased their data: what the register still knows of it."""

    valid_from: datetime
    ends_at: datetime
    is_over: bool


class Token(Shape):
    """The token this request was made with."""

    id: UUID
    label: str
    scopes: list[str]
    issued_at: datetime
    expires_at: datetime


class Skill(Shape):
    """A skill as it is described publicly."""

    slug: str
    names: Words
    definitions: Words
    is_not: Words
    facets: dict[str, Words]
    esco_uri: str | None
    open_in: list[str] = Field(description="Languages in which it can be taken now.")


class SkillPage(Shape):
    """A page of skills."""

    entries: list[Skill]
    next_cursor: str | None


class Sitting(Shape):
    """An assessment as the person who sits it sees it."""

    id: UUID
    skill: str
    language: str
    state: SittingState = Field(description="Abandoned: too few answers for a result; void: it counts for nothing.")
    stop_reason: StopReason | None
    started_at: datetime
    resumable_until: datetime
    ended_at: datetime | None


class SittingPage(Shape):
    """A page of sittings."""

    entries: list[Sitting]
    next_cursor: str | None


class Statement(Shape):
    """Say how often or how much it is so."""

    kind: Literal["statement"]
    code: str
    stem: str | None
    text: str
    categories: list[str] = Field(description="The labels of the answers 0, 1, 2 …")
    did_not_arise: str | None = Field(description="The label of `did-not-arise`, where it is offered.")


class Scenario(Shape):
    """Rate each action in a situation."""

    kind: Literal["scenario"]
    code: str
    situation: str
    prompt: str
    options: list[str]
    scale: list[str] = Field(description="The labels of the ratings 1, 2, 3 …")


class CurrentItem(Shape):
    """The item to respond to now, with what is kept for it."""

    sitting_id: UUID
    position: int
    item: Annotated[Statement | Scenario, Field(discriminator="kind")]
    value: Value
    client_sequence: int = Field(description="The number of the value kept; 0 if there is none.")
    saved_at: datetime | None
    fewest_remaining: int = Field(description="Items still to come after this one: most likely at least so many.")
    most_remaining: int
    has_enough_for_result: bool = Field(description="Whether leaving now would still give a result.")


class KeptResponse(Shape):
    """What is kept for the position, and where the sitting stands."""

    position: int
    value: Value
    client_sequence: int
    received_at: datetime
    is_superseded: bool = Field(description="A newer value was already there, from elsewhere, and stays.")
    is_whole: bool = Field(description="Whether the item is answered completely.")
    state: SittingState
    current_position: int


class Done(Shape):
    """How a sitting ended."""

    sitting: Sitting
    scored_items: int
    next_from_at: datetime | None = Field(description="When the skill may be taken again; null: now.")


class Decision(Shape):
    """Whether the result earns the certificate, and why not."""

    outcome: DecisionOutcome = Field(description="Held: a person looks first.")
    reasons: list[DecisionReason] = Field(
        description="All that stand against it. With `norm-` begin those of the norm, its `gate_reasons`."
    )
    is_specimen: bool = Field(description="What is earned is a demonstration that proves nothing.")
    specimen_reasons: list[SpecimenReason]
    decided_at: datetime


class Result(Shape):
    """What came of a sitting. Figures are rounded so that none contradicts the decision."""

    sitting_id: UUID
    skill: str
    state: Literal["awaited", "reported", "without-result"]
    percentile_rank: float | None = Field(description="One decimal, rounded down; null while the norm is too small.")
    band_low: float | None = Field(description="Of the 90 % band, rounded down.")
    band_high: float | None = Field(description="Rounded up.")
    decision_confidence: float | None = Field(description="Chance of truly standing above the line, rounded down.")
    theta: float | None = Field(description="The estimate on the scale of the test.")
    standard_error: float | None
    norm_id: UUID | None
    is_provisional: bool
    reported_at: datetime | None
    void_because: Literal["annulled", "beyond-limit"] | None = Field(
        description=(
            "Why the sitting counts for nothing, where it does: a person annulled it, or it was one too many once two "
            "accounts were merged. Figures and decision are those that were reported then."
        )
    )
    decision: Decision | None


class ResultPage(Shape):
    """A page of results."""

    entries: list[Result]
    next_cursor: str | None


class Certificate(Shape):
    """A certificate as its holder sees it."""

    code: str
    printed_code: str
    skill: str
    is_specimen: bool
    valid_from: datetime
    valid_until: datetime
    issued_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revocation_reason: WhyRevoked | None
    visibility: WhoSees
    shown_name: str | None
    page: str = Field(json_schema_extra={"format": "uri"}, description="The address to give to others.")


class CertificatePage(Shape):
    """A page of certificates."""

    entries: list[Certificate]
    next_cursor: str | None


class SignedDocument(BaseModel):
    """An Open Badges 3.0 credential with its proof; its own specification says what stands in it."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    id: str
    type: list[str]
    proof: Any


class Verdict(Shape):
    """Whether a certificate is good, and why."""

    verdict: VerdictWord = Field(description="Only `valid` says that the certificate is good now.")
    reasons: list[VerdictReason] = Field(description="The weightiest first.")
    code: str
    skill: str
    shown_name: str | None
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    checked_at: datetime
    facts: dict[str, str] = Field(description="The figures that the signed document states.")
    page: str = Field(json_schema_extra={"format": "uri"})
    superseded_by: Annotated[str, Field(json_schema_extra={"format": "uri"})] | None = Field(
        description="The page of the newer certificate, where its holder shows that one too."
    )


class VerifyBatch(Shape):
    """Codes of certificates, or links to them."""

    codes: list[StrictStr] = Field(
        min_length=1,
        max_length=MOST_CODES,
        description="One code each, spelled as it may be; or, as text/csv, one certificate on each line.",
        examples=[["0123-4567-89AB-CDEF-P"]],
    )


class BatchEntry(Shape):
    """One line of the list: either a verdict, or the reason why there is none."""

    line: int = Field(description="Its number in the list, from 1; of a CSV the number of the line.")
    sent: str = Field(description="What stood where the code should, up to 200 characters.")
    problem: LineProblem | None = Field(
        description="credential-not-found: unknown or private; single-reader-link: such a link is not looked through "
        "here, so open it."
    )
    verdict: Verdict | None


class BatchVerdicts(Shape):
    """One entry for every line, in the same order."""

    checked_at: datetime
    entries: list[BatchEntry]


class Norm(Shape):
    """A norm version: who it describes and where its line lies."""

    id: UUID
    label: str
    state: NormStanding
    skill: str
    language: str
    population: Words
    n: int
    window_start_on: date | None
    window_end_on: date | None
    cut: float
    cut_standard_error: float | None = Field(
        description="Null where the answers near the line tell nobody apart, so that no error can be stated."
    )
    cut_percentile: float
    demo: bool = Field(description="Made of simulated people: whatever rests on it is a specimen.")
    gate: NormGate
    may_certify: bool
    gate_reasons: list[GateReason] = Field(description="All that keep it from certifying.")
    instrument: str
    sha256: str
    published_at: datetime | None
    superseded_at: datetime | None


class NormPage(Shape):
    """A page of norms."""

    entries: list[Norm]
    next_cursor: str | None


class NormTable(Shape):
    """The whole content of a norm and its hash: enough to recompute any percentile rank, and the cut."""

    content: dict[str, Any]
    sha256: str
