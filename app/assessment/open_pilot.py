"""Open a skill that has no norm yet, so that founding sittings can build one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.adopt_edition import adopt_edition
from app.assessment.models import Edition
from app.assessment.queries import latest_edition
from app.foundation.clock import Clock
from app.item_bank import queries as item_bank


def open_pilot(release_id: UUID, *, session: Session, clock: Clock) -> tuple[Edition, ...]:
    """Adopt the release without a norm, in each of its languages that has none; asked again, change nothing."""
    release = item_bank.release(release_id, session=session)
    adopted = []
    for language in release.languages:
        latest = latest_edition(release.skill, language, session=session)
        if latest is None or _is_former_pilot(latest, release, session=session):
            prior = item_bank.prior_calibration(release_id, session=session)
            calibration_id = prior.id if prior else None
            adopted.append(
                adopt_edition(release.skill, language, release_id, calibration_id, session=session, at=clock.now())
            )
    return tuple(adopted)


def _is_former_pilot(latest: Edition, release: item_bank.BankReleaseView, *, session: Session) -> bool:
    """Whether `latest` has no norm either, and is of an older version of the bank."""
    if latest.norm_id is not None:
        return False
    return item_bank.release(latest.release_id, session=session).version < release.version
