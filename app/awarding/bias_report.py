"""Selection rates and impact ratios in the shape of New York City's Local Law 144, as the issuer's own run.

It is called a self-assessment and nothing else: an audit under that law is done by somebody independent. A ratio under
four fifths is a reason to look, not a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.awarding.bias_file import BiasData
from scoring.adverse_impact import FEWEST_PERSONS, ImpactRow, ImpactTable, adverse_impact

TITLE = "Self-assessment in the format of New York City Local Law 144"
STATEMENTS = (
    "This is the issuer's own computation. No independent auditor did it, and it is no bias audit under the law.",
    "An impact ratio is a category's rate divided by the highest rate of a category large enough.",
    "Four fifths (0.80) is a guide for where to look, not a judgement.",
    f"Categories of fewer than {FEWEST_PERSONS} people show their number alone.",
    "Categories under 2 % of all people have no impact ratio. People whose category is unknown are counted.",
    "Intervals are 95 %: Wilson's for rates, Koopman's for ratios. p is Fisher's exact test against the highest rate.",
)
NO_EVIDENCE = (
    "Items that work differently for groups (DIF): no evidence yet in this report; see the preview of the norm."
)
MEASURES = {
    "selection": "Decision: share of people awarded",
    "scoring": "Score: share of people above the median of all",
    "cut": "Score: share of people at or above the cut",
}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the law wants said beside the figures."""

    skill: str
    source: str  # of the data, and why these: historical data, or test data
    computed_on: date
    distributed_on: date | None  # when the tool was first used in the form examined


def bias_report(data: BiasData, particulars: Particulars, *, cuts: tuple[float, ...] = ()) -> dict[str, Any]:
    """Every table, by each attribute and each intersection, as plain JSON."""
    found = adverse_impact(data.groups, data.awarded, data.scores, cuts)
    return {
        "title": TITLE,
        "skill": particulars.skill,
        "computed_on": particulars.computed_on.isoformat(),
        "distributed_on": particulars.distributed_on.isoformat() if particulars.distributed_on else None,
        "data_source": particulars.source,
        "people": found.candidates,
        "statements": list(STATEMENTS),
        "dif": NO_EVIDENCE,
        "tables": [_table(table) for table in found.tables],
    }


def _table(table: ImpactTable) -> dict[str, Any]:
    return {
        "by": list(table.attributes),
        "measure": table.measure,
        "threshold": table.threshold,
        "unknown": table.unknown,
        "rows": [_row(row) for row in table.rows],
    }


def _row(row: ImpactRow) -> dict[str, Any]:
    shown: dict[str, Any] = {"categories": list(row.categories), "people": row.candidates, "note": row.note}
    if row.candidates < FEWEST_PERSONS:
        return shown
    interval = row.ratio_interval
    return shown | {
        "selected": row.selected,
        "rate": row.rate,
        "rate_interval": list(row.rate_interval),
        "impact_ratio": row.ratio,
        # JSON knows no infinity: an open upper end is null
        "ratio_interval": [interval[0], interval[1] if interval[1] < float("inf") else None] if interval else None,
        "below_four_fifths": row.below_four_fifths,
        "p": row.fisher_p,
    }


def as_text(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    lines = [
        f"# {report['title']}",
        "",
        f"Skill: {report['skill']}  ",
        f"Computed on: {report['computed_on']}  ",
        f"Tool in use since: {report['distributed_on'] or 'not stated'}  ",
        f"Data: {report['data_source']}  ",
        f"People: {report['people']}",
        "",
        *(f"- {statement}" for statement in report["statements"]),
        f"- {report['dif']}",
    ]
    for table in report["tables"]:
        lines += ["", *_table_lines(table)]
    return "\n".join(lines)


def _table_lines(table: dict[str, Any]) -> list[str]:
    threshold = "" if table["threshold"] is None else f" ({table['threshold']:g})"
    return [
        f"## {MEASURES[table['measure']]}{threshold}, by {' and '.join(table['by'])}",
        "",
        "| category | people | selected | rate | 95 % | impact ratio | 95 % | p |",
        "|---|---|---|---|---|---|---|---|",
        *(_row_line(row) for row in table["rows"]),
        f"| unknown | {table['unknown']} | | | | | | |",
    ]


def _row_line(row: dict[str, Any]) -> str:
    start = f"| {' / '.join(row['categories'])} | {row['people']} "
    if "rate" not in row:
        return f"{start}| too few to tell | | | | | |"
    ratio = "too small" if row["impact_ratio"] is None else f"{row['impact_ratio']:.3f}"
    p = "" if row["p"] is None else f"{row['p']:.4f}"
    return (
        f"{start}| {row['selected']} | {row['rate']:.3f} | {_interval(row['rate_interval'])} | {ratio} "
        f"| {_interval(row['ratio_interval'])} | {p} |"
    )


def _interval(ends: list[float | None] | None) -> str:
    if ends is None:
        return ""
    low, high = ends
    return f"{low:.3f} to {'∞' if high is None else f'{high:.3f}'}"
