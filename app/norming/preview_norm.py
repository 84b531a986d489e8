"""What would change if a draft were published: computed on the people of its own sample, and kept with the version."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.norming.bases import PreviewBasis
from app.norming.errors import NormMovedOn
from app.norming.forecast import EVEN_ODDS, impact, renewals, sensitivity
from app.norming.item_checks import drift, functioning
from app.norming.latent import CalibratedSample
from app.norming.locked import norm_for_update, published_for_update
from app.norming.models import NormVersion
from app.norming.queries import NormView
from app.norming.release_gates import gates
from app.norming.still_holds import IN_FORCE

PERCENT = 100


def preview_norm(basis: PreviewBasis, *, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Compare the draft with the norm in force, person by person, and store what was seen.

    The arithmetic comes before the first statement of the transaction, as in `draft_norm`.
    """
    require(actor, "norm_editor", "norm_approver", "operator")
    preview = _preview(basis)
    norm = norm_for_update(basis.norm.id, session=session)
    former = published_for_update(norm.skill, norm.language, session=session)
    if (former.id if former else None) != (basis.former.id if basis.former else None):
        raise NormMovedOn(norm.label)
    now = clock.now()
    norm.mark_previewed(preview, at=now)
    audit.record("norm.previewed", norm.id, actor=actor, at=now, session=session, detail={"label": norm.label})
    session.flush()
    return norm


def _preview(basis: PreviewBasis) -> dict[str, Any]:
    norm, former = basis.norm, basis.compared
    above = _above(basis.calibrated, norm)
    preview: dict[str, Any] = {
        "people": int(above.size),
        "above": int(above.sum()),
        "share_above": float(above.mean()),
        "cut": norm.cut,
        "cut_standard_error": norm.told_cut_error,
        "gate": str(norm.gate),
        "may_certify": norm.may_certify,
        "gate_reasons": list(norm.gate_reasons),
        "former": None,
        IN_FORCE: str(basis.former.id) if basis.former else None,
    }
    if former is not None:
        before = _above(basis.calibrated, former)
        preview["former"] = {
            "id": str(former.id),
            "label": former.label,
            "cut": former.cut,
            "cut_standard_error": former.told_cut_error,
            "share_above": float(before.mean()),
            "newly_above": int(np.sum(above & ~before)),
            "no_longer_above": int(np.sum(before & ~above)),
        }
    preview["realised_share"] = list(norm.table.realised_share(norm.cut_percentile / PERCENT))
    preview["renewals"] = renewals(basis.sittings, norm, former, at=basis.at)
    preview["sensitivity"] = sensitivity(basis)
    preview["drift"], preview["dif"] = drift(basis), functioning(basis)
    preview["impact"] = impact(basis, above)
    preview["gates"] = gates(basis, preview)
    return preview


def _above(calibrated: CalibratedSample, norm: NormView) -> NDArray[np.bool_]:
    """Whom of the sample a sitting under the norm would place above its line, shape (N,)."""
    return calibrated.probability_above(norm.cut, norm.cut_standard_error, norm.masses) >= EVEN_ODDS
