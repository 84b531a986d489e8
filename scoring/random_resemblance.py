"""How much answers resemble random ones: a logistic regression on indices, learned from answers that were planted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.responses import MISSING

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

PENALTY = 1e-3  # on logistic weights of standardised indices
FARTHEST = 8.0  # standard deviations; indices beyond are as good as there


def random_answers(codes: Codes, categories: NDArray[np.int64], share: float, rng: np.random.Generator) -> Codes:
    """Replace a share of each person's answers, in random places, by uniform ones."""
    columns = codes.shape[1]
    replaced = rng.permuted(np.tile(np.arange(columns) < share * columns, (codes.shape[0], 1)), axis=1)
    drawn = np.floor(rng.random(codes.shape) * categories).astype(np.int8)
    return np.where((codes != MISSING) & replaced, drawn, codes)


def expanded(features: Floats, means: Floats, sds: Floats) -> Floats:
    """A one, the standardised indices, their squares and products."""
    z = np.clip((features - means) / sds, -FARTHEST, FARTHEST)
    products = [z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i + 1)]
    return np.column_stack([np.ones(z.shape[0]), z, *products])


def logistic_weights(careful: Floats, careless: Floats) -> Floats:
    """Weights of a logistic regression with both sides counted equally, shape (F,)."""
    from scipy.optimize import minimize  # noqa: PLC0415  whoever only looks at sittings by a rule never asks for it

    design = np.concatenate([careful, careless])
    is_careless = np.repeat([0.0, 1.0], [len(careful), len(careless)])
    mass = np.repeat([0.5 / len(careful), 0.5 / len(careless)], [len(careful), len(careless)])

    def loss(weights: Floats) -> tuple[float, Floats]:
        logit = design @ weights
        slope = mass * (1 / (1 + np.exp(-logit)) - is_careless)
        penalised = PENALTY * np.append(0.0, weights[1:])
        value = mass @ (np.logaddexp(0, logit) - is_careless * logit) + penalised @ weights / 2
        return float(value), design.T @ slope + penalised

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x)
