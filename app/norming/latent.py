"""From responses to the latent distribution of the composite, and from there to the cut. Nothing is handed in.

Not a distribution of scores: those are shrunk. The likelihood of every person's responses is taken at each place of
the composite's scale, and the distribution behind them is estimated (Mislevy 1984).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.item_bank.calibrated_items import CalibratedItems
from app.norming.samples import KindOfEvidence, Sample
from app.norming.spilled_rows import rows_of
from app.norming.stray_shares import STRAY_SHARES
from scoring.composite import Composite, checked_masses
from scoring.continuous import KERNEL_STEPS, drawn_together
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.latent_density import LatentDensity, estimate_latent_density, masses_without, measurement_error
from scoring.likelihood_rows import LikelihoodRows, over_blocks
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES, normal_distribution, normal_prior
from scoring.norms import NormTable
from scoring.responses import ResponseMatrix

PEOPLE_AT_ONCE = 500  # a chunk of joint posteriors holds 61 x 61 numbers for each person: 15 MB
FURTHEST_PLACE = 6.0  # standard deviations of the composite: beyond, the prior holds less than one in 10^8
SURE = 6.0  # kernel's standard deviations from the cut: of the mass there less than one in 10^8 is on its other side
NOTHING = 1e-9  # probability


@dataclass(frozen=True)
class CalibratedSample:
    """A sample with the parameters and the composite it is to be read by."""

    sample: Sample
    items: CalibratedItems
    weights: tuple[float, float]  # judgement, self-report
    correlation: float
    stray_shares: tuple[float, float] = (0.0, 0.0)  # judgement, self-report; see `scoring.misfit_aware`

    def is_same_as(self, other: CalibratedSample) -> bool:
        """Whether the same responses are read by the same parameters and composite."""
        return (
            self.sample.id == other.sample.id
            and self.sample.calibration_id == other.sample.calibration_id
            and self.as_pins() == other.as_pins()
        )

    def as_pins(self) -> dict[str, Any]:
        """The composite's definition as an edition pins it."""
        pins = {"weights": list(self.weights), "correlation": self.correlation}
        return {**pins, STRAY_SHARES: list(self.stray_shares)} if any(self.stray_shares) else pins

    @cached_property
    def _likelihoods(self) -> tuple[NDArray[np.float64], LikelihoodRows]:
        """Places (Q,) and log-likelihoods (N, Q) along the composite; of many people not in memory."""
        places, block = self._along_composite() if self._has_both else (NODES, self._of_one_kind)
        people = len(_codes(self.sample.self_report or self.sample.judgement))
        return places, rows_of(over_blocks(people, block), people)

    @property
    def _has_both(self) -> bool:
        return self.sample.judgement is not None and self.sample.self_report is not None

    def _of_one_kind(self, rows: slice) -> NDArray[np.float64]:
        return self._of_judgement(rows) if self.sample.judgement is not None else self._of_self_report(rows)

    def _of_judgement(self, rows: slice) -> NDArray[np.float64]:
        logs = _log_likelihood(self.sample.judgement, rows, self.items.judgement_codes, self.items.judgement)
        return misfit_aware(logs, self.stray_shares[0])

    def _of_self_report(self, rows: slice) -> NDArray[np.float64]:
        logs = _log_likelihood(self.sample.self_report, rows, self.items.self_report_codes, self.items.self_report)
        return misfit_aware(logs, self.stray_shares[1])

    def _along_composite(self) -> tuple[NDArray[np.float64], Callable[[slice], NDArray[np.float64]]]:
        """Places of the composite, and what gives the log-likelihoods of some people there."""
        composite = Composite(self.weights, self.correlation)
        cells = np.eye(NODES.size**2).reshape(-1, NODES.size, NODES.size)
        to_places = np.array([composite.along(cell) for cell in cells])
        kept = np.abs(composite.places) <= FURTHEST_PLACE
        to_places, places = to_places[:, kept], composite.places[kept]
        before = composite.prior.reshape(-1) @ to_places

        def block(rows: slice) -> NDArray[np.float64]:
            chunks = _chunks(self._of_judgement(rows), self._of_self_report(rows), composite.prior)
            after = np.concatenate([chunk @ to_places for chunk in chunks])
            with np.errstate(divide="ignore"):
                return np.asarray(np.log(after) - np.log(before))

        return places, block

    def cuts_without(self, blocks: NDArray[np.int64], quantile: float) -> NDArray[np.float64]:
        """The cut if each block of people had not taken part, shape (B,); NaN where nobody would be left.

        All by one step from the whole estimate; the block that moves the cut furthest is then estimated anew.
        """
        places, rows = self._likelihoods
        latent = self._latent
        found = masses_without(latent, rows, blocks)
        cuts = np.array(
            [
                NormTable.from_latent(places, row, 1).cut(quantile).theta if np.isfinite(row[0]) else np.nan
                for row in found
            ]
        )
        whole = NormTable.from_latent(places, latent.masses, 1).cut(quantile).theta
        if np.isfinite(cuts).any():
            furthest = int(np.nanargmax(np.abs(cuts - whole)))
            anew = estimate_latent_density(rows.take(blocks != furthest), places, start=latent)
            cuts[furthest] = NormTable.from_latent(places, anew.masses, 1).cut(quantile).theta
        return cuts

    @cached_property
    def _latent(self) -> LatentDensity:
        places, rows = self._likelihoods
        return estimate_latent_density(rows, places)

    def norm_table(self) -> NormTable:
        """The latent distribution of the composite in the group the sample comes from."""
        return NormTable.from_density(self._latent)

    def error_at(self, cut: float) -> float:
        """The standard error with which these answers measure people near the cut, in the composite's units."""
        return measurement_error(self._latent, self._likelihoods[1], cut)

    def probability_above(
        self, cut: float, cut_standard_error: float, masses: Sequence[float] | None = None
    ) -> NDArray[np.float64]:
        """P(composite >= cut) of each person as a sitting with these responses would have it, shape (N,).

        `masses` are those that the cut's norm pins, (61,); None for a norm older than they are.
        """
        places, likelihoods = self._likelihoods
        kernel, prior = KERNEL_STEPS * (places[1] - places[0]), self._prior(masses)
        spread = np.hypot(kernel, cut_standard_error)

        def part(rows: slice) -> NDArray[np.float64]:
            posterior = likelihoods.block(rows) * prior
            posterior /= posterior.sum(axis=1, keepdims=True)
            z = (_drawn(posterior, places, kernel) - cut) / spread
            above = (z > 0).astype(float)
            is_open = (np.abs(z) < SURE) & (posterior > NOTHING)  # the rest costs most, and changes no digit
            above[is_open] = normal_distribution(z[is_open])
            return np.asarray((posterior * above).sum(axis=1))

        return np.concatenate(list(over_blocks(likelihoods.shape[0], part)))

    def _prior(self, masses: Sequence[float] | None) -> NDArray[np.float64]:
        """What a sitting begins from, at each place, (Q,)."""
        if not self._has_both:
            return normal_prior(NODES) if masses is None else checked_masses(masses)
        composite = Composite(self.weights, self.correlation, masses)
        return np.asarray(composite.along(composite.prior)[np.abs(composite.places) <= FURTHEST_PLACE])


def _drawn(posterior: NDArray[np.float64], places: NDArray[np.float64], kernel: float) -> NDArray[np.float64]:
    """Each person's places as the kernel is laid on them, shape (n, Q), so that it does not widen the posterior."""
    mean = (posterior @ places)[:, None]
    variance = (posterior * (places - mean) ** 2).sum(axis=1, keepdims=True)
    wanted = np.maximum(variance, kernel**2)
    return drawn_together(places, mean, variance, kernel_sd=kernel, wanted=wanted)


def _codes(evidence: KindOfEvidence | None) -> NDArray[np.int8]:
    if evidence is None:
        raise ValueError("a sample has evidence of one kind at least")
    return evidence.responses.codes


def _log_likelihood(
    evidence: KindOfEvidence | None, rows: slice, codes: tuple[str, ...], items: ItemParameters | None
) -> NDArray[np.float64]:
    """Log-likelihood of some people at each node, by the items that are calibrated, shape (n, 61)."""
    if evidence is None or items is None:
        raise ValueError("a kind of evidence needs both responses and parameters")
    place = {code: index for index, code in enumerate(evidence.codes)}
    known = [(place[code], row) for row, code in enumerate(codes) if code in place]
    columns, numbers = [column for column, _ in known], [row for _, row in known]
    parameters = items.take(numbers)
    # A category that calibration never saw was merged into the highest it did see.
    answered = np.minimum(evidence.responses.codes[rows][:, columns], (parameters.categories - 1).astype(np.int8))
    return log_likelihood(ResponseMatrix(answered), parameters, NODES)


def _chunks(
    judgement: NDArray[np.float64], self_report: NDArray[np.float64], prior: NDArray[np.float64]
) -> Iterator[NDArray[np.float64]]:
    """Joint posteriors, not normalised, of some people at a time, shape (people, 61 * 61)."""
    for start in range(0, len(judgement), PEOPLE_AT_ONCE):
        rows = slice(start, start + PEOPLE_AT_ONCE)
        by_judgement = np.exp(judgement[rows] - judgement[rows].max(axis=1, keepdims=True))
        by_self_report = np.exp(self_report[rows] - self_report[rows].max(axis=1, keepdims=True))
        joint = by_judgement[:, :, None] * by_self_report[:, None, :] * prior
        yield joint.reshape(joint.shape[0], -1)
