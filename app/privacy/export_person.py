"""A complete copy of what is kept of a person: JSON for programs and a page to read, in one ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.privacy.holdings import HOLDINGS, owned_by, rows_of
from app.privacy.readable import WHY_WITHHELD, page

FORMAT = 1


def export_person(person_id: UUID, *, session: Session, clock: Clock, links: Links, actor: Actor) -> bytes:
    """The ZIP: `data.json` and `data.html`. Taking it is itself noted, so the copy names the moment it was taken.

    Raises
    ------
    PersonNotFound
    """
    now = clock.now()
    owned = owned_by(person_id, session=session, links=links)
    tables = {holding.table: list(rows_of(holding, owned, session=session)) for holding in HOLDINGS}
    copy = {
        "format": FORMAT,
        "exported_at": now,
        "tables": tables,
        "withheld": {holding.table: list(holding.withheld) for holding in HOLDINGS if holding.withheld},
        "why_withheld": WHY_WITHHELD["en"],
    }
    text = json.dumps(copy, default=_portable, ensure_ascii=False, indent=1)
    language = accounts.person(person_id, session=session).language
    audit.record("person.exported", person_id, actor=actor, at=now, session=session)
    return _zipped({"data.json": text, "data.html": page(json.loads(text), language)}, at=now)


def _portable(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(value)


def _zipped(files: dict[str, str], *, at: datetime) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
