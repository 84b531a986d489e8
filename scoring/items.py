"""Item parameters that exist only if they are valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidItems

MODELS = ("graded", "2pl", "rasch", "gpcm")


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
        in any order; for 2pl and rasch, one column.
    model : {"graded", "2pl", "rasch", "gpcm"}

    Raises
    ------
    InvalidItems
        For shapes that do not match, values that are not finite, gaps, or graded thresholds out of order.

    References
    ----------
    Samejima (1969); Muraki (1992).
    """

    slopes: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    model: str

    def __init__(self, slopes: ArrayLike, thresholds: ArrayLike, model: str = "graded") -> None:
        a = np.array(slopes, dtype=float, ndmin=1)
        b = np.array(thresholds, dtype=float)
        b = b[:, None] if b.ndim == 1 and b.size == a.size else b
        _check(a, b, model)
        a.setflags(write=False)
        b.setflags(write=False)
        object.__setattr__(self, "slopes", a)
        object.__setattr__(self, "thresholds", b)
        object.__setattr__(self, "model", model)

    def __len__(self) -> int:
        return self.slopes.size

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ItemParameters)
            and self.model == other.model
            and np.array_equal(self.slopes, other.slopes)
            and np.array_equal(self.thresholds, other.thresholds, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]  # compares arrays

    @property
    def categories(self) -> NDArray[np.int64]:
        """Number of response categories of each item, shape (J,)."""
        return np.asarray(np.isfinite(self.thresholds).sum(axis=1) + 1, dtype=np.int64)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> ItemParameters:
        """Return the items at `indices`, in that order."""
        where = np.asarray(indices, dtype=np.int64)
        return ItemParameters(self.slopes[where], self.thresholds[where], self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return a form that survives JSON exactly: padding is left out."""
        rows = [[float(b) for b in row if np.isfinite(b)] for row in self.thresholds]
        return {"model": self.model, "slopes": self.slopes.tolist(), "thresholds": rows}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ItemParameters:
        """Read what `to_dict` gave."""
        rows = stored["thresholds"]
        width = max((len(row) for row in rows), default=1)
        padded = [list(row) + [np.nan] * (width - len(row)) for row in rows]
        return cls(stored["slopes"], np.array(padded, dtype=float).reshape(len(rows), width), stored["model"])


def _check(a: NDArray[np.float64], b: NDArray[np.float64], model: str) -> None:
    if model not in MODELS:
        raise InvalidItems(f"Unknown model {model!r}; known are {', '.join(MODELS)}.")
    if a.ndim != 1 or b.ndim != 2 or b.shape[0] != a.size:
        raise InvalidItems(f"Slopes {a.shape} and thresholds {b.shape} do not describe the same items.")
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
