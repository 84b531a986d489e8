"""Draw the plots of docs/scoring.md from real data: derived statistics only, never anybody's answers.

    python scripts/draw_scoring_plots.py [folder of the data and references]

Needs matplotlib, which the benchmarks' yardsticks bring along. The files are the same from run to run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.half_forms import SCALES, answers
from scoring.calibration import calibrate
from scoring.graded_response import category_probabilities, item_information, log_likelihood
from scoring.half_forms import estimate_stray_share, half_form_agreement
from scoring.latent_density import estimate_latent_density
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES, normal_prior
from scoring.norms import NormTable

PLOTS = Path(__file__).resolve().parents[1] / "docs" / "images" / "scoring"
SCALE = "BIG5 C"
SPLITS = 20
SEED = 20_261_128
INK = "#3b6ea5"
WARM = "#c2571a"


def saved(figure: Figure, name: str) -> None:
    """Write an SVG without date or random identifiers."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def item_curves(items: object) -> None:
    """Category curves of one item, and the information of all."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
    curves = category_probabilities(items, NODES)[:, 0]
    for category in range(curves.shape[1]):
        left.plot(NODES, curves[:, category], label=str(category))
    left.set(xlabel="theta", ylabel="probability", title="Categories of item C1")
    left.legend(fontsize=7)
    right.plot(NODES, item_information(items, NODES).sum(axis=1), color=INK)
    right.set(xlabel="theta", ylabel="information", title="All ten items")
    saved(figure, "item_curves")


def latent_density(masses: np.ndarray, cut: float, error: float) -> None:
    """Estimated latent density beside the normal one, with the cut."""
    figure, axes = plt.subplots(figsize=(6, 3))
    step = NODES[1] - NODES[0]
    axes.plot(NODES, normal_prior(NODES) / step, color="grey", linestyle="--", label="N(0, 1)")
    axes.plot(NODES, masses / step, color=INK, label="estimated")
    axes.axvspan(cut - 1.645 * error, cut + 1.645 * error, color=WARM, alpha=0.3, label="cut, 90 % interval")
    axes.set(xlim=(-4, 4), xlabel="theta", ylabel="density")
    axes.legend(fontsize=7)
    saved(figure, "latent_density")


def softened(share: float) -> None:
    """A posterior far above the cut, as the model has it and softened."""
    figure, axes = plt.subplots(figsize=(6, 3))
    logs = -0.5 * 6.0 * (NODES - 2.6) ** 2
    for values, name, colour in ((logs, "the model's", "grey"), (misfit_aware(logs, share), "softened", INK)):
        posterior = np.exp(values) * normal_prior(NODES)
        axes.semilogy(NODES, posterior / posterior.sum(), color=colour, label=name)
    axes.set(ylim=(1e-6, 0.3), xlabel="theta", ylabel="posterior mass", title=f"Stray share {share:.3f}")
    axes.legend(fontsize=7)
    saved(figure, "softened")


def half_forms(names: tuple[str, ...]) -> None:
    """Awarded again: observed with its interval, predicted before and after."""
    figure, axes = plt.subplots(figsize=(8, 3))
    for place, name in enumerate(names):
        codes = answers(SCALES[name])
        items = calibrate(codes).items
        stray = estimate_stray_share(codes, items, splits=SPLITS, rng=np.random.default_rng(SEED))
        density = estimate_latent_density(log_likelihood(codes, items, NODES), NODES).masses
        for masses, share, colour, off in ((density, 0.0, "grey", -0.1), (stray.density, stray.share, INK, 0.1)):
            rng = np.random.default_rng(SEED)
            found = half_form_agreement(codes, items, density=masses, stray_share=share, splits=SPLITS, rng=rng)
            axes.vlines(place + off, *found.interval, color=colour, linewidth=5, alpha=0.4)
            axes.plot(place + off, found.predicted, marker="_", markersize=14, color=WARM if share else "black")
    axes.set_xticks(range(len(names)), names, fontsize=7)
    axes.set(ylabel="awarded again", title="Bars: observed, 95 %. Dashes: predicted; grey without, blue with strays")
    saved(figure, "half_forms")


def main() -> None:
    """Draw all four."""
    mpl.rcParams.update({"svg.hashsalt": "decile", "svg.fonttype": "none", "font.size": 9})
    codes = answers(SCALES[SCALE])
    items = calibrate(codes).items
    logs = log_likelihood(codes, items, NODES)
    cut = NormTable.from_log_likelihoods(logs, NODES).cut(0.90)
    item_curves(items)
    latent_density(estimate_latent_density(logs, NODES).masses, cut.theta, cut.standard_error)
    softened(0.018)
    half_forms(("BIG5 E", "BIG5 N", "BIG5 A", "BIG5 C", "BIG5 O", "CFCS", "SD3 P"))
    print(f"{SCALE}: cut {cut.theta:.4f} ± {cut.standard_error:.4f}, N {codes.shape[0]}; plots in {PLOTS}")


if __name__ == "__main__":
    main()
