"""Categories without an order: probabilities, information, and the two ways of writing a nominal item down."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidItems
from scoring.items import ItemParameters


def nominal_probabilities(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """P(X = k | theta) ∝ exp(a_k theta + c_k).

    Parameters
    ----------
    items : ItemParameters of J nominal items with at most K categories.
    theta : array-like, shape (Q,)
        In logits.

    Returns
    -------
    ndarray, shape (Q, J, K)
        Rows sum to one over an item's own categories; categories an item does not have hold 0.

    Raises
    ------
    InvalidItems
        When the items are not nominal.

    References
    ----------
    Bock (1972), equation 2.
    """
    a, c = _parts(items)
    points = np.asarray(theta, dtype=float).reshape(-1)
    exponents = a[None, :, :] * points[:, None, None] + c[None, :, :]
    exponents = np.where(np.isnan(exponents), -np.inf, exponents)
    weights = np.exp(exponents - exponents.max(axis=2, keepdims=True, initial=-np.inf))
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def nominal_information(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """Fisher information about theta, shape (Q, J): the variance of the category slope given theta (Bock 1972)."""
    probabilities = nominal_probabilities(items, theta)
    a = np.nan_to_num(_parts(items)[0])
    mean = (probabilities * a).sum(axis=2, keepdims=True)
    return np.asarray((probabilities * (a - mean) ** 2).sum(axis=2))


def from_scoring_form(slopes: ArrayLike, category_scores: ArrayLike, category_intercepts: ArrayLike) -> ItemParameters:
    """Read items written P(X = k) ∝ exp(s_k a theta + d_k), with s_0 = d_0 = 0 and s_{K-1} = K - 1.

    Parameters
    ----------
    slopes : array-like, shape (J,)
    category_scores, category_intercepts : array-like, shape (J, K), NaN padded

    References
    ----------
    Thissen, Cai & Bock (2010).
    """
    a = np.asarray(slopes, dtype=float).reshape(-1, 1)
    return ItemParameters.nominal(a * np.asarray(category_scores, dtype=float), category_intercepts)


def scoring_form(items: ItemParameters) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Write items with an overall slope (J,), category scores (J, K) and intercepts (J, K); see `from_scoring_form`.

    Raises
    ------
    InvalidItems
        When an item's first and last categories have the same slope: then there is no overall slope to divide by.
    """
    a, c = _parts(items)
    if (items.slopes == 0).any():
        raise InvalidItems(f"Item {int(np.argmin(np.abs(items.slopes)))}: its outer categories have the same slope.")
    return items.slopes.copy(), (a - a[:, :1]) / items.slopes[:, None], c - c[:, :1]


def _parts(items: ItemParameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if items.category_slopes is None or items.category_intercepts is None:
        raise InvalidItems(f"Category slopes belong to nominal items; these are {items.model}.")
    return items.category_slopes, items.category_intercepts
