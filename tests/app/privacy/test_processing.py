"""The records of processing say what is stored now, and no column about a person hides in a table of nobody's."""

from __future__ import annotations

import re
from pathlib import Path

from app.composition import POLICIES
from app.foundation.db import Base
from app.privacy.holdings import HOLDINGS, NOT_PERSONAL
from app.privacy.processing import PROCESSING, records

PAGE = Path(__file__).resolve().parents[3] / "docs" / "privacy" / "records_of_processing.md"
ABOUT_PEOPLE = re.compile(
    r"e?mail|phone|address|person|holder|candidate|author|reviewer|judge|birth|age|device|words|names?|ip|agent|_by"
)
WORDS_OF_A_NAME = re.compile(r"[a-z]+")
NOT_ABOUT_PEOPLE = {
    "bank_release.author": "the founders, or whoever wrote the bank, as the bank itself says",
    "key_agreement.judges": "how many there were",
    "legacy_sample.file_name": "of the file that was imported",
    "policy_version.name": "of the policy",
    "policy_version.set_by": "the policy file, or the operator's word",
    "sample_label.name": "of a division into groups",
    "skill.names": "of the skill",
    "worker_slot.name": "of the slot",
    "worker_slot.heartbeat_at": "of the worker",
}


def shipped() -> dict:
    return {policy.policy_name: policy() for policy in POLICIES}


def test_the_page_says_what_is_stored_now():
    found = PAGE.read_text(encoding="utf-8")
    assert found == records(shipped()), "run `python scripts/write_records_of_processing.py` and read what changed"


def test_every_table_of_people_has_purpose_ground_and_end():
    assert list(PROCESSING) == [holding.table for holding in HOLDINGS]
    assert all(entry.purpose and entry.ground and entry.kept for entry in PROCESSING.values())


def test_every_column_of_people_stands_on_the_page():
    page = records(shipped())
    for holding in HOLDINGS:
        section = page.split(f"### {holding.table}\n")[1].split("\n###")[0]
        assert [
            column.name for column in Base.metadata.tables[holding.table].c if f"`{column.name}`" not in section
        ] == []


def test_no_column_about_people_hides_in_a_table_of_nobodys():
    found = {
        f"{name}.{column.name}"
        for name in NOT_PERSONAL
        for column in Base.metadata.tables[name].c
        if suspicious(column.name) and not any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    assert found == {name for name in NOT_ABOUT_PEOPLE if suspicious(name.partition(".")[2])}


def suspicious(column: str) -> bool:
    return any(
        ABOUT_PEOPLE.fullmatch(word) for word in WORDS_OF_A_NAME.findall(column.replace("_", " "))
    ) or column.endswith("_by")


def test_the_times_are_those_of_the_policies():
    other = {**shipped(), "retention": type("Longer", (), {"response_months": 77})()}
    assert "77 months after the end" in records(other)
