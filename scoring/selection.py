"""Which item comes next: the one expected to say most about the composite where the decision is made.

Three duties come before information, in this order: judgement keeps its share of what is known, where an award is in
reach; every facet is heard in time; a scenario more than the limit is never shown. Among the best few the choice is
random (Kingsbury & Zara 1989), so that no item is worn out and no sitting can be foretold; with the same generator it
is the same choice.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scoring.composite import CompositePosterior
from scoring.errors import ScoringError
from scoring.graded_response import item_information
from scoring.information_share import share_of_judgement
from scoring.items import ItemParameters
from scoring.normal import NODES

JUDGEMENT, SELF_REPORT = 0, 1
SHARE_ALLOWANCE = 0.01  # of the judgement share; what a response tells varies around what was expected of it
Tables = tuple[NDArray[np.float64], NDArray[np.float64]]


def information_tables(judgement_items: ItemParameters, self_report_items: ItemParameters) -> Tables:
    """Information of each item over `scoring.normal.NODES`, shapes (61, J_j) and (61, J_s), to hand to `next_item`."""
    return item_information(judgement_items, NODES), item_information(self_report_items, NODES)


def next_item(
    posterior: CompositePosterior,
    judgement_items: ItemParameters,
    self_report_items: ItemParameters,
    *,
    kinds: NDArray[np.int64],
    available: NDArray[np.bool_],
    facets: NDArray[np.int64],
    facet_counts: NDArray[np.int64],
    kind_counts: NDArray[np.int64],
    cut: float | None,
    facet_share: float = 0.2,
    least_judgement_share: float = 0.5,
    most_scenarios: int = 20,
    fewest_of_kind: tuple[int, int] = (5, 5),
    fewest_units: int = 12,
    best: int = 5,
    early_best: int | None = None,
    probability: float | None = None,
    owed_from: float = 0.0,
    tables: Tables | None = None,
    rng: np.random.Generator,
) -> int | None:
    """Choose the next item of a sitting.

    Parameters
    ----------
    posterior : CompositePosterior
        After the units so far.
    judgement_items, self_report_items : ItemParameters
        Of J_j scenarios and J_s statements, J in all.
    kinds : ndarray of int, shape (J,)
        0 judgement, 1 self-report; the r-th item of a kind, in this order, has row r of that kind's parameters.
    available : ndarray of bool, shape (J,)
        What may be shown to this person at all.
    facets : ndarray of int, shape (J,)
        Facet of each item, from 0.
    facet_counts, kind_counts : ndarray of int, shapes (F,) and (2,)
        Scored units so far, by facet and by kind.
    cut : float or None
        On the composite; None before there is one: the decision is then at the current estimate.
    facet_share, least_judgement_share : float
        Shares that every facet, and judgement, keep; see `urgent_facets` and `kinds_in_order`.
    most_scenarios, fewest_units : int
        Scenarios at most in a sitting; units before which it cannot end.
    fewest_of_kind : (scenarios, statements)
        Reached by the fewest units where the bank allows.
    best : int
        The choice is random among so many of the most informative.
    early_best : int, optional
        The same before the fewest units. Everybody has those, and most people no more: drawn from many, they leave the
        best items unworn for the undecided who go on (Chang & Ying 1999).
    probability : float, optional
        P(composite >= cut) as `stopping.decide` was told.
    owed_from : float
        Probability from which judgement's share is owed. Below it nobody is near an award, and scenarios spent there
        are worn for nothing; whoever rises above it again has them first.
    tables : from `information_tables`, optional
        Saves computing the items' information anew.
    rng : numpy.random.Generator
        The same state gives the same item.

    Returns
    -------
    int or None
        Index into the J items. None when nothing is available within the limits, or when every minimum is reached and
        only statements are left of which one more would cost judgement its share, without which there is no award.

    Raises
    ------
    ScoringError
        When the arrays do not describe the same items.
    """
    fewest_among = best if early_best is None else min(best, early_best)
    _check((len(judgement_items), len(self_report_items)), kinds, available, facets, fewest_among)
    gain, information = expected_gain(
        posterior, judgement_items, self_report_items, kinds=kinds, cut=cut, tables=tables
    )
    allowed = available & ((kinds == SELF_REPORT) | (kind_counts[JUDGEMENT] < most_scenarios))
    if not allowed.any():
        return None
    typical = _typical(information, allowed & (kinds == SELF_REPORT), best)
    following = _share_after_statement(posterior, typical)
    is_owed = least_judgement_share > 0.0 and (probability is None or probability >= owed_from)
    is_short = is_owed and following < least_judgement_share + SHARE_ALLOWANCE
    wanting = np.maximum(np.array(fewest_of_kind) - kind_counts, 0)
    left = fewest_units - int(kind_counts.sum())
    is_complete = left <= 0 and not wanting.any()
    if is_short and is_complete and cut is not None and not (allowed & (kinds == JUDGEMENT)).any():
        return None
    order = kinds_in_order(is_short=is_short, wanting=wanting, left=left)
    present = np.bincount(facets, minlength=facet_counts.size) > 0
    urgent = urgent_facets(facet_counts, present, facet_share=facet_share, fewest_units=fewest_units)
    of_kind = kinds == JUDGEMENT, kinds == SELF_REPORT
    groups = [of_kind[group[0]] if len(group) == 1 else of_kind[0] | of_kind[1] for group in order]
    candidates = _first_held(allowed, urgent[facets], groups)
    ranked = candidates[np.argsort(-gain[candidates], kind="stable")]
    among = best if left <= 0 or early_best is None else early_best
    return int(ranked[int(rng.integers(min(among, ranked.size)))])


def expected_gain(
    posterior: CompositePosterior,
    judgement_items: ItemParameters,
    self_report_items: ItemParameters,
    *,
    kinds: NDArray[np.int64],
    cut: float | None,
    tables: Tables | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much each item is expected to reduce the composite's posterior variance, and its information; (J,) each.

    Information is taken where the decision is: at the thetas expected of a person of this posterior whose composite
    lies at the cut. An observation of information I on theta_k takes Cov(theta_k, c)² I / (1 + I Var(theta_k)) off
    the variance of c, so an item of one kind also counts for what it tells of the other.
    """
    towards = posterior.covariance @ posterior.composite.weights
    variance = float(posterior.composite.weights @ towards)
    point = posterior.theta.copy()
    if cut is not None:
        point = point + towards * (cut - posterior.mean) / max(variance, 1e-12)
    point = np.clip(point, NODES[0], NODES[-1])
    information = np.zeros(kinds.size)
    for kind, items in ((JUDGEMENT, judgement_items), (SELF_REPORT, self_report_items)):
        table = None if tables is None else tables[kind]
        information[kinds == kind] = _information_at(items, float(point[kind]), table)
    spread = np.diag(posterior.covariance)[kinds]
    return np.asarray(towards[kinds] ** 2 * information / (1.0 + information * spread)), information


def _information_at(items: ItemParameters, theta: float, table: NDArray[np.float64] | None) -> NDArray[np.float64]:
    if len(items) == 0:
        return np.zeros(0)
    if table is None:
        return np.asarray(item_information(items, [theta])[0])
    position = (theta - NODES[0]) / (NODES[1] - NODES[0])
    below = min(int(position), NODES.size - 2)
    part = position - below
    return np.asarray((1.0 - part) * table[below] + part * table[below + 1])


def kinds_in_order(*, is_short: bool, wanting: NDArray[np.int64], left: int) -> list[list[int]]:
    """List the groups of kinds to look for an item in, first choice first.

    Parameters
    ----------
    is_short : bool
        One more statement would bring judgement under its least share: judgement comes first.
    wanting : ndarray of int, shape (2,)
        Units of each kind still wanted; once they fill all the units left, a kind that wants none comes last.
    left : int
        Units until the sitting could end.
    """
    if wanting.any() and left <= wanting.sum() and not wanting.all():
        return [[int(np.argmax(wanting))], [int(np.argmin(wanting))]]
    return [[JUDGEMENT], [SELF_REPORT]] if is_short else [[JUDGEMENT, SELF_REPORT]]


def _share_after_statement(posterior: CompositePosterior, information: float) -> float:
    following = posterior.kind_information + np.array([0.0, information])
    return share_of_judgement(following, posterior.composite.weights, posterior.composite.correlation)


def urgent_facets(
    facet_counts: NDArray[np.int64], present: NDArray[np.bool_], *, facet_share: float, fewest_units: int
) -> NDArray[np.bool_]:
    """Facets one of which must come now, shape (F,), so that none is ever short when the sitting could end.

    A facet with n units needs one more before the sitting has more than n / facet_share units, though not before
    the fewest units: earlier nothing can end. These are deadlines; as long as the earliest can be kept with a unit to
    spare every facet may come, otherwise only those on which the deadline rests.
    """
    units = int(facet_counts.sum())
    share = min(facet_share, 1.0 / max(int(present.sum()), 1))
    if share <= 0:
        return np.ones(facet_counts.size, dtype=bool)
    deadlines: list[tuple[int, int]] = []
    horizon = max(fewest_units, units) + math.ceil(1.0 / share) + facet_counts.size  # one round of deadlines
    for facet in np.nonzero(present)[0]:
        held = int(facet_counts[facet])
        while True:
            held += 1
            # Held units h suffice as long as h >= share * length; the tolerance forgives a share like 0.2 its last bit.
            due = max(math.floor((held - 1) / share + 1e-9) + 1, fewest_units)
            if due > horizon or held > math.ceil(share * horizon - 1e-9):
                break
            deadlines.append((due, int(facet)))
    deadlines.sort()
    for place, (due, _) in enumerate(deadlines, start=1):
        if units + place >= due:
            urgent = np.zeros(facet_counts.size, dtype=bool)
            urgent[[facet for _, facet in deadlines[:place]]] = True
            return urgent
    return np.ones(facet_counts.size, dtype=bool)


def _first_held(
    allowed: NDArray[np.bool_], urgent: NDArray[np.bool_], groups: list[NDArray[np.bool_]]
) -> NDArray[np.int64]:
    """Return the first set that is not empty: a kind's urgent facets, the next kind's; then any facet, kind by kind."""
    for mask in [allowed & group & urgent for group in groups] + [allowed & group for group in groups]:
        found = np.nonzero(mask)[0]
        if found.size:
            return found
    raise ScoringError("No item is allowed, though one was; kinds must be 0 or 1.")


def _typical(information: NDArray[np.float64], where: NDArray[np.bool_], best: int) -> float:
    """Mean information of the best few, for that is what the next one will have."""
    held = np.sort(information[where])[-best:]
    return float(held.mean()) if held.size else 0.0


def _check(
    rows: tuple[int, int], kinds: NDArray[np.int64], available: NDArray[np.bool_], facets: NDArray[np.int64], best: int
) -> None:
    counts = (int((kinds == JUDGEMENT).sum()), int((kinds == SELF_REPORT).sum()))
    if counts != rows or sum(counts) != kinds.size:
        raise ScoringError(
            f"Kinds name {counts[0]} judgement and {counts[1]} self-report items of {kinds.size}, but there are "
            f"parameters of {rows[0]} and {rows[1]}."
        )
    if available.shape != kinds.shape or facets.shape != kinds.shape or best < 1:
        raise ScoringError("Kinds, available and facets need one entry per item, and best is at least 1.")
