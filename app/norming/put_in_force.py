"""What new sittings are pinned to once a norm is in force: the cut its own table gives, and nothing that was typed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.assessment.adopt_edition import adopt_edition
from app.foundation.jobs import JSON
from app.norming import founders_compared
from app.norming.models import NormVersion
from app.norming.snapshot import cut_of
from app.transparency.log_event import log_event


def put_in_force(norm: NormVersion, *, session: Session, at: datetime) -> None:
    """Append the edition of a norm that has just been published or restored, and tell the public log."""
    cut = cut_of(norm)
    adopt_edition(
        norm.group.skill,
        norm.group.language,
        norm.run.sample.release_id,
        norm.run.calibration_id,
        norm_id=norm.id,
        cut=cut.theta,
        cut_standard_error=cut.standard_error,
        may_certify=norm.may_certify,
        demo=norm.demo,
        norm_count=norm.n,
        composite=norm.composite,
        exposure=norm.run.exposure,
        awards_wait=founders_compared.awards_wait(norm.id, session=session, at=at),
        session=session,
        at=at,
    )
    facts: dict[str, JSON] = {
        "norm": str(norm.id),
        "label": norm.label,
        "skill": norm.group.skill,
        "sha256": norm.sha256,
        "n": norm.n,
        "cut": cut.theta,
        "demo": norm.demo,
    }
    log_event("norm", f"{norm.id}:{at:%Y-%m-%dT%H:%M:%S.%fZ}", facts, at=at, session=session)
