"""Decide what new sittings of a skill are pinned to. It is the only switch; sittings already begun never look again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.errors import EditionInvalid
from app.assessment.models import Edition
from app.item_bank import queries as item_bank


def adopt_edition(
    skill: str,
    language: str,
    release_id: UUID,
    calibration_id: UUID | None,
    *,
    norm_id: UUID | None = None,
    cut: float | None = None,
    cut_standard_error: float | None = None,
    norm_count: int | None = None,
    composite: Mapping[str, Any] | None = None,
    exposure: Mapping[str, Any] | None = None,
    may_certify: bool = False,
    demo: bool = False,
    awards_wait: bool = False,
    session: Session,
    at: datetime,
) -> Edition:
    """Append an edition; the next sitting to start copies it.

    Parameters
    ----------
    composite
        `{"weights": [judgement, self_report], "correlation": r, "stray_shares": [judgement, self_report]}` under
        which the cut was computed, the shares only where there are any, and `"masses"` of the norm group, (61,), the
        prior of its sittings; without it, weights and correlation of the sitting policy, and a normal prior.
    exposure
        Chances by which items rest, as calibration found them; without it none do.
    awards_wait
        Whether decisions under the norm are not made yet: people are told before they start.
    """
    release = item_bank.release(release_id, session=session)
    edition = Edition(
        skill=skill,
        language=language,
        release_id=release_id,
        calibration_id=calibration_id,
        norm_id=norm_id,
        cut=cut,
        cut_standard_error=cut_standard_error,
        norm_count=norm_count,
        composite=dict(composite) if composite is not None else None,
        exposure=dict(exposure) if exposure is not None else None,
        may_certify=may_certify,
        demo=demo,
        provisional_key=release.provisional_key,
        awards_wait=awards_wait,
        adopted_at=at,
    )
    _require_consistent(edition, release)
    _require_estimated_parameters(edition, session=session)
    session.add(edition)
    session.flush()
    return edition


def _require_consistent(edition: Edition, release: item_bank.BankReleaseView) -> None:
    if release.skill != edition.skill:
        raise EditionInvalid(f"bank release {release.label} is not of the skill {edition.skill}.")
    if edition.language not in release.languages:
        raise EditionInvalid(f"bank release {release.label} has no items in the language {edition.language}.")
    if (edition.norm_id is None) != (edition.cut is None):
        raise EditionInvalid("a norm and its cut come together.")
    if edition.cut is not None and edition.calibration_id is None:
        raise EditionInvalid("a cut needs the calibration whose scale it is on.")


def _require_estimated_parameters(edition: Edition, *, session: Session) -> None:
    """An expectation of the authors chooses items in a pilot. No award may rest on it, whatever a norm says."""
    if not edition.may_certify or edition.calibration_id is None:
        return
    if item_bank.calibration(edition.calibration_id, session=session).is_prior:
        raise EditionInvalid("its parameters are the authors' expectation, and no certificate may rest on that.")
