"""The distribution function of a latent density: from heights at nodes to a fine grid, with its standard error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.continuous import cubic
from scoring.empirical_distribution import FLOOR, SAME
from scoring.errors import ScoringError
from scoring.latent_density import LatentDensity

GRID_POINTS = 481  # steps of .025 on -6 … 6: a straight line between them is within .0001 of a normal percentile
NODE_COUNT = 121  # nodes at which a latent density is estimated from scores and their errors
WIDEST = 6.0  # theta; the grid reaches at least this far to both sides
STEPS_IN_SPREAD = 4  # of the nodes; wider apart they hide how people spread


def nodes_for(scores: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nodes that hold all scores, near enough to one another to show how most of them spread."""
    nodes = np.linspace(min(-WIDEST, scores.min()), max(WIDEST, scores.max()), NODE_COUNT)
    step, usual_step = nodes[1] - nodes[0], 2 * WIDEST / (NODE_COUNT - 1)
    low, middle, high = np.percentile(scores, [25, 50, 75])
    spread = max(float(high - low) / 1.349, float(np.median(errors)))
    if step > usual_step * (1 + SAME) and step * STEPS_IN_SPREAD > spread:
        row = int(np.argmax(np.abs(scores - middle)))
        raise ScoringError(
            f"Person {row}: a score of {scores[row]:g} is too far out to be normed together with others that spread by "
            f"{spread:.3g} around {middle:.3g}; leave the person out, or give scores on a scale around 0."
        )
    return nodes


def distribution_of(
    nodes: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Grid, distribution and density from heights at nodes: the log density runs in cubics from node to node."""
    half = (nodes[1] - nodes[0]) / 2
    low, high = min(-WIDEST, nodes[0] - half), max(WIDEST, nodes[-1] + half)
    grid = np.linspace(low, high, GRID_POINTS)
    logs = np.log(np.maximum(heights / heights.max(), FLOOR))
    density = np.maximum(np.exp(cubic(grid, nodes, logs)), FLOOR)
    density[(grid < nodes[0] - half) | (grid > nodes[-1] + half)] = FLOOR
    pieces = np.diff(grid) * (density[1:] + density[:-1]) / 2
    distribution = np.concatenate([[0.0], np.cumsum(pieces)])
    total = distribution[-1]
    distribution = distribution / total
    distribution[-1] = 1.0
    return grid, distribution, density / total


def error_of_distribution(
    latent: LatentDensity, grid: NDArray[np.float64], distribution: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the standard error of the distribution function at each grid point, by the delta method."""
    step = latent.nodes[1] - latent.nodes[0]
    covered = np.clip((grid[:, None] - latent.nodes) / step + 0.5, 0.0, 1.0)  # share of a node's cell below a point
    change = (covered - distribution[:, None]) * latent.masses
    variance = np.einsum("gq,qr,gr->g", change, latent.covariance, change, optimize=True)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
