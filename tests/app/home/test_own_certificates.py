"""A holder reads on their own pages how a certificate stands: no stranger knows more of it than they do."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.credentials.models import Credential
from app.credentials.states import RevocationReason
from tests.app.api.world import OWNER, World
from tests.app.reviews.register import revoke_it, show_it

EARNS = "This result earns the certificate."


def pages(world: World, language: str = "en") -> dict[str, str]:
    """The three pages of the holder, as text, and the addresses they lead to."""
    world.sign_in_again(OWNER)
    browser, told = world.browser(OWNER), {}
    paths = {
        "place": "/me",
        "certificate": f"/credentials/{world.facts.code}",
        "result": f"/results/{world.facts.ended_sitting}",
    }
    for name, path in paths.items():
        page = browser.get(path, headers={"Accept-Language": language}).text
        main = page[page.index("<main") : page.index("</main>")]
        links = " ".join(re.findall(r'href="([^"]+)"', main))
        told[name] = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split())) + " " + links
    return told


def change(world: World, **values: object) -> None:
    with world.runtime.transaction() as session:
        session.execute(update(Credential).where(Credential.code == world.facts.code).values(values))


def to_days_before_the_end(world: World, days: float) -> None:
    with world.runtime.reading() as session:
        end = session.scalars(select(Credential.valid_until).where(Credential.code == world.facts.code)).one()
    world.runtime.clock.advance(end - timedelta(days=days) - world.runtime.clock.now())


def test_while_it_stands_nothing_is_said_and_everything_is_there_to_share(world: World):
    for page in pages(world).values():
        assert not any(word in page for word in ("REVOKED", "UNDER REVIEW", "EXPIRED", "Expires in", "Renew it"))
    assert "Line for your CV" in pages(world)["certificate"]
    assert EARNS in pages(world)["result"]


@pytest.mark.parametrize("reason", list(RevocationReason))
def test_the_holder_of_a_revoked_one_reads_when_and_why_as_strangers_do(world: World, reason):
    show_it(world)
    revoke_it(world, reason)
    world.sign_in_again(OWNER)
    public = world.browser(OWNER).get(f"/c/{world.facts.code}", headers={"Accept": "text/html"}).text
    told = re.search(r"REVOKED on .*?</time>: [^<]+", public)
    words = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", told[0]).split()))
    found = pages(world)
    assert [words in page for page in found.values()] == [True, True, True]
    assert EARNS not in found["result"]


def test_what_is_over_is_not_offered_for_sharing(world: World):
    revoke_it(world, RevocationReason.MISCONDUCT)
    page = pages(world)["certificate"]
    assert not any(word in page for word in ("To share", "LinkedIn", "Line for your CV", "HTML for a page"))
    assert "Signed document (JSON)" in page
    assert "/skills/collaboration/start" not in page


def test_under_review_is_said_on_all_three_pages(world: World):
    change(world, suspended_at=world.runtime.clock.now())
    for page in pages(world).values():
        assert "UNDER REVIEW since" in page
        assert "a letter tells you what comes of it" in page


def test_an_expired_one_says_so_and_leads_to_its_renewal(world: World):
    to_days_before_the_end(world, 0)
    found = pages(world)
    for page in found.values():
        assert "EXPIRED on" in page
        assert "Renew it" in page
        assert "/skills/collaboration/start" in page
    assert "LinkedIn" not in found["certificate"]
    assert EARNS not in found["result"]


@pytest.mark.parametrize(
    ("days", "said"),
    [(60.5, None), (59.5, "Expires in 60 days."), (35, "Expires in 35 days."), (0.3, "Expires in one day.")],
)
def test_inside_the_renewal_window_the_days_left_are_said(world: World, days, said):
    to_days_before_the_end(world, days)
    found = pages(world)
    for page in found.values():
        assert said in page if said else "Expires in" not in page
        assert ("Renew it" in page) == (said is not None)
    assert "LinkedIn" in found["certificate"]
