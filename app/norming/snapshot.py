"""A norm version as one canonical text and its hash: what is approved, published, cited and shown to anyone.

The hash covers every number the norm consists of. Whoever holds the text can hash it again, read the cut off
the table again, and find any change.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import numpy as np

from app.norming.models import NormVersion
from scoring.errors import ScoringError
from scoring.normal import NODES
from scoring.norms import Cut, NormTable

PERCENT = 100
MASSES: Final = "masses"  # in a composite's pins: the norm group over the nodes, the prior of its sittings
DIGITS = 6  # of a mass; each sitting has a copy
SAME_MASS = 1e-5  # relative: a unit of the last digit, which may round otherwise on another machine


def content_of(norm: NormVersion) -> dict[str, Any]:
    """Everything that makes the norm version what it is; nothing of who did what when."""
    return {
        "label": norm.label,
        "skill": norm.group.skill,
        "language": norm.group.language,
        "population": dict(norm.group.population),
        "n": norm.n,
        "window_start_on": norm.window_start_on.isoformat() if norm.window_start_on else None,
        "window_end_on": norm.window_end_on.isoformat() if norm.window_end_on else None,
        "release_id": str(norm.run.sample.release_id),
        "calibration_id": str(norm.run.calibration_id),
        "responses_sha256": norm.run.sample.responses_sha256,
        "composite": norm.composite,
        "latent": norm.latent,
        "latent_sd": norm.latent_sd,
        "cut": norm.cut,
        "cut_standard_error": norm.cut_standard_error,
        "cut_percentile": norm.cut_percentile,
        "demo": norm.demo,
        "gate": str(norm.gate),
        "may_certify": norm.may_certify,
        "gate_reasons": list(norm.gate_reasons),
        "policy_version": norm.policy_version,
    }


def cut_of(norm: NormVersion) -> Cut:
    """The cut as the norm's own table gives it. The stored one is a copy, and never what takes force."""
    return NormTable.from_dict(norm.latent).cut(norm.cut_percentile / PERCENT)


def masses_of(table: NormTable) -> list[float]:
    """The norm group as the prior of its sittings, (61,), as the norm's own table gives it."""
    return [float(f"{mass:.{DIGITS}g}") for mass in table.masses(NODES)]


def sha256_of(norm: NormVersion) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no spaces, UTF-8, floats as their shortest exact form."""
    text = json.dumps(content_of(norm), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_as_drafted(norm: NormVersion) -> bool:
    """Whether hash, approved hash, cut and prior all follow from the numbers that are stored."""
    try:
        if sha256_of(norm) != norm.sha256 or norm.approved_sha256 not in (None, norm.sha256):
            return False
        cut, masses = cut_of(norm), masses_of(NormTable.from_dict(norm.latent))
        pinned = np.asarray(norm.composite.get(MASSES, masses), dtype=float)  # norms before decision 87 have none
    except (ScoringError, KeyError, TypeError, ValueError):  # a table that is none, a number that is not finite
        return False
    is_same_prior = pinned.shape == NODES.shape and np.allclose(pinned, masses, rtol=SAME_MASS, atol=0.0)
    return is_same_prior and (cut.theta, cut.standard_error) == (norm.cut, norm.cut_standard_error)
