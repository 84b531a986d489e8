"""Erasures asked for and not carried out yet. The row goes with the person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class Certificates(StrEnum):
    """What becomes of certificates that still run."""

    REVOKE = "revoke"  # they end at once
    KEEP = "keep"  # a bare line of the register stays to their end; the signed file goes on being valid


class ErasureRequest(Base):
    """Somebody asked to be erased; the worker does it."""

    __tablename__ = "erasure_request"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    certificates: Mapped[Certificates]
    asked_at: Mapped[datetime]
