"""What the printed faces of a credential say, in the reader's language: badge and certificate print the same words.

The figures are those of the signed document, as the language writes them. The name stands beside them as the holder
chose it; it is not signed.
`gettext` is handed in, so that nothing here knows the web.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from app.credentials import open_badge
from app.credentials.queries import CredentialView
from app.foundation import written

Gettext = Callable[..., str]
WORDS = frozenset({"norm-version", "norm-group", "norm-window", "mode"})  # facts of a document that are no figures


@dataclass(frozen=True, slots=True)
class Face:
    """Finished lines. `mark` is said across everything: SPECIMEN, REVOKED ...; None where nothing needs saying."""

    language: str
    heading: str
    title: str
    mark: str | None
    mark_says: str | None
    name: str | None
    name_says: str
    name_cut: str
    skill_slug: str
    skill: str
    claim: str
    mode: str
    who: str
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
    _, told, shown = gettext, told_figures(document, language), credential.display
    mark, mark_says = _mark(credential, gettext)
    skill, population = shown["skill_names"][language], shown["norm_population"][language]
    top = written.number(shown["top_share"], language)
    until = _instant(credential.valid_until, language)
    return Face(
        language=language,
        heading=_("Certificate"),
        title=_("Certificate: %(skill)s", skill=skill),
        mark=mark,
        mark_says=mark_says,
        name=credential.shown_name,
        name_says=_("The name is the holder's own choice. It stands beside the signed document, not in it."),
        name_cut=_("Some characters of the name cannot be printed here; the page shows them."),
        skill_slug=credential.skill,
        skill=skill,
        claim=_("Top %(share)s %%", share=top),
        mode=mode_words(told["mode"], gettext),
        who=who_words(told["mode"], gettext),
        sentence=_(
            "Top %(share)s %% of %(population)s, by norm %(norm)s, decision confidence %(confidence)s",
            share=top,
            population=population,
            norm=told["norm-version"],
            confidence=told["decision-confidence"],
        ),
        facts_heading=_("Compare with the page, line by line"),
        facts=fact_lines(told, shown, _names_of(credential, language), language=language, gettext=gettext),
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


@dataclass(frozen=True, slots=True)
class Names:
    """What the lines of facts print beside the figures: words, term and code."""

    skill: str
    population: str
    valid_from: datetime
    valid_until: datetime
    printed_code: str


def fact_lines(
    told: Mapping[str, str], shown: Mapping[str, Any], names: Names, *, language: str, gettext: Gettext
) -> tuple[tuple[str, str], ...]:
    """Label and value of every fact, in the order of the page, so that paper, file and page compare line by line.

    `told` are the figures of the signed document as `told_figures` writes them, `shown` what stands beside them.
    """
    return (
        *_figure_lines(told, shown, names, gettext),
        *_norm_lines(told, shown, names, language, gettext),
        *_term_lines(shown, names, language, gettext),
    )


def _figure_lines(
    told: Mapping[str, str], shown: Mapping[str, Any], names: Names, _: Gettext
) -> tuple[tuple[str, str], ...]:
    return (
        (_("Skill"), names.skill),
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
    )


def _norm_lines(
    told: Mapping[str, str], shown: Mapping[str, Any], names: Names, language: str, _: Gettext
) -> tuple[tuple[str, str], ...]:
    return (
        (_("Norm version"), told["norm-version"]),
        (_("Norm group"), names.population),
        (_("People in the norm"), told["norm-size"]),
        (_("Norm window"), _window(shown, language, _)),
        (
            _("Cut"),
            _(
                "percentile %(percentile)s of the norm group, at %(cut)s (standard error %(error)s)",
                percentile=written.number(shown["cut_percentile"], language),
                cut=told["cut"],
                error=told["cut-error"],
            ),
        ),
    )


def _term_lines(shown: Mapping[str, Any], names: Names, language: str, _: Gettext) -> tuple[tuple[str, str], ...]:
    return (
        (_("Issued"), _instant(names.valid_from, language)),
        (_("Valid until"), _instant(names.valid_until, language)),
        (_("Issuer"), f"{shown['issuer_name']}, {shown['issuer_url']}"),
        (_("Code"), names.printed_code),
    )


def _names_of(credential: CredentialView, language: str) -> Names:
    shown = credential.display
    return Names(
        shown["skill_names"][language],
        shown["norm_population"][language],
        credential.valid_from,
        credential.valid_until,
        credential.printed_code,
    )


def told_figures(document: Mapping[str, Any], language: str) -> dict[str, str]:
    """What the document states, by name; its figures in the reader's writing, its words as they are."""
    told = open_badge.told_facts(document)
    return {name: value if name in WORDS else written.number(value, language) for name, value in told.items()}


def _window(shown: Mapping[str, Any], language: str, _: Gettext) -> str:
    start, end = shown["norm_window_start_on"], shown["norm_window_end_on"]
    if not (start and end):
        return _("dates not recorded")
    return _("%(start)s to %(end)s", start=written.day(start, language), end=written.day(end, language))


def mode_words(mode: str, _: Gettext) -> str:
    """What is known of who sat, in words; an unknown mode as it is written."""
    words = {
        "open": _("Identity not checked; taken unsupervised"),
        "controlled": _("Invited and known to the inviting organisation; taken unsupervised"),
        "confirmed": _("Confirmed by a short supervised check"),
        "observed": _("Taken under observation"),
    }
    return words.get(mode, mode)


def who_words(mode: str, _: Gettext) -> str:
    """The same in so few words that a badge can say it in letters that are read; an unknown mode as it is written."""
    words = {
        "open": _("Identity not checked"),
        "controlled": _("Invited; taken unsupervised"),
        "confirmed": _("Confirmed by a supervised check"),
        "observed": _("Taken under observation"),
    }
    return words.get(mode, mode)


def _instant(instant: datetime, language: str) -> str:
    return written.minute(instant, language) + " UTC"
