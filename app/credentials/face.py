"""What the printed faces of a credential say, in the reader's language: badge and certificate print the same words.

The figures are those of the signed document. The name stands beside them as the holder chose it; it is not signed.
`gettext` is handed in, so that nothing here knows the web.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_datetime

from app.credentials import open_badge
from app.credentials.queries import CredentialView

Gettext = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Face:
    """Finished lines. `mark` is said across everything: SPECIMEN, REVOKED ...; None where nothing needs saying."""

    language: str
    heading: str
    mark: str | None
    mark_says: str | None
    name: str | None
    name_says: str
    name_cut: str
    skill_slug: str
    skill: str
    claim: str
    sentence: str
    facts_heading: str
    facts: tuple[tuple[str, str], ...]
    norm: str
    until: str
    code: str
    address: str
    site: str
    compare: str
    proves: str
    qr_says: str
    attachment_says: str
    issued_at: datetime


def face(
    credential: CredentialView, document: Mapping[str, Any], *, site: str, language: str, gettext: Gettext
) -> Face:
    """The face of a credential whose signed document is `document`."""
    _, told, shown = gettext, open_badge.told_facts(document), credential.display
    mark, mark_says = _mark(credential, gettext)
    skill, population = shown["skill_names"][language], shown["norm_population"][language]
    until = _day(credential.valid_until, language)
    return Face(
        language=language,
        heading=_("Certificate"),
        mark=mark,
        mark_says=mark_says,
        name=credential.shown_name,
        name_says=_("The name is the holder's own choice. It stands beside the signed document, not in it."),
        name_cut=_("Some characters of the name cannot be printed here; the page shows them."),
        skill_slug=credential.skill,
        skill=skill,
        claim=_("Top %(share)s %%", share=shown["top_share"]),
        sentence=_(
            "Top %(share)s %% of %(population)s, by norm %(norm)s, decision confidence %(confidence)s",
            share=shown["top_share"],
            population=population,
            norm=told["norm-version"],
            confidence=told["decision-confidence"],
        ),
        facts_heading=_("Compare with the page, line by line"),
        facts=_facts(credential, told, skill, population, language, gettext),
        norm=_("Norm %(norm)s", norm=told["norm-version"]),
        until=_("Valid until %(day)s", day=until),
        code=credential.printed_code,
        address=f"{site}/c/{credential.code}",
        site=urlsplit(site).netloc,
        compare=_("Compare the address bar: it must begin with %(site)s", site=f"{site}/"),
        proves=_("A picture or a paper proves nothing by itself. Open the page and compare every line."),
        qr_says=_("QR code that opens the page of this certificate"),
        attachment_says=_("The signed document, for software"),
        issued_at=credential.valid_from,
    )


def _mark(credential: CredentialView, _: Gettext) -> tuple[str | None, str | None]:
    if credential.revoked_at is not None:
        return _("REVOKED"), _("It was revoked and certifies nothing any more.")
    if credential.suspended_at is not None:
        return _("SUSPENDED"), _("SUSPENDED: under review")
    if credential.is_specimen:
        return _("SPECIMEN"), _("SPECIMEN: for demonstration only, it certifies nothing")
    return None, None


def _facts(
    credential: CredentialView, told: Mapping[str, str], skill: str, population: str, language: str, _: Gettext
) -> tuple[tuple[str, str], ...]:
    """Label and value of every fact, in the order of the page, so that paper and page compare line by line."""
    shown = credential.display
    start, end = shown["norm_window_start_on"], shown["norm_window_end_on"]
    window = _("%(start)s to %(end)s", start=start, end=end) if start and end else _("dates not recorded")
    return (
        (_("Skill"), skill),
        (
            _("Percentile rank"),
            _(
                "%(rank)s, %(percent)s %% band %(low)s to %(high)s",
                rank=told["percentile-rank"],
                percent=shown["band_percent"],
                low=told["band-low"],
                high=told["band-high"],
            ),
        ),
        (_("Decision confidence"), told["decision-confidence"]),
        (_("Mode"), mode_words(told["mode"], _)),
        (
            _("Answers that counted"),
            _(
                "%(statements)s about own habits, %(scenarios)s about situations",
                statements=told["statements"],
                scenarios=told["scenarios"],
            ),
        ),
        (_("Norm version"), told["norm-version"]),
        (_("Norm group"), population),
        (_("People in the norm"), told["norm-size"]),
        (_("Norm window"), window),
        (
            _("Cut"),
            _(
                "percentile %(percentile)s of the norm group, at %(cut)s (standard error %(error)s)",
                percentile=shown["cut_percentile"],
                cut=told["cut"],
                error=told["cut-error"],
            ),
        ),
        (_("Issued"), _day(credential.valid_from, language)),
        (_("Valid until"), _day(credential.valid_until, language)),
        (_("Issuer"), f"{shown['issuer_name']}, {shown['issuer_url']}"),
        (_("Code"), credential.printed_code),
    )


def mode_words(mode: str, _: Gettext) -> str:
    """What is known of who sat, in words; an unknown mode as it is written."""
    words = {
        "open": _("Identity not checked; taken unsupervised"),
        "controlled": _("Invited and known to the inviting organisation; taken unsupervised"),
        "confirmed": _("Confirmed by a short supervised check"),
        "observed": _("Taken under observation"),
    }
    return words.get(mode, mode)


def _day(instant: datetime, language: str) -> str:
    return format_datetime(instant, "d MMMM y, HH:mm", tzinfo=UTC, locale=language) + " UTC"
