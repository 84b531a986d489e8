"""Half forms of every real scale: how often the other half awards again, stated and counted.

    python benchmarks/half_forms.py                    100 random halves of each scale
    python benchmarks/half_forms.py --splits 20 grit   fewer, or some

Each scale is calibrated as a whole (graded model); the cut is the 90th percentile of the latent distribution, a half
awards at P >= .5. "before": normal prior; "latent": the latent density as estimated; "after": the posterior softened by
the stray share, which is estimated from how people stand on both halves, never from who is awarded. These three have
the quantile of their own prior as cut.

The others are as a sitting has it: the same stray share, and the cut, with its error, of a norm. "normal" has the
N(0, 1) prior of norms older than decision 87, "own" the norm's own distribution; both of a norm made of these people.
"new normal" and "new own" are the same with everything (parameters, density, share, cut) from 1,000 people drawn at
random (`--founders`), or half of them where there are fewer, and looked at among the rest: people whom the norm has
never seen. "Beyond chance" is the root mean square of the differences over the scales, less what the observed share's
own error adds.
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
from scoring.half_forms import LEVEL_REACH, HalfFormAgreement, StrayShare, estimate_stray_share, half_form_agreement
from scoring.items import ItemParameters
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
    codes = keyed(scale)
    return codes[(codes >= 0).all(axis=1)]


def keyed(scale: RealScale) -> np.ndarray:
    """Everybody's answers in the order of the file, (N, J); -1 where one is missing or none of the scale's."""
    head, rows = table(scale.file)
    where = [head.index(name) for name in scale.columns or head]
    raw = np.array([[float(row[at]) if row[at].strip().isdigit() else -1.0 for at in where] for row in rows])
    if scale.top != UNCODED:
        raw = np.where((raw >= 1) & (raw <= scale.top), raw - 1, -1)
    turned = [place - 1 for place in scale.turned]
    raw[:, turned] = np.where(raw[:, turned] < 0, -1, scale.top - 1 - raw[:, turned])
    return raw.astype(np.int8)


@dataclass(frozen=True)
class Found:
    """A scale by each posterior; see the module."""

    before: HalfFormAgreement
    latent: HalfFormAgreement
    after: HalfFormAgreement
    normal: HalfFormAgreement
    own: HalfFormAgreement
    new_normal: HalfFormAgreement
    new_own: HalfFormAgreement
    stray: StrayShare

    @property
    def columns(self) -> dict[str, HalfFormAgreement]:
        return {name: value for name, value in vars(self).items() if isinstance(value, HalfFormAgreement)}


@dataclass(frozen=True)
class Norm:
    """What a norm hands to its sittings, made of some people's answers."""

    items: ItemParameters
    stray: StrayShare
    table: NormTable

    @classmethod
    def of(cls, codes: np.ndarray, splits: int) -> Norm:
        items = calibrate(codes).items
        stray = estimate_stray_share(
            codes, items, splits=min(splits, STRAY_SPLITS), rng=np.random.default_rng([SEED, 1])
        )
        softened = misfit_aware(log_likelihood(codes, items, NODES), stray.share)
        return cls(items, stray, NormTable.from_log_likelihoods(softened, NODES))

    def sittings(self, codes: np.ndarray, splits: int, *, own: bool) -> HalfFormAgreement:
        cut = self.table.cut(0.9)
        return self.agreement(
            codes, splits, self.table.masses(NODES) if own else None, self.stray.share, (cut.theta, cut.standard_error)
        )

    def agreement(
        self,
        codes: np.ndarray,
        splits: int,
        masses: np.ndarray | None,
        share: float,
        cut: tuple[float, float] | None = None,
    ) -> HalfFormAgreement:
        rng = np.random.default_rng([SEED, 2])
        return half_form_agreement(
            codes, self.items, density=masses, stray_share=share, cut=cut, splits=splits, rng=rng
        )


def examined(codes: np.ndarray, splits: int, founders: int) -> Found:
    norm = Norm.of(codes, splits)
    density = estimate_latent_density(log_likelihood(codes, norm.items, NODES), NODES).masses
    order = np.random.default_rng([SEED, 3]).permutation(len(codes))
    founders = min(founders, len(codes) // 2)
    of_some = Norm.of(codes[np.sort(order[:founders])], splits)
    rest = codes[np.sort(order[founders:])]
    # A category that no founder chose is the highest that one did, as in a sitting.
    rest = np.minimum(rest, (of_some.items.categories - 1).astype(np.int8))
    return Found(
        norm.agreement(codes, splits, None, 0.0),
        norm.agreement(codes, splits, density, 0.0),
        norm.agreement(codes, splits, norm.stray.density, norm.stray.share),
        norm.sittings(codes, splits, own=False),
        norm.sittings(codes, splits, own=True),
        of_some.sittings(rest, splits, own=False),
        of_some.sittings(rest, splits, own=True),
        norm.stray,
    )


def row(name: str, found: Found, seconds: float) -> str:
    parts = [
        f"{a.observed:.3f} {a.interval[0]:.3f}–{a.interval[1]:.3f} {a.predicted:.3f} "
        f"{a.predicted - a.observed:+.3f}{' ' if a.is_predicted else '*'}"
        for a in found.columns.values()
    ]
    stray = f"{found.stray.share:.3f} ±{1.96 * found.stray.standard_error:.3f}"
    return f"{name:<15}{found.after.n:>7} | {' | '.join(parts)} | {stray} | {found.after.awarded:.3f} {seconds:4.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scales", nargs="*", default=list(SCALES))
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--founders", type=int, default=1_000)
    chosen = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.splits} random halves")
    print("awarded again: observed, its 95 % interval, predicted, difference; * outside the interval")
    heads = " | ".join(
        f"{name:<34}" for name in ("before", "latent", "after", "normal", "own", "new normal", "new own")
    )
    print(f"{'':<22} | {heads} | stray share   | awarded")
    seen: dict[str, list[tuple[str, HalfFormAgreement]]] = {}
    for name in chosen.scales:
        began = time.perf_counter()
        found = examined(answers(SCALES[name]), chosen.splits, chosen.founders)
        print(row(name, found, time.perf_counter() - began), flush=True)
        for column, agreement in found.columns.items():
            seen.setdefault(column, []).append((name, agreement))
    print()
    for column, agreements in seen.items():
        print(summary(column, agreements))


def summary(column: str, agreements: list[tuple[str, HalfFormAgreement]]) -> str:
    """Which scales lie outside their interval, which are far off, and how far all of them lie beyond chance."""
    off = {name: one.predicted - one.observed for name, one in agreements}
    outside = [name for name, one in agreements if not one.is_predicted]
    far = [name for name, one in agreements if one.n >= LARGE and abs(off[name]) > NEAR]
    chance = np.mean([((one.interval[1] - one.interval[0]) / 2 / LEVEL_REACH) ** 2 for _, one in agreements])
    beyond = np.sqrt(max(np.mean(np.square(list(off.values()))) - chance, 0.0))
    return (
        f"{column}: {len(outside)} outside ({', '.join(outside) or 'none'}); farther than {NEAR} where N >= {LARGE}: "
        f"{', '.join(far) or 'none'}; mean {np.mean(list(off.values())):+.4f}, beyond chance {beyond:.4f}"
    )


if __name__ == "__main__":
    main()
