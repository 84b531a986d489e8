"""The skills, page by page."""

from __future__ import annotations

from app.foundation.shipped import ITEM_BANKS
from app.item_bank.release_skills import release_skills
from tests.app.api.world import ANONYMOUS, World


def with_the_catalogue(world: World) -> World:
    with world.runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
    return world


def test_pages_of_every_size_show_each_skill_once_and_in_order(world: World):
    whole = with_the_catalogue(world).call(ANONYMOUS, "GET", "/skills?limit=100").json
    assert len(whole["entries"]) == 12
    assert whole["next_cursor"] is None
    for limit in (1, 5, 11, 12):
        shown, cursor = [], ""
        while cursor is not None:
            page = world.call(ANONYMOUS, "GET", f"/skills?limit={limit}{cursor and '&cursor=' + cursor}").json
            shown += page["entries"]
            cursor = page["next_cursor"]
        assert shown == whole["entries"]


def test_one_skill_says_where_it_can_be_taken(world: World):
    shown = world.call(ANONYMOUS, "GET", "/skills/collaboration").json
    assert sorted(shown["open_in"]) == ["en", "fr"]


def test_what_cannot_be_a_skill_is_not_found(world: World):
    for slug in ("juggling", "%00", "A", "a" * 100, "%F0%9F%A6%84"):
        refused = world.call(ANONYMOUS, "GET", f"/skills/{slug}")
        assert (refused.status_code, refused.json["code"]) == (404, "skill-not-found"), slug


def test_a_cursor_of_no_place_is_refused(world: World):
    for cursor in ("abc", "!!!", "x" * 300):
        assert world.call(ANONYMOUS, "GET", f"/skills?cursor={cursor}").status_code in (404, 422)
