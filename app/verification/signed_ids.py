"""Links to shares and questions: the id of a row under a signature of ours, so that none can be guessed."""

from __future__ import annotations

import re
from uuid import UUID

from app.foundation.links import LinkExpired, LinkInvalid, Links

SHARE, CHALLENGE = "share", "ask-holder"
LONGEST_SECONDS = 400 * 24 * 3600  # the row says when a link ends; this only bounds how old a signature may be


_IN_SHARE_LINK = re.compile(r"/s/([\w.-]+)", re.ASCII)


def share_token_in(typed: str) -> str | None:
    """The token of a link for a single reader, where somebody typed or pasted one; whose it is, is not looked at."""
    link = _IN_SHARE_LINK.search(typed)
    return link[1] if link else None


def signed_id(purpose: str, row_id: UUID, *, links: Links) -> str:
    """The token for a link."""
    return links.sign(purpose, row_id.hex)


def id_of(purpose: str, token: str, *, links: Links) -> UUID | None:
    """The id under the signature; None for whatever we did not sign for this purpose."""
    try:
        return UUID(hex=links.read(purpose, token, max_age_seconds=LONGEST_SECONDS))
    except (LinkInvalid, LinkExpired):
        return None
