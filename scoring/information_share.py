"""How much of what is known about a composite comes from judgement.

Nobody earns an award by self-report alone, so the share is part of the award rule, of the choice of the next item and
of what a result prints. Both kinds are first expressed as normal observations; the share follows from their joint
normal distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.normal import NODES, normal_prior

NORM_MARGIN = normal_prior(NODES)
SMALLEST_VARIANCE = float(NODES[1] - NODES[0]) ** 2 / 12  # of a mass spread over one cell; the grid tells no less

PATH_NODES, PATH_WEIGHTS = np.polynomial.legendre.leggauss(16)
PATH = (0.5 * (PATH_NODES + 1.0)) ** 3  # finer near no evidence, where variance falls fastest
PATH_STEPS = 0.5 * PATH_WEIGHTS * 3.0 * (0.5 * (PATH_NODES + 1.0)) ** 2


def effective_information(log_likelihood: NDArray[np.float64] | None) -> float:
    """Information, in 1 / logit², of the normal observation that tells as much as the responses of one kind.

    The responses alone turn the variance 1 of their theta into v; a normal observation that does the same has
    information 1/v - 1. None, no response, is 0.

    Parameters
    ----------
    log_likelihood : shape (61,) over `scoring.normal.NODES`, or None
    """
    if log_likelihood is None:
        return 0.0
    weights = NORM_MARGIN * np.exp(log_likelihood - log_likelihood.max())
    weights /= weights.sum()
    variance = float(weights @ (NODES - weights @ NODES) ** 2)
    return max(0.0, 1.0 / max(variance, SMALLEST_VARIANCE) - 1.0)


def share_of_judgement(information: ArrayLike, weights: ArrayLike, correlation: float) -> float:
    """Which share of the fall of the composite's variance is owed to judgement.

    Let evidence of both kinds come in step, from none (t = 0) to all (t = 1). With normal observations of information
    I_j and I_s the covariance of the thetas on the way is P(t) = (Sigma^-1 + t diag(I_j, I_s))^-1, and the variance
    w'P(t)w of the composite falls at the rate (P(t)w)_j² I_j + (P(t)w)_s² I_s. Integrating the first term over the
    way and dividing by the whole fall gives the share (the Aumann-Shapley value of the two kinds).

    It is .5 for equal weights and equal information whatever the correlation, 0 without judgement, 1 without
    self-report, I_j / (I_j + I_s) when the kinds measure the same, and each kind's own reduction when they are
    unrelated.

    Parameters
    ----------
    information : (judgement, self_report)
        Each at least 0, in 1 / logit².
    weights : (judgement, self_report)
        Of the composite; only their ratio matters.
    correlation : float
        Of both thetas in the norm group, between -1 and 1.

    Returns
    -------
    float
        0 … 1; 0 without any evidence.
    """
    given = np.maximum(np.asarray(information, dtype=float), 0.0)
    judgement, self_report = float(given[0]), float(given[1])
    if judgement == 0.0:
        return 0.0
    if self_report == 0.0:
        return 1.0
    r = correlation
    w_j, w_s = (float(weight) for weight in np.asarray(weights, dtype=float))
    rest = 1.0 - r * r
    own, other = 1.0 / rest + PATH * judgement, 1.0 / rest + PATH * self_report
    determinant = own * other - (r / rest) ** 2
    on_judgement = (other * w_j + r / rest * w_s) / determinant
    on_self_report = (own * w_s + r / rest * w_j) / determinant
    by_judgement = float(PATH_STEPS @ on_judgement**2) * judgement
    by_self_report = float(PATH_STEPS @ on_self_report**2) * self_report
    whole = by_judgement + by_self_report
    return by_judgement / whole if whole > 0 else 0.0
