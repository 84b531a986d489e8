"""Award -> unsigned OpenBadgeCredential document.

Open Badges 3.0 has terms for a result and its range, none for a band, a confidence or a norm. Those facts go into
further result/resultDescription pairs and into prose, never into a context of our own: verifiers that bundle contexts
refuse one they do not know. No name of the holder is inside; the name is a choice made later, beside the document.
The document is written in English; pages say the same facts in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from app.credentials import status_list, terms, validity
from app.credentials.did import Issuer
from app.results import figures

CONTEXTS = (terms.CREDENTIALS_V2, terms.OPEN_BADGES, terms.OPEN_BADGES_EXTENSIONS)
SCHEMA_URL = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"
ESCO_FRAMEWORK = "ESCO"
SPECIMEN_MARK = "SPECIMEN"
_BAND = re.compile(r"(\d+) % band")
FACT_NAMES = (
    "percentile-rank",
    "band-low",
    "band-high",
    "decision-confidence",
    "norm-version",
    "norm-group",
    "norm-size",
    "norm-window",
    "cut",
    "cut-error",
    "mode",
    "statements",
    "scenarios",
)
WINDOW_UNKNOWN = "dates not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardFacts:
    """Everything the credential says about an award. Figures are unrounded; `figures` prints them."""

    skill_slug: str
    skill_name: str
    skill_definition: str
    facets: tuple[str, ...]
    percentile_rank: float
    band_low: float
    band_high: float
    band_percent: int
    decision_confidence: float
    norm_id: UUID
    norm_label: str
    norm_population: str
    norm_n: int
    norm_window_start_on: date | None
    norm_window_end_on: date | None
    cut_percentile: float
    cut: float
    cut_standard_error: float
    mode: str
    statements: int
    scenarios: int
    is_specimen: bool
    esco_uri: str | None = None
    esco_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is chosen freshly for one credential, before it is signed."""

    code: str
    subject_id: UUID
    status_list: int
    status_index: int
    valid_from: datetime

    @property
    def valid_until(self) -> datetime:
        """The same UTC clock time on the same date next year."""
        return validity.same_date_next_year(self.valid_from)


@dataclass(frozen=True, slots=True)
class _Fact:
    """One result with its description."""

    slug: str
    name: str
    result_type: str
    value: str
    bounds: tuple[str, str] | None = None
    required: str | None = None


def credential_document(facts: AwardFacts, identity: Identity, *, issuer: Issuer) -> dict[str, Any]:
    """The exact document that will be signed."""
    list_url = status_list.list_url(issuer, identity.status_list)
    return {
        "@context": list(CONTEXTS),
        "id": credential_url(issuer, identity.code),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _name(facts),
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.base_url},
        "validFrom": validity.to_text(identity.valid_from),
        "validUntil": validity.to_text(identity.valid_until),
        "credentialSubject": _subject(facts, identity, issuer),
        "evidence": [_norm_card(facts, issuer), _log_proof(identity, issuer)],
        "credentialSchema": [{"id": SCHEMA_URL, "type": SCHEMA_TYPE}],
        "credentialStatus": status_list.entry(list_url, identity.status_index),
    }


def credential_url(issuer: Issuer, code: str) -> str:
    """The address printed on the certificate, which is also the credential's id."""
    return f"{issuer.base_url}/c/{code}"


def told_facts(document: Mapping[str, Any]) -> dict[str, str]:
    """The figures that a signed document states, by name: `percentile-rank`, `cut` ..."""
    subject = document["credentialSubject"]
    values = {one["resultDescription"]: one["value"] for one in subject["result"]}
    ids = {name: _description_id(subject["achievement"]["id"], name) for name in FACT_NAMES}
    return {name: values[fact_id] for name, fact_id in ids.items() if fact_id in values}


def told_lines(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Every result that a signed document states, in its own words: what it is, and its value."""
    subject = document["credentialSubject"]
    names = {one["id"]: one["name"] for one in subject["achievement"]["resultDescription"]}
    return tuple((names[one["resultDescription"]], one["value"]) for one in subject["result"])


def told_display(document: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the figures, read from the document alone, under the names of `display.display_facts`.

    Its words are English and come without a language: `skill_name`, `norm_population`. KeyError, TypeError, IndexError
    or ValueError for a document that we did not write.
    """
    achievement, told = document["credentialSubject"]["achievement"], told_facts(document)
    described = {one["id"]: one for one in achievement["resultDescription"]}
    by_slug = {name: described[_description_id(achievement["id"], name)] for name in ("percentile-rank", "band-low")}
    start, _, end = told["norm-window"].partition("/")
    return {
        "skill_name": achievement["name"].split("% - ", 1)[1],
        "norm_population": told["norm-group"],
        "band_percent": int(_BAND.findall(by_slug["band-low"]["name"])[0]),
        "cut_percentile": by_slug["percentile-rank"]["requiredValue"],
        "norm_window_start_on": start if end else None,
        "norm_window_end_on": end or None,
        "issuer_name": document["issuer"]["name"],
        "issuer_url": document["issuer"]["url"],
    }


def _norm_card(facts: AwardFacts, issuer: Issuer) -> dict[str, Any]:
    """Where anyone finds the people behind the percentile rank, and recomputes it."""
    return {
        "id": f"{issuer.base_url}/norms/{facts.norm_id}",
        "type": ["Evidence"],
        "name": f"Norm card {facts.norm_label}",
        "genre": "norm",
        "narrative": (
            f"The published norm {facts.norm_label}: {facts.norm_population}, {facts.norm_n} people, "
            f"{_window(facts, ' to ')}, with its distribution, its cut and the standard error of the cut."
        ),
    }


def _log_proof(identity: Identity, issuer: Issuer) -> dict[str, Any]:
    """Where the proof will be that this was logged; the proof itself exists only after the signature."""
    return {
        "id": f"{issuer.base_url}/log/proof/{identity.code}",
        "type": ["Evidence"],
        "name": "Entry in the public log",
        "genre": "transparency log",
        "narrative": "Proof that this credential stands in the issuer's append-only public log (C2SP tlog-tiles).",
    }


def _subject(facts: AwardFacts, identity: Identity, issuer: Issuer) -> dict[str, Any]:
    achievement_id = f"{issuer.base_url}/achievements/{facts.skill_slug}" + ("#specimen" if facts.is_specimen else "")
    told = [(_description_id(achievement_id, fact.slug), fact) for fact in _facts(facts)]
    achievement: dict[str, Any] = {
        "id": achievement_id,
        "type": ["Achievement"],
        "achievementType": "Certification",
        "name": _name(facts),
        "description": _description(facts),
        "criteria": {"narrative": _narrative(facts)},
        "resultDescription": [_result_description(fact_id, fact) for fact_id, fact in told],
    }
    if facts.esco_uri:
        achievement["alignment"] = [_alignment(facts)]
    return {
        "id": identity.subject_id.urn,
        "type": ["AchievementSubject"],
        "achievement": achievement,
        "result": [{"type": ["Result"], "resultDescription": fact_id, "value": fact.value} for fact_id, fact in told],
    }


def _description_id(achievement_id: str, name: str) -> str:
    """The same for every credential of the achievement: the description describes it, not the holder."""
    return uuid5(NAMESPACE_URL, f"{achievement_id}/{name}").urn


def _result_description(fact_id: str, fact: _Fact) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": fact_id,
        "type": ["ResultDescription"],
        "name": fact.name,
        "resultType": fact.result_type,
    }
    if fact.bounds:
        described["valueMin"], described["valueMax"] = fact.bounds
    if fact.required:
        described["requiredValue"] = fact.required
    return described


def _alignment(facts: AwardFacts) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": facts.esco_name or facts.skill_name,
        "targetUrl": facts.esco_uri,
        "targetFramework": ESCO_FRAMEWORK,
    }


def _facts(facts: AwardFacts) -> tuple[_Fact, ...]:
    percent, probability = ("0", "100"), ("0", "1")
    band = f"of the {facts.band_percent} % band of the percentile rank"
    required = f"{facts.cut_percentile:g}"
    rank = figures.percentile_rank(facts.percentile_rank)
    at_cut = f"the {required}th percentile of the norm group"
    return (
        _Fact("percentile-rank", "Percentile rank", "Percent", rank, percent, required),
        _Fact("band-low", f"Lower end {band}", "Percent", figures.percentile_rank(facts.band_low), percent),
        _Fact("band-high", f"Upper end {band}", "Percent", figures.band_high(facts.band_high), percent),
        _Fact(
            "decision-confidence",
            f"Decision confidence: probability that the holder is at or above {at_cut}",
            "ScaledScore",
            figures.confidence(facts.decision_confidence),
            probability,
        ),
        _Fact("norm-version", "Norm version", "Result", facts.norm_label),
        _Fact("norm-group", "Norm group", "Result", facts.norm_population),
        _Fact("norm-size", "People in the norm sample", "RawScore", str(facts.norm_n)),
        _Fact("norm-window", "Window in which the norm sample was taken", "Result", _window(facts, "/")),
        _Fact("cut", f"Cut: score at {at_cut}, in logits", "ScaledScore", figures.theta(facts.cut)),
        _Fact("cut-error", "Standard error of the cut", "ScaledScore", figures.theta(facts.cut_standard_error)),
        _Fact("mode", "Mode of the sitting", "Result", facts.mode),
        _Fact("statements", "Scored statements (self-report)", "RawScore", str(facts.statements)),
        _Fact("scenarios", "Scored scenarios (judgement)", "RawScore", str(facts.scenarios)),
    )


def _name(facts: AwardFacts) -> str:
    name = f"Top {figures.top_share(facts.cut_percentile)}% - {facts.skill_name}"
    return f"{SPECIMEN_MARK} - {name}" if facts.is_specimen else name


def _description(facts: AwardFacts) -> str:
    facets = f" Facets: {', '.join(facts.facets)}." if facts.facets else ""
    text = f"{facts.skill_name}: {facts.skill_definition}{facets}"
    return f"{SPECIMEN_MARK}, for demonstration only: it certifies nothing. {text}" if facts.is_specimen else text


def _narrative(facts: AwardFacts) -> str:
    share = figures.top_share(facts.cut_percentile)
    return (
        f"Among the top {share} % of {facts.norm_population} in {facts.skill_name}, by norm {facts.norm_label} "
        f"({facts.norm_n} people, {_window(facts, ' to ')}), decision confidence "
        f"{figures.confidence(facts.decision_confidence)}: the probability, when the sitting ended after "
        f"{facts.statements} scored statements and {facts.scenarios} scored scenarios, that the holder's score lies "
        f"at or above the {facts.cut_percentile:g}th percentile of that group's latent distribution, the uncertainty "
        f"of the cut included. It claims nothing about people outside that group."
    )


def _window(facts: AwardFacts, between: str) -> str:
    if facts.norm_window_start_on is None or facts.norm_window_end_on is None:
        return WINDOW_UNKNOWN
    return f"{facts.norm_window_start_on.isoformat()}{between}{facts.norm_window_end_on.isoformat()}"
