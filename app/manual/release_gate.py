"""Whether the misclassification budget of a release manifest is kept: pure, and closed where nothing is known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.manual.errors import ManifestUnreadable, ReleaseGateClosed

RATES = ("false_certify", "false_miss")


@dataclass(frozen=True, slots=True)
class Limits:
    """The founders' gates: of ten certificates at most 1.5 wrong, of ten people of the top tenth at most 2.2 missed."""

    false_certify: float = 0.15  # one less the positive predictive value of .85
    false_miss: float = 0.22  # one less the sensitivity of .78


def require_within(path: Path, limits: Limits) -> int:
    """How many cells were judged; every one of them within its limits.

    A cell is over when the whole of its interval is not needed to see it: its share lies above the limit. Cells that
    are too small have no share, and are not judged; a skill of which no cell can be judged closes the gate.

    Raises
    ------
    ManifestUnreadable, ReleaseGateClosed
    """
    cells = _budget(path)
    judged = [cell for cell in cells if cell["false_certify"] or cell["false_miss"]]
    reasons = [reason for cell in judged for reason in _overspent(cell, limits)]
    known = {cell["norm"] for cell in judged}
    reasons += [
        f"{norm}: no evidence yet, no cell is large enough" for norm in sorted({cell["norm"] for cell in cells} - known)
    ]
    if reasons or not cells:
        raise ReleaseGateClosed(reasons or ["the manifest holds no norm"])
    return len(judged)


def _overspent(cell: dict[str, Any], limits: Limits) -> list[str]:
    where = f"{cell['norm']}, {cell['skill']} ({cell['language']})"
    if cell["division"] is not None:
        where += f", {cell['division']} {cell['group']}"
    return [
        f"{where}: {name.replace('_', '-')} {rate['share']:.3f} ({rate['low']:.3f} to {rate['high']:.3f}), "
        f"at most {getattr(limits, name):g}"
        for name in RATES
        if (rate := cell[name]) is not None and rate["share"] > getattr(limits, name)
    ]


def _budget(path: Path) -> list[dict[str, Any]]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["kind"] != "decile-release-manifest":
            raise ManifestUnreadable(path, "its kind is another")
        cells: list[dict[str, Any]] = manifest["budget"]
        for cell in cells:
            for name in RATES:
                if cell[name] is not None:
                    float(cell[name]["share"])
    except OSError as problem:
        raise ManifestUnreadable(path, f"it cannot be read ({problem.strerror})") from None
    except KeyError as problem:
        raise ManifestUnreadable(path, f"it lacks {problem.args[0]}") from None
    except (ValueError, RecursionError):  # the former also of what is not UTF-8
        raise ManifestUnreadable(path, "it is not JSON, or a share in it is no number") from None
    except TypeError:
        raise ManifestUnreadable(path, "it is JSON that is laid out otherwise") from None
    return cells
