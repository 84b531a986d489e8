"""Use case: keep item parameters of a release, estimated from a sample or expected by the authors."""

from __future__ import annotations

import math
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank.calibrated_items import JUDGEMENT, SELF_REPORT, FittedItems, pack
from app.item_bank.errors import CalibrationInvalid, ReleaseNotFound
from app.item_bank.models import BankRelease, Calibration, Item, Kind, Source
from app.item_bank.queries import CalibrationView, view_of_calibration

PRIOR, SAMPLE = Source.PRIOR, Source.SAMPLE  # for callers, who do not import models


def store_calibration(
    release_id: UUID,
    *,
    source: Source,
    n: int,
    self_report: FittedItems | None,
    judgement: FittedItems | None,
    extends: UUID | None = None,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> CalibrationView:
    """Store parameters for items of the release; each kind of evidence on its own theta.

    `extends` names the calibration that set the scale, where they are on the scale of another.

    Raises
    ------
    ReleaseNotFound
    CalibrationInvalid
        If an item is not of the release or of that kind, stands twice, or has more thresholds than categories.
    """
    release = session.get(BankRelease, release_id)
    if release is None:
        raise ReleaseNotFound(release_id)
    kinds = {SELF_REPORT: (self_report, Kind.STATEMENT), JUDGEMENT: (judgement, Kind.SCENARIO)}
    fitted = {evidence: (given, kind) for evidence, (given, kind) in kinds.items() if given is not None and given.codes}
    if not fitted:
        raise CalibrationInvalid(release.label, "it names no item. Give the parameters of at least one kind.")
    for given, kind in fitted.values():
        _require_items_of(release, given, kind)
    groups = [given for given, _ in fitted.values()]
    likelihoods = [group.log_likelihood for group in groups if group.log_likelihood is not None]
    calibration = Calibration(
        id=entropy.uuid(),
        release_id=release.id,
        source=source,
        model=groups[0].items.model,
        parameters={evidence: pack(given) for evidence, (given, _) in fitted.items()},
        standard_errors={evidence: dict(given.standard_errors) for evidence, (given, _) in fitted.items()},
        n=n,
        log_likelihood=math.fsum(likelihoods) if likelihoods else None,
        converged=all(group.converged for group in groups),
        notes=[note for group in groups for note in group.notes],
        stored_at=clock.now(),
        extends_id=extends,
    )
    session.add(calibration)
    session.flush()
    detail = {"release": str(release.id), "source": str(source), "n": n}
    audit.record(
        "calibration.stored", calibration.id, actor=actor, at=calibration.stored_at, session=session, detail=detail
    )
    return view_of_calibration(calibration)


def _require_items_of(release: BankRelease, given: FittedItems, kind: Kind) -> None:
    if len(set(given.codes)) < len(given.codes) or len(given.codes) != len(given.items):
        raise CalibrationInvalid(release.label, f"{kind} codes and parameter rows do not match one to one.")
    items: dict[str, Item] = {item.code: item for item in release.items if item.kind is kind}
    unknown = [code for code in given.codes if code not in items]
    if unknown:
        raise CalibrationInvalid(release.label, f"no {kind} of it is named {', '.join(unknown)}.")
    for code, categories in zip(given.codes, given.items.categories, strict=True):
        if categories > items[code].categories:
            reason = f"{code} has {items[code].categories} categories, the parameters describe {categories}."
            raise CalibrationInvalid(release.label, reason)
