"""How often a certificate's page was opened, by day. Who opened it is nowhere."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class VerificationCount(Base):
    """One certificate on one day, UTC."""

    __tablename__ = "verification_count"

    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"), primary_key=True)
    counted_on: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int]
