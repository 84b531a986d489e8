"""Posteriors that know their own model is wrong now and then.

On real scales a posterior is a little too sure of itself: of people whom one half of a form places in the top decile,
fewer are placed there by the other half than the model says (`scoring.half_forms`). The predictions are right for
those near the cut and below it and wrong for those placed far above, whatever the latent density; so errors are not
all a little larger than the model's, but a few are very much larger. Now and then a form's answers say next to nothing
of where the person stands: care was lacking, items were read another way, a second trait or a style of answering
decided.

That is a contaminated likelihood (Tukey 1960; Huber 1964): with probability e, the stray share, the answers would have
come from anybody, else from the model. It leaves the order of people and the latent density as they are, draws every
posterior a little towards the norm group, and never lets a probability come nearer to certainty than e allows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.normal import NODES, normal_prior


def misfit_aware(
    log_likelihood: ArrayLike, stray_share: float, density: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Log of the contaminated likelihood, (1 - e) L(theta) + e sum L(t) f(t), to be used in place of log L.

    Parameters
    ----------
    log_likelihood : array-like, shape (Q,) or (N, Q)
        Of the responses over the nodes; a constant per person does not matter.
    stray_share : float
        e, at least 0 and below 1; from `scoring.half_forms.estimate_stray_share`.
    density : array-like, shape (Q,), optional
        f, masses of the norm group's latent distribution over the nodes; by default N(0, 1) over
        `scoring.normal.NODES`.

    Returns
    -------
    ndarray, shaped as `log_likelihood`
        A posterior under the prior f is (1 - e) times the model's plus e times f.
    """
    logs = np.asarray(log_likelihood, dtype=float)
    masses = latent_masses(density, logs.shape[-1])
    if not 0.0 <= stray_share < 1.0:
        raise ScoringError(f"A stray share is at least 0 and below 1; got {stray_share}.")
    if not np.isfinite(logs.max(axis=-1)).all():
        raise ScoringError("Every person needs a finite log-likelihood at some node.")
    if stray_share == 0.0:
        return logs
    highest = logs.max(axis=-1, keepdims=True)
    likelihood = np.exp(logs - highest)
    anybody = (likelihood @ masses)[..., None]
    return np.asarray(np.log((1.0 - stray_share) * likelihood + stray_share * anybody) + highest)


def latent_masses(density: ArrayLike | None, size: int) -> NDArray[np.float64]:
    """Masses that sum to one, shape (Q,); N(0, 1) over the common nodes when none are given."""
    masses = normal_prior(NODES) if density is None else np.asarray(density, dtype=float).reshape(-1)
    if masses.size != size or not np.isfinite(masses).all() or (masses < 0).any() or masses.sum() <= 0:
        raise ScoringError(f"A latent density needs {size} finite masses, none below zero, not all zero.")
    return np.asarray(masses / masses.sum())
