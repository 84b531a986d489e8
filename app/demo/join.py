"""An invented person joins as anybody does: by a one-time link, as an adult, with the consents they give."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser
from app.accounts.change_profile import change_profile
from app.accounts.consents import ASSESSMENT, OFFERS
from app.accounts.make_sign_in_link import make_sign_in_link
from app.accounts.outcomes import SignedIn
from app.accounts.pending_sign_ins import sign_in_behind_link
from app.accounts.record_consent import record_consent
from app.accounts.sign_in_with_link import sign_in_with_link
from app.accounts.sign_out import sign_out
from app.accounts.sign_up import sign_up
from app.demo.cast import Part
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links

DEVICE = "demonstration"


def join(
    part: Part,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
    consents: tuple[str, ...] = (ASSESSMENT,),
) -> UUID:
    """The id of the person. Only simulated founders consent to norm use, beside a bank that certifies nobody."""
    path = make_sign_in_link(part.email, roles=part.roles, session=session, clock=clock, entropy=entropy, links=links)
    browser = Browser(DEVICE)
    token = parse_qs(urlsplit(path).query)["token"][0]
    came = sign_in_with_link(
        token,
        shown=sign_in_behind_link(token, session=session, at=clock.now(), links=links).id,
        asked_here=None,
        is_confirmed=True,
        browser=browser,
        session=session,
        clock=clock,
        entropy=entropy,
        links=links,
    )
    if not isinstance(came, SignedIn):
        came = sign_up(
            came.request_id,
            is_adult=True,
            language=part.language,
            browser=browser,
            session=session,
            clock=clock,
            entropy=entropy,
            links=links,
        )
    actor = Actor(came.person_id, part.display_name)
    change_profile(
        came.person_id,
        display_name=part.display_name,
        language=part.language,
        session=session,
        clock=clock,
        actor=actor,
    )
    for offer in OFFERS if part.sittings else ():
        if offer.kind in consents:
            record_consent(
                came.person_id, offer.kind, offer.version, session=session, clock=clock, entropy=entropy, actor=actor
            )
    sign_out(came.token, session=session, clock=clock, actor=actor)
    return came.person_id
