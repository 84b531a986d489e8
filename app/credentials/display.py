"""One award, told twice: as facts for the signed document (English), and as facts for pages in both languages."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.awarding.queries import AwardView
from app.credentials.did import Issuer
from app.credentials.open_badge import AwardFacts
from app.results import figures

DOCUMENT_LANGUAGE = "en"


def award_facts(award: AwardView) -> AwardFacts:
    """What the signed document says."""
    return AwardFacts(
        skill_slug=award.skill_slug,
        skill_name=award.skill_names[DOCUMENT_LANGUAGE],
        skill_definition=award.skill_definitions[DOCUMENT_LANGUAGE],
        facets=tuple(award.facets[DOCUMENT_LANGUAGE]),
        percentile_rank=award.percentile_rank,
        band_low=award.band_low,
        band_high=award.band_high,
        band_percent=award.band_percent,
        decision_confidence=award.decision_confidence,
        norm_id=award.norm_id,
        norm_label=award.norm_label,
        norm_population=award.norm_population[DOCUMENT_LANGUAGE],
        norm_n=award.norm_n,
        norm_window_start_on=award.norm_window_start_on,
        norm_window_end_on=award.norm_window_end_on,
        cut_percentile=award.cut_percentile,
        cut=award.cut,
        cut_standard_error=award.cut_standard_error,
        mode=award.mode,
        statements=award.statements,
        scenarios=award.scenarios,
        is_specimen=award.is_specimen,
        esco_uri=award.esco_uri,
        esco_name=award.esco_name,
    )


def display_facts(award: AwardView, *, issuer: Issuer) -> dict[str, Any]:
    """What pages print beside the document: the same figures, words in every language, no name."""
    return {
        "skill_names": dict(award.skill_names),
        "skill_definitions": dict(award.skill_definitions),
        "facets": {language: list(names) for language, names in award.facets.items()},
        "norm_population": dict(award.norm_population),
        "percentile_rank": figures.percentile_rank(award.percentile_rank),
        "band_low": figures.percentile_rank(award.band_low),
        "band_high": figures.band_high(award.band_high),
        "band_percent": award.band_percent,
        "decision_confidence": figures.confidence(award.decision_confidence),
        "top_share": figures.top_share(award.cut_percentile),
        "cut_percentile": f"{award.cut_percentile:g}",
        "cut": figures.theta(award.cut),
        "cut_standard_error": figures.theta(award.cut_standard_error),
        "norm_id": str(award.norm_id),
        "norm_label": award.norm_label,
        "norm_n": award.norm_n,
        "norm_window_start_on": _day(award.norm_window_start_on),
        "norm_window_end_on": _day(award.norm_window_end_on),
        "mode": award.mode,
        "statements": award.statements,
        "scenarios": award.scenarios,
        "issuer_name": issuer.name,
        "issuer_url": issuer.base_url,
        "specimen_reasons": list(award.specimen_reasons),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
