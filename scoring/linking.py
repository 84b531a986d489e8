"""Two calibrations brought to one scale: theta_base = slope theta_new + intercept, and items that no longer hold it.

Every calibration with theta ~ N(0, 1) makes its own unit and origin from its own sample. Items common to both
calibrations say how the two scales relate; items whose parameters drifted must not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from scoring.calibration import StandardErrors
from scoring.calibration_models import CLOSE, FAR
from scoring.errors import InvalidItems, ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.multiple_testing import benjamini_hochberg
from scoring.normal import normal_density, normal_distribution

Floats = NDArray[np.float64]
Errors = tuple[StandardErrors, StandardErrors]  # of the new items and of the base

METHODS = ("stocking_lord", "haebara", "mean_sigma", "mean_mean")
NODES = 161  # in steps of .05
WIDEST = 4.0  # theta; the nodes of the two curve methods
STEEPEST = 20.0  # a scale this many times another's unit is no scale; the search does not leave it
FLATTEST_SLOPE = 1e-3  # logits; an item nearer to zero says nothing about the unit
AT_THE_END = 1e-6  # logarithm of the unit; how near to the end of its range the search was held by it
LEAST_PULL = 1e-6  # change of the gap for each logit, relative to the gap: with less the search had nothing to follow
CLOSE_ENOUGH = 1e-14  # relative change of the criterion and of the constants at which the search ends
NORMAL_PER_QUARTILE_RANGE = 0.74  # standard deviation of a normal variable in interquartile ranges
LEVEL = 0.05  # of the items called drifted, the share that may be stable; judged over both tests of every item
LEAST_DRIFT = 0.10  # logits of location, or of log slope: less is not worth losing an anchor, however sure
LARGE_DRIFT = 0.30  # the same: so much, beyond an item's own error, is drift however much the others moved as well
MOST_BEYOND = 1.5  # times the error of sampling: nine of ten stable banks show less, with a fifth answered by each
FEWEST_ANCHORS = 3
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
    _check_common(new, base)
    if method in {"mean_mean", "mean_sigma"}:
        slope, intercept = _by_moments(new, base, sigma=method == "mean_sigma")
        return Link(slope, intercept, method)
    points, masses = _population(nodes, density)
    return _by_curves(new, base, method, points, masses, symmetric=symmetric)


def _check_common(new: ItemParameters, base: ItemParameters) -> None:
    if len(new) != len(base) or len(new) == 0 or new.model != base.model:
        raise InvalidItems(
            f"Common items come in pairs of one model: there are {len(new)} new ones ({new.model}) and {len(base)} "
            f"base ones ({base.model})."
        )
    if (new.categories != base.categories).any():
        raise InvalidItems(
            f"Item {int(np.argmax(new.categories != base.categories))} has other categories in the base."
        )
    if not (np.abs(_steepness(new)) > FLATTEST_SLOPE).any() or not (np.abs(_steepness(base)) > FLATTEST_SLOPE).any():
        raise InvalidItems("No common item discriminates; nothing can be linked through them.")


def _steepness(items: ItemParameters) -> Floats:
    """How fast each item's most different categories part with theta."""
    if items.category_slopes is None:
        return items.slopes
    return np.asarray(np.nanmax(items.category_slopes, axis=1) - np.nanmin(items.category_slopes, axis=1))


def _by_moments(new: ItemParameters, base: ItemParameters, *, sigma: bool) -> tuple[float, float]:
    """Mean/mean or mean/sigma, over every threshold of every common item that both calibrations know."""
    if new.model == "nominal":
        raise InvalidItems("Nominal items have no thresholds on theta; link them by their curves (haebara).")
    known = _known_to_both(new, base)
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


def _known_to_both(new: ItemParameters, base: ItemParameters) -> NDArray[np.bool_]:
    """Which thresholds, (J, most categories - 1), are estimates in both and no mere mark of a category nobody chose.

    Such a mark lies about FAR logits out, where no estimate comes; averaged like one, it outweighs all others.
    """
    width = int(new.categories.max()) - 1
    logits = [np.abs(items.slopes[:, None] * items.thresholds[:, :width]) for items in (new, base)]
    return np.asarray((logits[0] < FAR / 2) & (logits[1] < FAR / 2))  # padding is NaN, and not below anything


def with_unused_above(items: ItemParameters, categories: ArrayLike) -> ItemParameters:
    """Graded items with as many categories as they are known to have, of which nobody chose the highest.

    A calibration knows only the codes it saw. Thresholds of codes above them lie FAR logits out, as those of unused
    codes below the lowest do.

    Parameters
    ----------
    items : ItemParameters
        As `calibrate` found them.
    categories : array-like of int, shape (J,)
        Number of categories of each item, none below that in `items`.

    Raises
    ------
    InvalidItems
        For another model, or fewer categories than an item has.
    """
    wanted = np.asarray(categories, dtype=np.int64)
    if items.model != "graded" or wanted.shape != (len(items),) or (wanted < items.categories).any():
        raise InvalidItems(
            "Only graded items can be given categories above theirs, as many for each as it has or more."
        )
    table = np.full((len(items), int(wanted.max()) - 1), np.nan)
    for j, (own, all_of_it) in enumerate(zip(items.categories, wanted, strict=True)):
        table[j, : own - 1] = items.thresholds[j, : own - 1]
        beyond = FAR + CLOSE * np.arange(all_of_it - own)
        table[j, own - 1 : all_of_it - 1] = table[j, own - 2] + beyond / items.slopes[j]
    return ItemParameters(items.slopes, table)


def _population(nodes: ArrayLike | None, density: ArrayLike | None) -> tuple[Floats, Floats]:
    points = np.linspace(-WIDEST, WIDEST, NODES) if nodes is None else np.asarray(nodes, dtype=float).reshape(-1)
    masses = normal_density(points) if density is None else np.asarray(density, dtype=float).reshape(-1)
    usable = points.shape == masses.shape and np.isfinite(points).all() and np.isfinite(masses).all()
    if not usable or (masses < 0).any() or masses.sum() <= 0:
        raise ScoringError("A density needs as many finite heights as nodes, none below zero, not all zero.")
    return points, masses / masses.sum()


def _by_curves(
    new: ItemParameters, base: ItemParameters, method: str, points: Floats, masses: Floats, *, symmetric: bool
) -> Link:
    curves = _test_curve if method == "stocking_lord" else _category_curves
    root = np.sqrt(masses).reshape(-1, *([1] * (1 if method == "stocking_lord" else 2)))
    here = curves(base, points)
    there = curves(new, points)

    def apart(constants: Floats) -> Floats:
        """Differences between the curves, whose squares are summed; the unit is searched for by its logarithm."""
        slope, intercept = float(np.exp(constants[0])), float(constants[1])
        gaps = [(root * (here - curves(new, (points - intercept) / slope))).ravel()]
        if symmetric:
            gaps.append((root * (there - curves(base, slope * points + intercept))).ravel())
        return np.concatenate(gaps)

    found = min((_least(apart, start) for start in _starts(new, base)), key=lambda end: float(end.cost))
    _refuse_failure(found)
    return Link(float(np.exp(found.x[0])), float(found.x[1]), method, float(2 * found.cost))


def _least(apart: Callable[[Floats], Floats], start: tuple[float, float]) -> Any:
    reach = np.log(STEEPEST)
    return least_squares(
        apart,
        [float(np.clip(np.log(start[0]), -0.99 * reach, 0.99 * reach)), start[1]],
        jac="3-point",
        bounds=([-reach, -np.inf], [reach, np.inf]),
        xtol=CLOSE_ENOUGH,
        ftol=CLOSE_ENOUGH,
        gtol=CLOSE_ENOUGH,
    )


def _refuse_failure(end: Any) -> None:
    if np.log(STEEPEST) - abs(end.x[0]) < AT_THE_END:
        raise ScoringError(f"One scale's unit would be {STEEPEST:g} times the other's or more; these are not linked.")
    if np.linalg.norm(end.jac) < LEAST_PULL * np.linalg.norm(end.fun):
        raise ScoringError("The common items' curves are too far apart for a search to bring them together.")


def _starts(new: ItemParameters, base: ItemParameters) -> list[tuple[float, float]]:
    """Equal scales, and the robust relation of the items' own units and places, near and as far off as it lies.

    The best end is kept.
    """
    unit, place = _displacements(new, base)
    slope = float(np.exp(np.clip(np.median(unit), -2.0, 2.0)))
    shift = float(np.median(place(slope)))
    return [(1.0, 0.0), (slope, float(np.clip(shift, -WIDEST, WIDEST))), (slope, shift)]


def _test_curve(items: ItemParameters, theta: Floats) -> Floats:
    """Expected total score, (Q, 1)."""
    probabilities = category_probabilities(items, theta)
    return np.asarray((probabilities @ np.arange(probabilities.shape[2])).sum(axis=1, keepdims=True))


def _category_curves(items: ItemParameters, theta: Floats) -> Floats:
    return category_probabilities(items, theta)


def _displacements(new: ItemParameters, base: ItemParameters) -> tuple[Floats, Callable[[float], Floats]]:
    """Log ratio of every item's unit, new over base, and its shift of place once the new unit is multiplied by A."""
    steep_new = np.maximum(np.abs(_steepness(new)), FLATTEST_SLOPE)
    steep_base = np.maximum(np.abs(_steepness(base)), FLATTEST_SLOPE)
    if new.model == "nominal":
        places_new, places_base = _balance(new), _balance(base)
    else:
        known = _known_to_both(new, base)
        known |= ~known.any(axis=1, keepdims=True)  # an item of marks alone has moved out of reach: that is a drift
        places_new, places_base = (
            np.nanmean(np.where(known, items.thresholds[:, : known.shape[1]], np.nan), axis=1) for items in (new, base)
        )
    return np.log(steep_new / steep_base), lambda slope: np.asarray(places_base - slope * places_new)


def _balance(items: ItemParameters) -> Floats:
    """Where a nominal item's steepest falling and rising categories are equally likely."""
    assert items.category_slopes is not None  # noqa: S101  tells the type checker what `nominal` means
    assert items.category_intercepts is not None  # noqa: S101
    rows = np.arange(len(items))
    low, high = np.nanargmin(items.category_slopes, axis=1), np.nanargmax(items.category_slopes, axis=1)
    fall = items.category_intercepts[rows, low] - items.category_intercepts[rows, high]
    return np.asarray(fall / np.maximum(_steepness(items), FLATTEST_SLOPE))


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
    _check_common(new, base)
    trusted = np.ones(len(new), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    return _screened(new, base, trusted, _spreads(new, base, trusted, errors), level=level, least=least)


def _screened(
    new: ItemParameters,
    base: ItemParameters,
    trusted: NDArray[np.bool_],
    spreads: Spreads,
    *,
    level: float,
    least: float,
) -> DriftScreen:
    unit, place = _displacements(new, base)
    middle = float(np.median(unit[trusted]))
    places = place(float(np.exp(middle)))
    drift = np.stack([unit - middle, places - np.median(places[trusted])])
    z = drift / spreads.whole
    is_sure, is_sure_alone = (_adjusted(drift / spread) <= level for spread in (spreads.whole, spreads.own))
    size = np.abs(drift)
    drifted = ((is_sure & (size > least)) | (is_sure_alone & (size >= LARGE_DRIFT))).any(axis=0)
    turned = np.sign(new.slopes) != np.sign(base.slopes)
    return DriftScreen(z[0], z[1], drift[0], drift[1], drifted | turned)


def _adjusted(z: Floats) -> Floats:
    """P of all tests together, of either sign."""
    return benjamini_hochberg(2 * normal_distribution(-np.abs(z)).ravel()).reshape(z.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Standard deviations of every item's drift in log slope and in location, were it stable, (2, J).

    `whole` is each item's error of sampling times what all items show beyond that; `own` no more than `MOST_BEYOND`
    times, which is what errors of sampling are told too small by. The same where no error is known.
    """

    whole: Floats
    own: Floats


def _spreads(new: ItemParameters, base: ItemParameters, trusted: NDArray[np.bool_], errors: Errors | None) -> Spreads:
    unit, place = _displacements(new, base)
    slope = float(np.exp(np.median(unit[trusted])))
    values = (unit, place(slope))
    if errors is None:
        whole = np.stack([_scaled(one, trusted, None) for one in values])
        return Spreads(whole, whole)
    own = _sampling_errors(new, base, slope, *errors)
    whole = np.stack([_scaled(one, trusted, error) for one, error in zip(values, own, strict=True)])
    return Spreads(whole, np.minimum(whole, MOST_BEYOND * np.stack(own)))


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
    known = _known_to_both(new, base)
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


@dataclass(frozen=True, slots=True, eq=False)
class PurifiedLink:
    """A link through the common items that hold, and which those are.

    Attributes
    ----------
    link : Link
    is_anchor : ndarray of bool, shape (J,)
    screen : DriftScreen
        Of all common items, against the anchors that remained.
    dropped : tuple of int
        In the order in which they were found.
    notes : tuple of str
    """

    link: Link
    is_anchor: NDArray[np.bool_]
    screen: DriftScreen
    dropped: tuple[int, ...]
    notes: tuple[str, ...]


def purified_link(
    new: ItemParameters,
    base: ItemParameters,
    method: str = "stocking_lord",
    *,
    errors: Errors | None = None,
    level: float = LEVEL,
    least: float = LEAST_DRIFT,
    fewest: int = FEWEST_ANCHORS,
    among: ArrayLike | None = None,
) -> PurifiedLink:
    """Link, leaving out drifted items: drop the worst by robust z, look again, until none is left that drifted.

    One at a time, because a drifted item moves the median by which the others are judged. The spread they are judged
    by is that of the first look: each item dropped makes the range of the others narrower, and it would end too
    narrow for stable ones.

    Parameters
    ----------
    new, base, method
        As for `link`.
    errors, level, least
        As for `robust_z`.
    fewest : int
        Anchors below which none is dropped any more; `notes` then names the items still in doubt.
    among : array-like of bool, shape (J,), optional
        The items that may be anchors; all by default.

    References
    ----------
    Huynh & Meyer (2010); Candell & Drasgow (1988) for the iteration.
    """
    _check_common(new, base)
    anchor = np.ones(len(new), dtype=bool) if among is None else np.array(among, dtype=bool)
    spreads = _spreads(new, base, anchor, errors)
    dropped: list[int] = []
    screen = _screened(new, base, anchor, spreads, level=level, least=least)
    while anchor.sum() > fewest and (screen.has_drifted & anchor).any():
        suspects = np.where(screen.has_drifted & anchor, screen.worst, -1.0)
        dropped.append(int(np.argmax(suspects)))
        anchor[dropped[-1]] = False
        screen = _screened(new, base, anchor, spreads, level=level, least=least)
    doubtful = np.nonzero(screen.has_drifted & anchor)[0]
    notes = tuple(f"Item {j} may have drifted; it was kept as one of the last {fewest} anchors." for j in doubtful)
    kept = np.nonzero(anchor)[0]
    return PurifiedLink(link(new.take(kept), base.take(kept), method), anchor, screen, tuple(dropped), notes)
