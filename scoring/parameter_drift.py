"""Item parameter drift: which common items no longer lie where the others say they should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration import StandardErrors
from scoring.common_items import FLATTEST_SLOPE, check_common, displacements
from scoring.items import ItemParameters
from scoring.multiple_testing import benjamini_hochberg
from scoring.normal import normal_distribution
from scoring.unused_categories import known_to_both

Floats = NDArray[np.float64]
Errors = tuple[StandardErrors, StandardErrors]  # of the new items and of the base

NORMAL_PER_QUARTILE_RANGE = 0.74  # standard deviation of a normal variable in interquartile ranges
LEVEL = 0.05  # of the items called drifted, the share that may be stable; judged over both tests of every item
LEAST_DRIFT = 0.10  # logits of location, or of log slope: less is not worth losing an anchor, however sure
LARGE_DRIFT = 0.30  # the same: so much, beyond an item's own error, is drift however much the others moved as well
MOST_BEYOND = 1.5  # times the error of sampling: nine of ten stable banks show less, with a fifth answered by each
TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class DriftScreen:
    """How far each common item lies from where the others say it should.

    Attributes
    ----------
    slope_z, location_z : ndarray, shape (J,)
        Robust z of the log slope ratio and of the shift in location. Large but finite where all others agree exactly.
    slope_drift, location_drift : ndarray, shape (J,)
        The same before scaling: log ratio and logits of the base scale, from the median item.
    has_drifted : ndarray of bool, shape (J,)
    """

    slope_z: Floats
    location_z: Floats
    slope_drift: Floats
    location_drift: Floats
    has_drifted: NDArray[np.bool_]

    @property
    def worst(self) -> Floats:
        """The larger of the two |z|, shape (J,)."""
        return np.maximum(np.abs(self.slope_z), np.abs(self.location_z))


def robust_z(
    new: ItemParameters,
    base: ItemParameters,
    *,
    among: ArrayLike | None = None,
    errors: Errors | None = None,
    level: float = LEVEL,
    least: float = LEAST_DRIFT,
) -> DriftScreen:
    """Screen common items for drift: z = (d - median d) / s, all z of all items tested together.

    Without `errors` s is .74 interquartile range of d, one for all items (Huynh & Meyer). With them it is each item's
    own standard error of d, times .74 interquartile range of d over its standard error where that is above 1: a badly
    measured item is no drifted one, and what moves every item a little is no drift of each. An item that moved far
    (`LARGE_DRIFT`) is judged by its own error, times `MOST_BEYOND` at most: where two populations answer every item
    otherwise, it has drifted all the same. Thresholds' errors count as independent within an item; they nearly are.

    Locations are compared by the thresholds that both calibrations know. Where nobody chose a category, that alone is
    no drift of the item; whether it should have been chosen is for the caller, who knows how many answered.

    Parameters
    ----------
    new, base : ItemParameters
        The common items, in the same order.
    among : array-like of bool, shape (J,), optional
        The items whose median and interquartile range are taken; all by default.
    errors : (StandardErrors, StandardErrors), optional
        Of `new` and of `base`, where both are known.
    level : float
        Share of false ones among the items that are found to have drifted, of 2 J tests (Benjamini & Hochberg).
    least : float
        Drift, of log slope or of location in logits, below which an item is kept whatever its z.

    References
    ----------
    Huynh & Meyer (2010); Benjamini & Hochberg (1995).
    """
    check_common(new, base)
    trusted = np.ones(len(new), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    return screened(new, base, trusted, spreads_of(new, base, trusted, errors), level=level, least=least)


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Standard deviations of every item's drift in log slope and in location, were it stable, (2, J).

    `whole` is each item's error of sampling times what all items show beyond that; `own` no more than `MOST_BEYOND`
    times, which is what errors of sampling are told too small by. The same where no error is known.
    """

    whole: Floats
    own: Floats


def screened(
    new: ItemParameters,
    base: ItemParameters,
    trusted: NDArray[np.bool_],
    spreads: Spreads,
    *,
    level: float,
    least: float,
) -> DriftScreen:
    """What `robust_z` finds, given the spreads."""
    unit, place = displacements(new, base)
    middle = float(np.median(unit[trusted]))
    places = place(float(np.exp(middle)))
    drift = np.stack([unit - middle, places - np.median(places[trusted])])
    z = drift / spreads.whole
    is_sure, is_sure_alone = (_adjusted(drift / spread) <= level for spread in (spreads.whole, spreads.own))
    size = np.abs(drift)
    drifted = ((is_sure & (size > least)) | (is_sure_alone & (size >= LARGE_DRIFT))).any(axis=0)
    turned = np.sign(new.slopes) != np.sign(base.slopes)
    return DriftScreen(z[0], z[1], drift[0], drift[1], drifted | turned)


def spreads_of(new: ItemParameters, base: ItemParameters, trusted: NDArray[np.bool_], errors: Errors | None) -> Spreads:
    """Of the drift of common items, as the `trusted` among them show it."""
    unit, place = displacements(new, base)
    slope = float(np.exp(np.median(unit[trusted])))
    values = (unit, place(slope))
    if errors is None:
        whole = np.stack([_scaled(one, trusted, None) for one in values])
        return Spreads(whole, whole)
    own = _sampling_errors(new, base, slope, *errors)
    whole = np.stack([_scaled(one, trusted, error) for one, error in zip(values, own, strict=True)])
    return Spreads(whole, np.minimum(whole, MOST_BEYOND * np.stack(own)))


def _adjusted(z: Floats) -> Floats:
    """P of all tests together, of either sign."""
    return benjamini_hochberg(2 * normal_distribution(-np.abs(z)).ravel()).reshape(z.shape)


def _scaled(values: Floats, trusted: NDArray[np.bool_], own: Floats | None) -> Floats:
    errors, least = (np.ones(values.size), TINY) if own is None else (own, 1.0)
    low, high = np.percentile(((values - np.median(values[trusted])) / errors)[trusted], [25, 75])
    return np.asarray(errors * max(NORMAL_PER_QUARTILE_RANGE * (high - low), least))


def _sampling_errors(
    new: ItemParameters, base: ItemParameters, slope: float, of_new: StandardErrors, of_base: StandardErrors
) -> tuple[Floats, Floats]:
    """Standard errors of the log slope ratio and of the shift in location; an item without any has the usual one."""
    ratio = np.hypot(
        *(
            given.slopes / np.maximum(np.abs(items.slopes), FLATTEST_SLOPE)
            for items, given in ((new, of_new), (base, of_base))
        )
    )
    known = known_to_both(new, base)
    of_sums = [_squared_sum(given.thresholds, known) for given in (of_new, of_base)]
    shift = np.sqrt(slope**2 * of_sums[0] + of_sums[1]) / np.maximum(known.sum(axis=1), 1)
    return _completed(ratio), _completed(shift)


def _squared_sum(errors: Floats, known: NDArray[np.bool_]) -> Floats:
    """Of the thresholds that are known to both, shape (J,); a calibration has no errors of codes it never saw."""
    width = known.shape[1]
    wide = np.pad(errors, ((0, 0), (0, max(width - errors.shape[1], 0))), constant_values=np.nan)[:, :width]
    return np.asarray(np.where(known, wide**2, 0.0).sum(axis=1))


def _completed(errors: Floats) -> Floats:
    is_known = np.isfinite(errors) & (errors > 0)
    return np.where(is_known, errors, np.median(errors[is_known]) if is_known.any() else 1.0)
