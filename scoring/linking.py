"""Two calibrations brought to one scale: theta_base = slope theta_new + intercept.

Every calibration with theta ~ N(0, 1) makes its own unit and origin from its own sample. Items common to both
calibrations say how the two scales relate; items whose parameters drifted must not (`parameter_drift`,
`purified_linking`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.common_items import check_common
from scoring.curve_linking import by_curves
from scoring.errors import InvalidItems, ScoringError
from scoring.items import ItemParameters
from scoring.unused_categories import known_to_both

Floats = NDArray[np.float64]

METHODS = ("stocking_lord", "haebara", "mean_sigma", "mean_mean")
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Link:
    """theta_base = slope * theta_new + intercept.

    Attributes
    ----------
    slope, intercept : float
    method : str
    criterion : float
        What the curve methods made least, at the end; 0 for the moment methods.
    """

    slope: float
    intercept: float
    method: str = "given"
    criterion: float = 0.0

    def theta(self, theta: ArrayLike) -> Floats:
        """Thetas of the new scale, on the base scale."""
        return np.asarray(self.slope * np.asarray(theta, dtype=float) + self.intercept)

    def standard_error(self, standard_error: ArrayLike) -> Floats:
        """Standard errors of thetas of the new scale, in units of the base scale."""
        return np.asarray(self.slope * np.asarray(standard_error, dtype=float))

    def items(self, new: ItemParameters) -> ItemParameters:
        """Items of the new calibration on the base scale: a / A, A b + B; nominal a_k / A, c_k - a_k B / A."""
        if new.category_slopes is not None and new.category_intercepts is not None:
            slopes = new.category_slopes / self.slope
            return ItemParameters.nominal(slopes, new.category_intercepts - slopes * self.intercept)
        return ItemParameters(new.slopes / self.slope, self.slope * new.thresholds + self.intercept, new.model)

    def inverse(self) -> Link:
        """The link from the base scale to the new one."""
        return Link(1 / self.slope, -self.intercept / self.slope, self.method)


def link(
    new: ItemParameters,
    base: ItemParameters,
    method: str = "stocking_lord",
    *,
    nodes: ArrayLike | None = None,
    density: ArrayLike | None = None,
    symmetric: bool = False,
) -> Link:
    """Find the constants that bring a new calibration to the base scale, from their common items.

    Parameters
    ----------
    new, base : ItemParameters
        The common items, in the same order, under the same model.
    method : {"stocking_lord", "haebara", "mean_sigma", "mean_mean"}
        The first compares test characteristic curves, the second every category's curve, both over `nodes`; the
        others compare means and standard deviations of slopes and thresholds.
    nodes, density : array-like, shape (Q,), optional
        Of the population over which curves are compared, on the base scale; by default 161 nodes on -4 … 4 under the
        standard normal density.
    symmetric : bool
        Compare the curves on the new scale as well, over the same nodes and density there, and add the two.

    Returns
    -------
    Link

    Raises
    ------
    InvalidItems
        When the items do not correspond, or say nothing about unit or origin.
    ScoringError
        For an unknown method or a density that is none, and where the search of a curve method found no constants.

    References
    ----------
    Loyd & Hoover (1980); Marco (1977); Haebara (1980); Stocking & Lord (1983); Kolen & Brennan (2014), chapter 6.
    """
    if method not in METHODS:
        raise ScoringError(f"Unknown method {method!r}; known are {', '.join(METHODS)}.")
    check_common(new, base)
    if method in {"mean_mean", "mean_sigma"}:
        slope, intercept = _by_moments(new, base, sigma=method == "mean_sigma")
        return Link(slope, intercept, method)
    slope, intercept, criterion = by_curves(new, base, method, nodes, density, symmetric=symmetric)
    return Link(slope, intercept, method, criterion)


def _by_moments(new: ItemParameters, base: ItemParameters, *, sigma: bool) -> tuple[float, float]:
    """Mean/mean or mean/sigma, over every threshold of every common item that both calibrations know."""
    if new.model == "nominal":
        raise InvalidItems("Nominal items have no thresholds on theta; link them by their curves (haebara).")
    known = known_to_both(new, base)
    there, here = new.thresholds[:, : known.shape[1]][known], base.thresholds[:, : known.shape[1]][known]
    items = known.any(axis=1)
    if not items.any():
        raise InvalidItems("No threshold of a common item is known to both calibrations.")
    if sigma:
        if there.size < 2 or there.std() < TINY or here.std() < TINY:
            raise InvalidItems("Mean/sigma needs common thresholds that differ from each other.")
        slope = float(here.std(ddof=1) / there.std(ddof=1))
    else:
        slope = float(np.abs(new.slopes[items]).mean() / np.abs(base.slopes[items]).mean())
    return slope, float(here.mean() - slope * there.mean())
