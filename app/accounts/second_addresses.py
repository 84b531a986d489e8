"""What a second address is to its person, and the link by which its mailbox is proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.errors import SecondAddressGone
from app.accounts.models import SecondAddress
from app.accounts.policy import AccountPolicy
from app.foundation import policies
from app.foundation.links import LinkExpired, Links

NAMED, PROVEN, REMOVED = "second-address.named", "second-address.proven", "second-address.removed"
MAIL_JOB, NOTICE_JOB = "send_second_address_mail", "send_second_address_notice"
PURPOSE = "second-address"


@dataclass(frozen=True, slots=True)
class SecondAddressView:
    """An address, and since when copies go there; None until somebody who reads its mail has said so."""

    email: str
    proven_at: datetime | None


def second_address_of(person_id: UUID, *, session: Session) -> SecondAddressView | None:
    """The one that the person has named."""
    row = session.get(SecondAddress, person_id)
    return SecondAddressView(row.email, row.proven_at) if row else None


def link_path(row: SecondAddress, *, links: Links) -> str:
    """Of the page with the button. It holds the address, so that it proves no other that is named later."""
    return f"/second-address/{links.sign(PURPOSE, [str(row.person_id), row.email])}"


def address_of_link(token: str, *, links: Links, session: Session, at: datetime) -> SecondAddressView:
    """The address that the link asks.

    Raises
    ------
    LinkInvalid, LinkExpired, SecondAddressGone
    """
    row = row_of_link(token, links=links, session=session, at=at)
    return SecondAddressView(row.email, row.proven_at)


def row_of_link(token: str, *, links: Links, session: Session, at: datetime, for_update: bool = False) -> SecondAddress:
    """What the link is about.

    Raises
    ------
    LinkInvalid, LinkExpired
    SecondAddressGone
        The address was taken back meanwhile, or another was named.
    """
    lifetime = timedelta(hours=policies.current(AccountPolicy, session=session, at=at).second_address_link_hours)
    person_id, email = links.read(PURPOSE, token, max_age_seconds=int(lifetime.total_seconds()))
    row = session.get(SecondAddress, UUID(person_id), with_for_update=for_update or None)
    if row is None or row.email != email:
        raise SecondAddressGone
    if row.proven_at is None and at >= row.named_at + lifetime:
        raise LinkExpired
    return row
