"""Posteriors that know their own model is wrong now and then.

On real scales a posterior is a little too sure of itself: of people whom one half of a form places in the top decile,
fewer are placed there by the other half than the model says (`scoring.half_forms`). The predictions are right for
those near the cut and below it and wrong for those placed far above, whatever the latent density; so errors are not
all a little larger than the model's, but a few are very much larger. Now and then a form's answers say next to nothing
of where the person stands: care was lacking, items were read another way, a second trait or a style of answering
decided. And they do so at the ends of the scale more often than people stand there.

That is a contaminated likelihood with a wide contamination (Tukey 1960; Huber 1964): with probability e, the stray
share, the answers come from somebody drawn from N(0, 2²), else from the person. An outstanding form is thus a stray
one with a greater probability than e, as it should be, and no probability comes nearer to certainty than that allows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.normal import NODES, normal_prior

# Of what a stray form says, in standard deviations of the norm group. Of 1, 1.5, 2 and 3 it has the greatest split-half
# likelihood over the real scales together, and is within one unit of the best on most; see `benchmarks/half_forms.py`.
STRAY_SPREAD = 2.0
STRAY_MASSES = normal_prior(NODES, 0.0, STRAY_SPREAD)


def misfit_aware(log_likelihood: ArrayLike, stray_share: float) -> NDArray[np.float64]:
    """Log of the contaminated likelihood, (1 - e) L(theta) + e sum L(t) h(t), to be used in place of log L.

    Parameters
    ----------
    log_likelihood : array-like, shape (61,) or (N, 61)
        Of the responses over `scoring.normal.NODES`; a constant per person does not matter.
    stray_share : float
        e, at least 0 and below 1; from `scoring.half_forms.estimate_stray_share`.

    Returns
    -------
    ndarray, shaped as `log_likelihood`
        h being N(0, 2²) on the nodes.

    Raises
    ------
    ScoringError
        For a share outside its range, or a log-likelihood of another shape or nowhere finite.
    """
    logs = np.asarray(log_likelihood, dtype=float)
    if logs.ndim == 0 or logs.shape[-1] != NODES.size or not np.isfinite(logs.max(axis=-1)).all():
        raise ScoringError(f"A log-likelihood has {NODES.size} values, one per node, somewhere finite.")
    if not 0.0 <= stray_share < 1.0:
        raise ScoringError(f"A stray share is at least 0 and below 1; got {stray_share}.")
    if stray_share == 0.0:
        return logs
    highest = logs.max(axis=-1, keepdims=True)
    likelihood = np.exp(logs - highest)
    anybody = (likelihood @ STRAY_MASSES)[..., None]
    return np.asarray(np.log((1.0 - stray_share) * likelihood + stray_share * anybody) + highest)
