"""Item parameters that exist only if they are valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidItems

MODELS = ("graded", "2pl", "rasch", "gpcm", "nominal")
CENTRED = 1e-12  # a mean this near to zero is rounding: items read back from storage keep every bit


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ItemParameters:
    """Slopes and thresholds of J items, in the logit metric with D = 1.

    Parameters
    ----------
    slopes : array-like, shape (J,)
        Discrimination a, finite.
    thresholds : array-like, shape (J, K - 1)
        b_1 … b_{K-1}; items with fewer categories are padded with NaN on the right. For the graded model,
        P(X >= k) = logistic(a (theta - b_k)) with b_1 < b_2 < … (falling when a is negative); for gpcm, step parameters
        in any order; for 2pl and rasch, one column. Nominal items are made by `ItemParameters.nominal`.
    model : {"graded", "2pl", "rasch", "gpcm", "nominal"}

    Attributes
    ----------
    category_slopes, category_intercepts : ndarray, shape (J, K), or None
        Of nominal items, P(X = k) ∝ exp(a_k theta + c_k), each summing to zero over an item's categories; None under
        any other model.

    Raises
    ------
    InvalidItems
        For shapes that do not match, values that are not finite, gaps, or graded thresholds out of order.

    References
    ----------
    Samejima (1969); Muraki (1992); Bock (1972).
    """

    slopes: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    model: str
    category_slopes: NDArray[np.float64] | None
    category_intercepts: NDArray[np.float64] | None

    def __init__(self, slopes: ArrayLike, thresholds: ArrayLike, model: str = "graded") -> None:
        a = np.array(slopes, dtype=float, ndmin=1)
        b = np.array(thresholds, dtype=float)
        b = b[:, None] if b.ndim == 1 and b.size == a.size else b
        if model == "nominal":
            raise InvalidItems("Nominal items have a slope for each category: make them by ItemParameters.nominal.")
        _check(a, b, model)
        self._fill(a, b, model, None, None)

    def _fill(
        self,
        slopes: NDArray[np.float64],
        thresholds: NDArray[np.float64],
        model: str,
        category_slopes: NDArray[np.float64] | None,
        category_intercepts: NDArray[np.float64] | None,
    ) -> None:
        for array in (slopes, thresholds, category_slopes, category_intercepts):
            if array is not None:
                array.setflags(write=False)
        object.__setattr__(self, "slopes", slopes)
        object.__setattr__(self, "thresholds", thresholds)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "category_slopes", category_slopes)
        object.__setattr__(self, "category_intercepts", category_intercepts)

    @classmethod
    def nominal(cls, category_slopes: ArrayLike, category_intercepts: ArrayLike) -> ItemParameters:
        """Items whose categories have no order: P(X = k) ∝ exp(a_k theta + c_k).

        Parameters
        ----------
        category_slopes, category_intercepts : array-like, shape (J, K)
            NaN padded on the right. Only differences within an item matter; they are stored summing to zero.

        Returns
        -------
        ItemParameters
            Its `slopes` are the mean step (a_K - a_1) / (K - 1), which says which way an item is keyed; its
            `thresholds` are the falls c_k - c_{k+1} of the intercepts, in logits (no place on theta).

        Raises
        ------
        InvalidItems
            For shapes that do not match, values that are not finite, gaps, fewer than two categories.

        References
        ----------
        Bock (1972).
        """
        a = np.array(category_slopes, dtype=float, ndmin=2)
        c = np.array(category_intercepts, dtype=float, ndmin=2)
        c = c if a.shape == c.shape and a.ndim == 2 and a.shape[1] >= 2 else np.full(a.shape, np.inf)
        exists, padded = np.isfinite(a) & np.isfinite(c), np.isnan(a) & np.isnan(c)
        if not (exists | padded).all() or not exists[:, :2].all() or (padded[:, :-1] & exists[:, 1:]).any():
            raise InvalidItems("Nominal items need two finite categories or more from the left, then NaN padding only.")
        sizes = exists.sum(axis=1)
        a, c = _centred(a, sizes), _centred(c, sizes)
        items = object.__new__(cls)
        last = a[np.arange(sizes.size), sizes - 1]
        items._fill((last - a[:, 0]) / (sizes - 1), -np.diff(c, axis=1), "nominal", a, c)
        return items

    def __len__(self) -> int:
        return self.slopes.size

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ItemParameters)
            and self.model == other.model
            and np.array_equal(self.slopes, other.slopes)
            and np.array_equal(self.thresholds, other.thresholds, equal_nan=True)
            and (
                self.category_slopes is None
                or other.category_slopes is None
                or np.array_equal(self.category_slopes, other.category_slopes, equal_nan=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]  # compares arrays

    @property
    def categories(self) -> NDArray[np.int64]:
        """Number of response categories of each item, shape (J,)."""
        return np.asarray(np.isfinite(self.thresholds).sum(axis=1) + 1, dtype=np.int64)

    def take(self, indices: Sequence[int] | NDArray[np.int64] | NDArray[np.bool_]) -> ItemParameters:
        """Return the items at `indices`, in that order; or, of a mask of shape (J,), those where it holds.

        Raises
        ------
        InvalidItems
            For what is neither.
        """
        where = np.asarray(indices)
        if where.dtype == np.bool_ and where.shape == self.slopes.shape:
            where = np.flatnonzero(where)
        if where.size and not np.issubdtype(where.dtype, np.integer):
            raise InvalidItems(f"Items are taken by whole numbers, or by a mask of {len(self)}; got {where.dtype}.")
        where = where.astype(np.int64)
        if self.category_slopes is not None and self.category_intercepts is not None:
            return ItemParameters.nominal(self.category_slopes[where], self.category_intercepts[where])
        return ItemParameters(self.slopes[where], self.thresholds[where], self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return a form that survives JSON exactly: padding is left out."""
        if self.category_slopes is not None and self.category_intercepts is not None:
            return {
                "model": self.model,
                "category_slopes": _unpadded(self.category_slopes),
                "category_intercepts": _unpadded(self.category_intercepts),
            }
        return {"model": self.model, "slopes": self.slopes.tolist(), "thresholds": _unpadded(self.thresholds)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ItemParameters:
        """Read what `to_dict` gave."""
        if stored["model"] == "nominal":
            return cls.nominal(_padded(stored["category_slopes"]), _padded(stored["category_intercepts"]))
        return cls(stored["slopes"], _padded(stored["thresholds"]), stored["model"])


def _centred(table: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    mean = np.nansum(table, axis=1) / sizes
    return np.asarray(table - np.where(np.abs(mean) > CENTRED, mean, 0.0)[:, None])


def _unpadded(table: NDArray[np.float64]) -> list[list[float]]:
    return [[float(b) for b in row if np.isfinite(b)] for row in table]


def _padded(rows: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    width = max((len(row) for row in rows), default=1)
    return np.array([list(row) + [np.nan] * (width - len(row)) for row in rows], dtype=float).reshape(len(rows), width)


def _check(a: NDArray[np.float64], b: NDArray[np.float64], model: str) -> None:
    if model not in MODELS:
        raise InvalidItems(f"Unknown model {model!r}; known are {', '.join(MODELS)}.")
    if a.ndim != 1 or b.ndim != 2 or b.shape[0] != a.size:
        raise InvalidItems(f"Slopes {a.shape} and thresholds {b.shape} do not describe the same items.")
    if a.size and b.shape[1] == 0:
        raise InvalidItems("Each item needs a threshold at least, and so two categories.")
    if not np.isfinite(a).all():
        raise InvalidItems(f"Item {int(np.argmin(np.isfinite(a)))}: the slope is not a finite number.")
    finite = np.isfinite(b)
    padded = np.isnan(b)
    if not (finite | padded).all() or not finite[:, 0].all() or (padded[:, :-1] & finite[:, 1:]).any():
        raise InvalidItems("Each item needs finite thresholds from the left, then NaN padding on the right only.")
    if model in ("2pl", "rasch") and b.shape[1] != 1:
        raise InvalidItems(f"Model {model} has one threshold per item.")
    if model == "graded":
        steps = np.diff(b, axis=1) * np.where(a < 0, -1.0, 1.0)[:, None]
        wrong = np.nonzero((steps <= 0).any(axis=1))[0]
        if wrong.size:
            raise InvalidItems(
                f"Item {int(wrong[0])}: graded thresholds must rise from left to right; fall, where a slope is < 0."
            )
        undefined = np.nonzero((a == 0) & finite[:, 1:].any(axis=1))[0]
        if undefined.size:
            raise InvalidItems(
                f"Item {int(undefined[0])}: with a slope of 0, thresholds give its middle categories no probability."
            )
