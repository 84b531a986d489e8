"""Half forms of every real scale: how often the other half awards again, stated and counted.

    python benchmarks/half_forms.py                    100 random halves of each scale
    python benchmarks/half_forms.py --splits 20 grit   fewer, or some

Each scale is calibrated as a whole (graded model); the cut is the 90th percentile of the latent distribution, a half
awards at P >= .5. "before": normal prior; "latent": the latent density as estimated; "after": the posterior softened by
the stray share, which is estimated from how people stand on both halves, never from who is awarded. These three have
the quantile of their own prior as cut. "sittings": as a sitting has it, with a N(0, 1) prior, the same stray share, and
the cut, with its error, of a norm made of these people.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import platform
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from scoring.calibration import calibrate
from scoring.graded_response import log_likelihood
from scoring.half_forms import HalfFormAgreement, StrayShare, estimate_stray_share, half_form_agreement
from scoring.latent_density import estimate_latent_density
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES
from scoring.norms import NormTable

SHARED = Path(os.environ.get("DECILE_TEST_SHARED", Path(__file__).resolve().parents[1].parent / "shared"))
SEED = 20_261_123
SPLITS = 100
STRAY_SPLITS = 40  # for the stray share; its error is from persons
LARGE = 10_000  # persons from which a prediction must be within NEAR
NEAR = 0.03
UNCODED = 99  # answers that start at 0: nothing is missing but NA


@dataclass(frozen=True)
class RealScale:
    """Where a scale stands in a file: answers 1 … top, 0 missing, `turned` (places from 1) keyed the other way."""

    file: str
    columns: tuple[str, ...]
    turned: tuple[int, ...]
    top: int


def named(prefix: str, items: int, suffix: str = "") -> tuple[str, ...]:
    return tuple(f"{prefix}{place}{suffix}" for place in range(1, items + 1))


BIG5 = {"E": (2, 4, 6, 8, 10), "N": (2, 4), "A": (1, 3, 5, 7), "C": (2, 4, 6, 8), "O": (2, 4, 6)}
DISC = {"AS": (7, 8, 9, 10), "SC": (6, 7, 8, 9, 10), "AD": (5, 6, 7, 8, 9, 10), "DO": ()}
EQ = (1, 6, 19, 22, 25, 26, 35, 36, 37, 38, 41, 42, 43, 44, 52, 54, 55, 57, 58, 59, 60)
EQ_TURNED = (4, 8, 10, 11, 12, 14, 15, 18, 21, 27, 28, 29, 32, 34, 39, 46, 48, 49, 50)
SQ = (1, 4, 5, 7, 13, 15, 19, 20, 25, 29, 30, 33, 34, 37, 41, 44, 48, 49, 53, 55)
SQ_TURNED = (6, 11, 12, 18, 23, 24, 26, 28, 31, 32, 35, 38, 40, 42, 43, 45, 51, 56, 57, 60)
NPI_FIRST = (1, 2, 3, 6, 8, 11, 12, 13, 14, 16, 21, 24, 25, 27, 29, 30, 31, 33, 34, 36, 37, 38, 39)

SCALES: dict[str, RealScale] = {
    **{f"BIG5 {s}": RealScale("openpsy_big5.csv.gz", named(s, 10), turned, 5) for s, turned in BIG5.items()},
    **{f"grit {s}": RealScale("openpsy_grit.csv.gz", named(s, 10), turned, 5) for s, turned in BIG5.items()},
    "grit": RealScale("openpsy_grit.csv.gz", named("GS", 12), (1, 4, 6, 9, 10, 12), 5),
    "RSE": RealScale("openpsy_rse.csv.gz", named("Q", 10), (3, 5, 8, 9, 10), 4),
    "CFCS": RealScale("openpsy_cfcs.csv.gz", named("Q", 12), (3, 4, 5, 9, 10, 11, 12), 5),
    "SD3 M": RealScale("openpsy_sd3.csv.gz", named("M", 9), (), 5),
    "SD3 N": RealScale("openpsy_sd3.csv.gz", named("N", 9), (2, 6, 8), 5),
    "SD3 P": RealScale("openpsy_sd3.csv.gz", named("P", 9), (2, 7), 5),
    **{s: RealScale("openpsy_as_sc_ad_do.csv", named(s, 10), turned, 5) for s, turned in DISC.items()},
    "EQ": RealScale("openpsy_eqsq.csv.gz", tuple(f"E{i}" for i in EQ + EQ_TURNED), tuple(range(22, 41)), 4),
    "SQ": RealScale("openpsy_eqsq.csv.gz", tuple(f"S{i}" for i in SQ + SQ_TURNED), tuple(range(21, 41)), 4),
    "PWE": RealScale("openpsy_pwe.csv.gz", named("Q", 19, "A"), (9, 13, 15), 5),
    **{
        f"FTI {part}": RealScale(
            "openpsy_fti.csv.gz", tuple(f"Q{14 * place + k}A" for k in range(1, 15)), (), 4
        )
        for place, part in enumerate(("explorer", "builder", "director", "negotiator"))
    },
    "NPI": RealScale("openpsy_npi.csv.gz", named("Q", 40), NPI_FIRST, 2),
    "ICAR": RealScale("icar_ability.csv", (), (), UNCODED),
}  # fmt: skip


@cache
def table(file: str) -> tuple[list[str], list[list[str]]]:
    raw = (SHARED / "data" / file).read_bytes()
    text = (gzip.decompress(raw) if file.endswith(".gz") else raw).decode("utf-8", "replace")
    separator = "\t" if "\t" in text[: text.index("\n")] else ","
    head, *rows = csv.reader(text.splitlines(), delimiter=separator)
    return head, [row for row in rows if len(row) == len(head)]


def answers(scale: RealScale) -> np.ndarray:
    """Complete answers from 0, keyed so that more is more, shape (N, J)."""
    head, rows = table(scale.file)
    where = [head.index(name) for name in scale.columns or head]
    raw = np.array([[float(row[at]) if row[at].strip().isdigit() else -1.0 for at in where] for row in rows])
    if scale.top == UNCODED:
        return raw[(raw >= 0).all(axis=1)].astype(np.int8)
    raw = raw[((raw >= 1) & (raw <= scale.top)).all(axis=1)] - 1
    turned = [place - 1 for place in scale.turned]
    raw[:, turned] = scale.top - 1 - raw[:, turned]
    return raw.astype(np.int8)


@dataclass(frozen=True)
class Found:
    """A scale under the normal prior, the latent density, the softened posterior, and that of a sitting."""

    before: HalfFormAgreement
    latent: HalfFormAgreement
    after: HalfFormAgreement
    sittings: HalfFormAgreement
    stray: StrayShare


def examined(codes: np.ndarray, splits: int) -> Found:
    items = calibrate(codes).items
    density = estimate_latent_density(log_likelihood(codes, items, NODES), NODES).masses
    stray = estimate_stray_share(codes, items, splits=min(splits, STRAY_SPLITS), rng=np.random.default_rng([SEED, 1]))

    softened = misfit_aware(log_likelihood(codes, items, NODES), stray.share)
    norm = NormTable.from_log_likelihoods(softened, NODES).cut(0.9)

    def agreed(masses: np.ndarray | None, share: float, cut: tuple[float, float] | None = None) -> HalfFormAgreement:
        rng = np.random.default_rng([SEED, 2])
        return half_form_agreement(codes, items, density=masses, stray_share=share, cut=cut, splits=splits, rng=rng)

    return Found(
        agreed(None, 0.0),
        agreed(density, 0.0),
        agreed(stray.density, stray.share),
        agreed(None, stray.share, (norm.theta, norm.standard_error)),
        stray,
    )


def row(name: str, found: Found, seconds: float) -> str:
    parts = [
        f"{a.observed:.3f} {a.interval[0]:.3f}–{a.interval[1]:.3f} {a.predicted:.3f} "
        f"{a.predicted - a.observed:+.3f}{' ' if a.is_predicted else '*'}"
        for a in (found.before, found.latent, found.after, found.sittings)
    ]
    stray = f"{found.stray.share:.3f} ±{1.96 * found.stray.standard_error:.3f}"
    return f"{name:<15}{found.after.n:>7} | {' | '.join(parts)} | {stray} | {found.after.awarded:.3f} {seconds:4.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scales", nargs="*", default=list(SCALES))
    parser.add_argument("--splits", type=int, default=SPLITS)
    chosen = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.splits} random halves")
    print("awarded again: observed, its 95 % interval, predicted, difference; * outside the interval")
    print(f"{'':<22} | {'before':<34} | {'latent':<34} | {'after':<34} | {'sittings':<34} | stray share   | awarded")
    outside, far, unlike = [], [], []
    for name in chosen.scales:
        began = time.perf_counter()
        found = examined(answers(SCALES[name]), chosen.splits)
        print(row(name, found, time.perf_counter() - began), flush=True)
        if not found.after.is_predicted:
            outside.append(name)
        if found.after.n >= LARGE and abs(found.after.predicted - found.after.observed) > NEAR:
            far.append(name)
        if not found.sittings.is_predicted:
            unlike.append(name)
    print(f"\nafter, outside the observed interval: {', '.join(outside) or 'none'}")
    print(f"sittings, outside: {', '.join(unlike) or 'none'}")
    print(f"after, farther than {NEAR} where N >= {LARGE}: {', '.join(far) or 'none'}")


if __name__ == "__main__":
    main()
