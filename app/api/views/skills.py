"""The skills, for everyone."""

from __future__ import annotations

import re

from app.api import shapes, shown
from app.api.operations import Answer, Operation
from app.api.paging import page_of
from app.api.views.door import Call, Reply, serves
from app.assessment import queries as sittings
from app.foundation.slugs import SLUG
from app.foundation.web.asker import LANGUAGES
from app.foundation.web.process import runtime
from app.item_bank import queries as banks
from app.item_bank.errors import SkillNotFound
from app.item_bank.queries import SkillView

LIST = Operation(
    name="listSkills",
    method="GET",
    rule="/skills",
    tag="skills",
    summary="All skills",
    is_open=True,
    query=shapes.PageQuery,
    answers={200: Answer("A page of skills.", shapes.SkillPage)},
)
SHOW = Operation(
    name="getSkill",
    method="GET",
    rule="/skills/<slug>",
    tag="skills",
    summary="One skill",
    is_open=True,
    refusals=(SkillNotFound,),
    answers={200: Answer("The skill.", shapes.Skill)},
)


@serves(LIST)
def list_skills(call: Call) -> Reply:
    """Show them in the order of the catalogue."""
    with runtime().reading() as session:
        page = page_of(banks.skills(session=session), key=_slug, cursor=call.query.cursor, limit=call.query.limit)
        open_in = {language: sittings.open_skills(language, session=session) for language in LANGUAGES}
    entries = [shown.skill(view, open_in=_languages(view.slug, open_in)) for view in page.entries]
    return Reply(shapes.SkillPage(entries=entries, next_cursor=page.next_cursor))


@serves(SHOW)
def show(_call: Call, slug: str) -> Reply:
    """Show one."""
    if not re.fullmatch(SLUG, slug) or len(slug) > shapes.LONGEST_SLUG:
        raise SkillNotFound(slug[: shapes.LONGEST_SLUG])
    with runtime().reading() as session:
        view = banks.skill(slug, session=session)
        open_in = {language: sittings.open_skills(language, session=session) for language in LANGUAGES}
    return Reply(shown.skill(view, open_in=_languages(slug, open_in)))


def _slug(view: SkillView) -> str:
    return view.slug


def _languages(slug: str, open_in: dict[str, frozenset[str]]) -> list[str]:
    return [language for language, slugs in open_in.items() if slug in slugs]
