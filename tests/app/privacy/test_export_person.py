"""The copy is complete: every row of every table that holds something of the person, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile

from sqlalchemy import select

from app.assessment.models import FrozenSitting
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from app.privacy.export_person import export_person
from app.privacy.holdings import HOLDINGS
from tests.app.api.world import OTHER, OWNER, World
from tests.app.privacy.traces import EMAIL, NAME, WORDS, held, owner_id


def the_copy(world: World) -> tuple[dict, str]:
    here = world.runtime
    with here.transaction() as session:
        packed = export_person(
            owner_id(world), session=session, clock=here.clock, links=here.links, actor=Actor(owner_id(world), "owner")
        )
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.testzip() is None
    return json.loads(archive.read("data.json")), archive.read("data.html").decode()


def test_case_019_the_copy_gives_neither_the_key_nor_the_choice_of_items_away(world: World):
    """Whoever had them would know how each answer to a situation was scored, and which item comes next."""
    browser = world.browser(OWNER)
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/me/export").text).group(1)}
    archive = zipfile.ZipFile(io.BytesIO(browser.post("/me/export", data=form).data))
    tables = json.loads(archive.read("data.json"))["tables"]
    with world.runtime.reading() as session:
        frozen = session.get_one(FrozenSitting, world.facts.ended_sitting).responses
    (scored, *_), said = json.loads(frozen)["units"], "packing"
    assert (len(scored), said in frozen) == (4, True), "code, kind, category and value of each unit"
    assert [file for file in archive.namelist() if said in archive.read(file).decode()] == []
    assert len(tables["sitting"]) >= 2
    assert len(tables["frozen_sitting"]) >= 1
    assert [row for row in tables["sitting"] if "seed" in row] == []
    assert [row for row in tables["frozen_sitting"] if "responses" in row] == []


def test_every_row_of_the_person_is_in_the_copy(world: World):
    expected = held(world)
    copy, _ = the_copy(world)
    assert {table: len(rows) for table, rows in copy["tables"].items()} == expected
    assert copy["tables"]["review_case"][0]["words"] == WORDS


def test_every_column_is_in_the_copy_or_named_as_withheld(world: World):
    copy, _ = the_copy(world)
    for holding in HOLDINGS:
        for row in copy["tables"][holding.table]:
            columns = {column.name for column in Base.metadata.tables[holding.table].c}
            assert set(row) == columns - set(copy["withheld"].get(holding.table, ()))


def test_answers_are_in_it_as_they_were_given(world: World):
    copy, _ = the_copy(world)
    table = Base.metadata.tables["response"]
    with world.runtime.reading() as session:
        kept = session.execute(select(table.c.position, table.c.value).where(
            table.c.sitting_id == world.facts.ended_sitting)).all()  # fmt: skip
    given = {row["position"]: row["value"] for row in copy["tables"]["response"]
             if row["sitting_id"] == str(world.facts.ended_sitting)}  # fmt: skip
    assert given == dict(kept)
    assert len(given) >= 12


def test_nothing_of_anybody_else_and_no_secret_is_in_it(world: World):
    copy, page = the_copy(world)
    text = json.dumps(copy)
    others = [str(one) for role, one in world.facts.people.items() if role != OWNER]
    assert [one for one in others if one in text or one in page] == []
    applied = [row["detail"] for row in copy["tables"]["audit_entry"] if row["kind"] == "register.applied"]
    assert applied == [{"change": "suspend"}, {"change": "reinstate"}]
    assert copy["withheld"]["audit_entry"] == ["actor_id", "detail.asked_by", "detail.drafted_by"]
    secrets = ("hash-of-olivias-code", "sealed-for-olivia", "olivias-challenge")
    assert [one for one in secrets if one in text or one in page] == []


def test_edge_083_the_readable_page_says_the_same_and_runs_nothing(world: World):
    with world.runtime.transaction() as session:
        table = Base.metadata.tables["review_case"]
        session.execute(table.update().values(words="<script>alert(1)</script>"))
    _, page = the_copy(world)
    assert EMAIL in page
    assert NAME in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert len(re.findall("<h2>", page)) == len(HOLDINGS)


def test_the_readable_page_says_in_the_persons_language_what_is_withheld(world: World):
    assert "Withheld are" in the_copy(world)[1]
    with world.runtime.transaction() as session:
        table = Base.metadata.tables["person"]
        session.execute(table.update().where(table.c.email == EMAIL).values(language="fr"))
    data, page = the_copy(world)
    assert "Ne sont pas remis" in page
    assert "Withheld" not in page
    assert data["why_withheld"].startswith("Withheld are")


def test_taking_it_is_noted_and_takes_far_less_than_a_minute(world: World):
    began = time.perf_counter()
    the_copy(world)
    assert time.perf_counter() - began < 60
    with world.runtime.reading() as session:
        assert session.query(AuditEntry).filter_by(kind="person.exported").count() == 1


def test_case_080_it_is_downloaded_only_by_whoever_proved_who_they_are(world: World):
    browser = world.browser(OWNER)
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/me/export").text).group(1)}
    answer = browser.post("/me/export", data=form)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert EMAIL.encode() in zipfile.ZipFile(io.BytesIO(answer.data)).read("data.json")
    world.runtime.clock.instant = world.runtime.clock.now().replace(hour=23)
    late = browser.post("/me/export", data=form)
    assert late.status_code == 303
    assert "/prove" in late.location


def test_somebody_without_anything_gets_a_copy_too(world: World):
    here = world.runtime
    with here.transaction() as session:
        packed = export_person(world.facts.people[OTHER], session=session, clock=here.clock, links=here.links,
                               actor=Actor(None, "operator"))  # fmt: skip
    copy = json.loads(zipfile.ZipFile(io.BytesIO(packed)).read("data.json"))
    assert copy["tables"]["sitting"] == []
    assert len(copy["tables"]["person"]) == 1


def test_the_readable_page_speaks_in_words_folds_what_is_many_and_writes_hours_to_the_minute(world: World):
    copy, page = the_copy(world)
    assert re.findall(r"\d\d:\d\d:\d\d\.\d+", page) == []
    heads = set(re.findall(r"<dt>(.*?)</dt>", page))
    assert [head for head in heads if "_" in head or "lineage" in head] == []
    assert {"E-mail address: ", "Valid until: ", "Number of the sitting: "} <= heads
    assert page.count("<dl>") == sum(len(rows) for rows in copy["tables"].values())
    assert page.count("<details open>") == 1
    assert "<table" not in page
