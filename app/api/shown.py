"""What contexts know, as the shapes that go out. A field that is not named here never leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from app.api import shapes
from app.assessment.pages import DonePage, ItemPage
from app.assessment.queries import SittingView
from app.assessment.record_response import Recorded
from app.awarding.queries import DecisionView
from app.credentials.queries import CredentialView
from app.item_bank.queries import ItemView, SkillView
from app.norming.queries import NormView
from app.results import figures
from app.results.queries import ResultView
from app.verification.batch_table import LONGEST_SENT
from app.verification.verify_batch import BatchRow
from app.verification.verify_credential import CertificateVerification


def skill(view: SkillView, *, open_in: list[str]) -> shapes.Skill:
    """The public description."""
    return shapes.Skill(
        slug=view.slug,
        names=dict(view.names),
        definitions=dict(view.definitions),
        is_not=dict(view.is_not),
        facets={slug: dict(names) for slug, names in view.facets.items()},
        esco_uri=view.esco_uri,
        open_in=open_in,
    )


def sitting(view: SittingView) -> shapes.Sitting:
    """Without its pins, seed and prior."""
    return shapes.Sitting(
        id=view.id,
        skill=view.skill,
        language=view.language,
        state=view.state,
        stop_reason=view.stop_reason,
        started_at=view.started_at,
        resumable_until=view.resumable_until,
        ended_at=view.ended_at,
    )


def current_item(page: ItemPage) -> shapes.CurrentItem:
    """What the person sees, and no key."""
    return shapes.CurrentItem(
        sitting_id=page.sitting.id,
        position=page.position,
        item=_item(page.item),
        value=page.value,
        client_sequence=page.client_sequence,
        saved_at=page.saved_at if page.client_sequence else None,
        fewest_remaining=page.remaining.fewest,
        most_remaining=page.remaining.most,
        has_enough_for_result=page.has_enough_for_result,
    )


def _item(item: ItemView) -> shapes.Statement | shapes.Scenario:
    content = item.content
    if item.kind == "scenario":
        return shapes.Scenario(
            kind="scenario",
            code=item.code,
            situation=content["situation"],
            prompt=content["prompt"],
            options=list(content["options"]),
            scale=list(content["scale"]),
        )
    return shapes.Statement(
        kind="statement",
        code=item.code,
        stem=content.get("stem"),
        text=content["text"],
        categories=list(content["categories"]),
        did_not_arise=content.get("did_not_arise"),
    )


def kept_response(recorded: Recorded) -> shapes.KeptResponse:
    """What is kept."""
    return shapes.KeptResponse(
        position=recorded.position,
        value=recorded.value,
        client_sequence=recorded.client_sequence,
        received_at=recorded.received_at,
        is_superseded=recorded.is_superseded,
        is_whole=recorded.is_whole,
        state=recorded.state,
        current_position=recorded.current_position,
    )


def done(page: DonePage) -> shapes.Done:
    """How it ended."""
    return shapes.Done(sitting=sitting(page.sitting), scored_items=page.scored, next_from_at=page.from_at)


def no_result_yet(view: SittingView, *, is_awaited: bool) -> shapes.Result:
    """Where it is on its way, or never comes."""
    return shapes.Result(
        sitting_id=view.id,
        skill=view.skill,
        state="awaited" if is_awaited else "without-result",
        percentile_rank=None,
        band_low=None,
        band_high=None,
        decision_confidence=None,
        theta=None,
        standard_error=None,
        norm_id=view.norm_id,
        is_provisional=False,
        reported_at=None,
        void_because=_void_because(view),
        decision=None,
    )


def result(view: SittingView, found: ResultView, decision: DecisionView | None) -> shapes.Result:
    """What came of a sitting."""
    return shapes.Result(
        sitting_id=view.id,
        skill=view.skill,
        state="reported",
        percentile_rank=_printed(figures.percentile_rank, found.percentile_rank),
        band_low=_printed(figures.percentile_rank, found.band_low),
        band_high=_printed(figures.band_high, found.band_high),
        decision_confidence=_printed(figures.confidence, found.decision_confidence),
        theta=_printed(figures.theta, found.theta),
        standard_error=_printed(figures.theta, found.standard_error),
        norm_id=found.norm_id,
        is_provisional=found.is_provisional,
        reported_at=found.reported_at,
        void_because=_void_because(view),
        decision=_decision(decision) if decision else None,
    )


def _void_because(view: SittingView) -> Literal["annulled", "beyond-limit"] | None:
    if view.beyond_limit_at is not None:
        return "beyond-limit"
    return "annulled" if view.is_annulled else None


def _printed(print_figure: Callable[[float], str], figure: float | None) -> float | None:
    return None if figure is None else float(print_figure(figure))


def _decision(view: DecisionView) -> shapes.Decision:
    return shapes.Decision(
        outcome=view.outcome.value,
        reasons=list(view.reasons),
        is_specimen=view.is_specimen,
        specimen_reasons=list(view.specimen_reasons),
        decided_at=view.decided_at,
    )


def certificate(view: CredentialView, *, page: str) -> shapes.Certificate:
    """For its holder."""
    return shapes.Certificate(
        code=view.code,
        printed_code=view.printed_code,
        skill=view.skill,
        is_specimen=view.is_specimen,
        valid_from=view.valid_from,
        valid_until=view.valid_until,
        issued_at=view.issued_at,
        suspended_at=view.suspended_at,
        revoked_at=view.revoked_at,
        revocation_reason=view.revocation_reason,
        visibility=view.visibility,
        shown_name=view.shown_name,
        page=page,
    )


def verdict(found: CertificateVerification, *, page_of: Callable[[str], str]) -> shapes.Verdict:
    """For anyone who has the code."""
    row = found.credential
    return shapes.Verdict(
        verdict=found.verdict.value,
        reasons=[reason.value for reason in found.judgement.reasons],
        code=row.code,
        skill=row.skill,
        shown_name=row.shown_name,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        checked_at=found.checked_at,
        facts=found.facts,
        page=page_of(row.code),
        superseded_by=page_of(found.newer) if found.newer else None,
    )


def batch(rows: Sequence[BatchRow], *, checked_at: datetime, page_of: Callable[[str], str]) -> shapes.BatchVerdicts:
    """Every line, each as it would be answered alone."""
    entries = [
        shapes.BatchEntry(
            line=row.line.number,
            sent=row.line.sent[:LONGEST_SENT],
            problem=row.problem,
            verdict=verdict(row.found, page_of=page_of) if row.found else None,
        )
        for row in rows
    ]
    return shapes.BatchVerdicts(checked_at=checked_at, entries=entries)


def norm(view: NormView) -> shapes.Norm:
    """The card."""
    return shapes.Norm(
        id=view.id,
        label=view.label,
        state=str(view.state),
        skill=view.skill,
        language=view.language,
        population=dict(view.population),
        n=view.n,
        window_start_on=view.window_start_on,
        window_end_on=view.window_end_on,
        cut=view.cut,
        cut_standard_error=view.told_cut_error,
        cut_percentile=view.cut_percentile,
        demo=view.demo,
        gate=str(view.gate),
        may_certify=view.may_certify,
        gate_reasons=list(view.gate_reasons),
        instrument=view.instrument,
        sha256=view.sha256,
        published_at=view.published_at,
        superseded_at=view.superseded_at,
    )
