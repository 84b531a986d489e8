"""How many sign-in mails one mailbox gets in an hour, and on whose account, so that nobody uses up another's.

Were all counted together, a stranger who knows an address could spend the owner's mails for them and so lock out
whoever has no passkey. So each network has a share of its own in each mailbox, the owner has one where they are
signed in, and what goes to addresses with a tag (`ada+x@`) is counted apart from what goes to the address without.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import String, func, select
from sqlalchemy.orm import Session

from app.accounts.models import SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import is_same_mailbox, is_tagged, mailbox_of, undotted_name
from app.foundation.links import Links
from app.foundation.locks import hold

PURPOSE = "mail-asker"


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose share a mail is counted."""

    name: str
    is_owner: bool = False

    @classmethod
    def from_network(cls, network: str) -> Asker:
        """Somebody of whom only the network is known."""
        return cls(f"network:{network}")

    @classmethod
    def signed_in(cls, person_id: UUID) -> Asker:
        """The person whose address it is. Strangers' mails take nothing from them."""
        return cls(f"person:{person_id.hex}", is_owner=True)


def share_names(email: str, asker: Asker, *, links: Links) -> list[str]:
    """Names of the asker's share that need not tell the network, newest key first. Each mailbox has others."""
    kind = "tagged" if is_tagged(email) else "plain"
    return links.macs(PURPOSE, "/".join((*mailbox_of(email), kind, asker.name)))


def may_mail(
    email: str, asker: Asker, names: list[str], *, session: Session, at: datetime, policy: AccountPolicy
) -> bool:
    """Whether a mail more is within the limits of the last hour.

    Whoever asks for the same mailbox waits here, so that mails asked for at once are counted one after the other.
    """
    hold(session, "sign-in-mails", *mailbox_of(email))
    since = at - timedelta(hours=1)
    own, everybodys = _of_share(names, session=session, since=since), _of_all(email, session=session, since=since)
    if asker.is_owner:
        return own < policy.proof_mails_per_person_per_hour
    return own < policy.mails_per_address_per_hour and everybodys < policy.mails_per_address_per_hour_in_all


def _of_share(names: list[str], *, session: Session, since: datetime) -> int:
    query = select(func.count()).where(
        SignInRequest.asked_from.in_(names), SignInRequest.asked_at > since, SignInRequest.is_mailed
    )
    return session.scalar(query) or 0


def _of_all(email: str, *, session: Session, since: datetime) -> int:
    """To one mailbox, under whatever tag or without one: else a new one is invented for each mail."""
    undotted = func.replace(SignInRequest.email, ".", "", type_=String)
    recent = select(SignInRequest.email).where(
        undotted.startswith(undotted_name(email), autoescape=True),  # few; whether it is the same one, the rule says
        SignInRequest.asked_at > since,
        SignInRequest.is_mailed,
    )
    tagged = is_tagged(email)
    return sum(is_same_mailbox(email, one) and is_tagged(one) == tagged for one in session.scalars(recent))
