"""The operating characteristics as Markdown with pictures beside it. A gate that fails is printed as failing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from app.demo.characteristics import FEWEST_IN_TENTH, Characteristics, CohortFigures, Gate, Share
from app.demo.simulate import Simulated
from app.demo.stage import SKILL

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 280, 190, 40
INK, BAR, LINE = "#222", "#2b6cb0", "#b7410e"
UNIT_STEP = 4
BARS_LEFT = 50
MARK = (
    "**DEMO. Everyone here is simulated, slopes are invented, and so are the habits of those who cheat.** This says "
    "how the rules behave; nothing about any person, and nothing about how good the bank is."
)
HELD_NOTE = (
    "Held: the kinds of evidence disagree, and a person looks before anything is awarded. “Awarded ever” counts any "
    "sitting of those who retake or hold three accounts; its distance from “at first” is what that gains."
)
COHORT_HEAD = (
    "Cohort", "People", "Sittings", "Awarded at first", "Awarded ever", "Held, of sittings",
    "Truly top, of the awarded", "Tier 2 or 3", "Tier 3", "Mean units",
)  # fmt: skip


def write_report(simulated: Simulated, found: Characteristics, *, command: str, directory: Path) -> Path:
    """Write `README.md` and its pictures into the directory; the report's path."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, picture in _pictures(found).items():
        (directory / f"{name}.svg").write_text(picture, encoding="utf-8")
    report = directory / "README.md"
    report.write_text(_markdown(simulated, found, command), encoding="utf-8")
    return report


def _markdown(simulated: Simulated, found: Characteristics, command: str) -> str:
    failing = sum(gate.short > 0 for gate in found.gates)
    parts = [
        f"# Operating characteristics: {SKILL} (demo)",
        MARK,
        _how(simulated, found, command),
        "## Gates",
        f"{failing} of {len(found.gates)} fail." if failing else "None fails.",
        _table(["Gate", "Found", "Bounds", "n", "Verdict"], [_gate(gate) for gate in found.gates]),
        "## Who is awarded",
        "![Share of the people awarded, by cohort](awarded.svg)",
        _table(COHORT_HEAD, [_cohort(cohort) for cohort in found.cohorts]),
        HELD_NOTE,
        "## How sure, and how right",
        "![Stated against true confidence](confidence.svg)",
        _table(["Stated", "True", "n"], [[f"{stated:.3f}", f"{true:.3f}", str(n)] for stated, true, n in found.tenths]),
        (
            f"Honest first sittings, in tenths of the stated probability. The gate reads tenths of {FEWEST_IN_TENTH} "
            "and more; in so few, chance alone moves a share by up to .2."
        ),
        "## How long",
        "![Scored units of honest sittings](length.svg)",
        (
            f"Mean {found.units.mean():.1f}, median {np.median(found.units):.0f}, 95th percentile "
            f"{np.quantile(found.units, 0.95):.0f} scored units."
        ),
        "## How worn",
        "![Exposure of each item](exposure.svg)",
        (
            f"Two people's first sittings share {found.overlap:.1%} of their items; a retake shares "
            f"{found.retake_overlap:.1%} with the same account's former sitting."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _how(simulated: Simulated, found: Characteristics, command: str) -> str:
    people = sum(cohort.people for cohort in found.cohorts)
    strays = " and ".join(f"{share:.4f}" for share in simulated.stray_shares)
    return (
        f"`{command}`: {people} people, {len(simulated.taken)} sittings through the use cases behind the pages, judged "
        f"under the policy as shipped by a demo norm of simulated people (cut {simulated.cut:.3f}; stray shares "
        f"{strays}). Intervals are 95 %."
    )


def _gate(gate: Gate) -> list[str]:
    verdict = "met" if gate.short == 0 else f"**FAILS by {gate.short:.3f}**"
    return [gate.name, f"{gate.found:.3f}", f"{gate.low:g} to {gate.high:g}", str(gate.n), verdict]


def _cohort(cohort: CohortFigures) -> list[str]:
    return [
        cohort.name,
        str(cohort.people),
        str(cohort.sittings),
        _said(cohort.first),
        _said(cohort.awarded),
        f"{cohort.held.value:.3f}",
        _said(cohort.truly_top),
        f"{cohort.odd.value:.3f}",
        f"{cohort.person.value:.3f}",
        f"{cohort.units:.1f}",
    ]


def _said(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.3f} ({low:.3f} to {high:.3f})" if share.n else "none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pictures(found: Characteristics) -> dict[str, str]:
    units = np.bincount(found.units // UNIT_STEP)
    return {
        "awarded": _bars_across([(cohort.name, cohort.awarded) for cohort in found.cohorts]),
        "confidence": _against(found.tenths),
        "length": _bars_up(
            [(f"{k * UNIT_STEP}", float(count)) for k, count in enumerate(units)], "scored units", "sittings"
        ),
        "exposure": _bars_up([("", float(share)) for share in found.exposure], "items", "share of sittings", mark=0.30),
    }


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _bars_across(rows: Sequence[tuple[str, Share]]) -> str:
    """One bar for each cohort, with its interval as a line."""
    step, room = 26, WIDTH - LEFT - 60
    most = max(*(share.interval[1] for _, share in rows), 0.1)
    parts = []
    for k, (name, share) in enumerate(rows):
        y, (low, high) = 10 + k * step, share.interval
        parts += [
            _text(LEFT - 8, y + 13, name, "end"),
            f'<rect x="{LEFT}" y="{y}" width="{room * share.value / most:.1f}" height="18" fill="{BAR}"/>',
            (
                f'<path d="M{LEFT + room * low / most:.1f} {y + 9}H{LEFT + room * high / most:.1f}" stroke="{LINE}" '
                'stroke-width="2"/>'
            ),
            _text(LEFT + room * high / most + 6, y + 13, f"{share.value:.3f}"),
        ]
    return _svg("Share of the people awarded, with 95 % intervals", 20 + step * len(rows), parts)


def _bars_up(rows: Sequence[tuple[str, float]], across: str, up: str, mark: float | None = None) -> str:
    room, tall = WIDTH - BARS_LEFT - 20, HEIGHT - BOTTOM - 20
    most = max(*(value for _, value in rows), mark or 0.0) or 1.0
    wide = room / len(rows)
    parts = [_text(BARS_LEFT, 14, f"{up}, most {most:.3g}"), _text(WIDTH - 20, HEIGHT - 6, across, "end")]
    for k, (name, value) in enumerate(rows):
        x, high = BARS_LEFT + k * wide, tall * value / most
        parts.append(
            f'<rect x="{x:.1f}" y="{20 + tall - high:.1f}" width="{wide * 0.8:.1f}" height="{high:.1f}" fill="{BAR}"/>'
        )
        parts.append(_text(x, HEIGHT - 24, name))
    if mark is not None:
        y = 20 + tall * (1 - mark / most)
        parts.append(f'<path d="M{BARS_LEFT} {y:.1f}H{WIDTH - 20}" stroke="{LINE}" stroke-dasharray="4"/>')
        parts.append(_text(WIDTH - 20, y - 4, f"cap {mark:.2f}", "end"))
    return _svg(f"{up} by {across}", HEIGHT, parts)


def _against(tenths: Sequence[tuple[float, float, int]]) -> str:
    side = HEIGHT - BOTTOM - 20
    parts = [
        f'<path d="M{BARS_LEFT} 20V{20 + side}H{BARS_LEFT + side}" stroke="{INK}" fill="none"/>',
        f'<path d="M{BARS_LEFT} {20 + side}L{BARS_LEFT + side} 20" stroke="{LINE}" stroke-dasharray="4"/>',
        _text(BARS_LEFT + side + 10, 20 + side, "stated"),
        _text(BARS_LEFT, 14, "true"),
    ]
    for stated, true, n in tenths:
        low, high = Share(true, n).interval
        x = BARS_LEFT + side * stated
        parts.append(
            f'<path d="M{x:.1f} {20 + side * (1 - low):.1f}V{20 + side * (1 - high):.1f}" stroke="{BAR}" '
            f'stroke-width="2"/><circle cx="{x:.1f}" cy="{20 + side * (1 - true):.1f}" r="4" fill="{BAR}"/>'
        )
    return _svg("Stated against true confidence, with 95 % intervals", HEIGHT, parts)
