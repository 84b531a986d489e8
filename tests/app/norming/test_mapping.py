"""The mapping asks for everything a described group needs, and says what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from app.norming.mapping import read_mapping
from app.norming.sample_errors import MappingInvalid
from tests.app.norming.builders import a_mapping, mapping_content


def read(tmp_path: Path, content: object):
    path = tmp_path / "sample.mapping.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return read_mapping(path, youngest_adult_years=18)


def test_a_whole_mapping_is_read(tmp_path):
    mapping = read(
        tmp_path,
        mapping_content(
            collected={"from": date(2025, 1, 1), "to": date(2025, 12, 31)},
            consent="Agreed to research use",
            rows=[{"column": "accurate", "in": [1]}],
            labels={"en": ["no", "rather no", "both", "rather yes", "yes"]},
            separator="tab",
        ),
    )
    assert mapping.window is not None
    assert (mapping.window.start_on, mapping.delimiter) == (date(2025, 1, 1), "\t")
    assert mapping.consent_basis == "Agreed to research use"
    assert mapping.columns() == ("Q1", "Q2", "person", "age", "accurate")
    assert mapping.rows[0].one_of == ("1",)


def test_what_is_not_known_is_written_down_as_not_known():
    mapping = a_mapping(age="unknown", person="none")
    assert (mapping.consent_basis, mapping.window, mapping.person_column) == (None, None, None)
    assert mapping.columns() == ("Q1", "Q2")


@pytest.mark.parametrize("field", ["instrument", "items", "codes", "language", "age", "collected", "consent", "person"])
def test_every_fact_must_be_answered(tmp_path, field):
    content = mapping_content()
    del content[field]
    with pytest.raises(MappingInvalid, match=field):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"unknown_field": 1}, "unknown_field"),
        ({"codes": [1]}, "codes"),
        ({"codes": [1, 1, 2]}, "twice"),
        ({"rows": [{"column": "Sex", "in": ["f"]}]}, "chooses people by Sex"),
        ({"rows": [{"column": "age", "in": ["20", "21"]}]}, "chooses people by age"),
        ({"missing": [1]}, "missing holds too"),
        ({"reverse": ["Q9"]}, "Q9"),
        ({"language": "de"}, "language"),
        ({"items": {}}, "items"),
        ({"items": {"Q1": {}, "Q2": {}}}, "text in en or fr"),
        ({"items": {"Q1": {"en": " "}}}, "items"),
        ({"labels": {"en": ["no", "yes"]}}, "one text for each code"),
        ({"labels": {"en": list("abcde"), "fr": ["non"]}}, "French"),
        ({"separator": "both"}, "separator"),
        ({"age": {"column": "age", "from": 18}}, "to"),
        ({"age": {"column": "age", "from": 18, "to": 999}}, "130"),
        ({"collected": {"from": "2025-02-01", "to": "2025-01-01"}}, "before the first"),
        ({"collected": {"from": "2025-02-30", "to": "2025-03-01"}}, "collected"),
        ({"bank": "released"}, "leave reverse out"),
        ({"rows": [{"column": "x", "in": []}]}, "rows"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path, change, part):
    with pytest.raises(MappingInvalid, match=part):
        read(tmp_path, mapping_content(**change))


def test_minors_cannot_be_let_in_by_a_mapping(tmp_path):
    with pytest.raises(MappingInvalid, match="only adults"):
        read(tmp_path, mapping_content(age={"column": "age", "from": 13, "to": 100}))


@pytest.mark.parametrize("content", ["", "a: [", "- 1\n- 2\n", "just text"])
def test_what_is_no_mapping_is_refused(tmp_path, content):
    with pytest.raises(MappingInvalid):
        read(tmp_path, content)


def test_a_mapping_that_is_not_text_or_not_there_is_refused(tmp_path):
    with pytest.raises(MappingInvalid, match="cannot be read"):
        read_mapping(tmp_path / "nowhere.yaml", youngest_adult_years=18)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingInvalid, match="not UTF-8"):
        read_mapping(tmp_path / "binary.yaml", youngest_adult_years=18)
    (tmp_path / "data.yaml").write_bytes(b"1,2,3\n" * 200_000)
    with pytest.raises(MappingInvalid, match="is it the data"):
        read_mapping(tmp_path / "data.yaml", youngest_adult_years=18)


def test_a_mapping_is_frozen():
    with pytest.raises(ValidationError):
        a_mapping().language = "fr"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instrument: a\nreverse: [Q1]\nreverse: [Q2]\n", "line 3: reverse stands twice"),
        ("items:\n  Q1: {en: a}\n  Q1: {en: b}\n", "line 3: Q1 stands twice"),
        ("items:\n  1: {en: a}\n  '1': {en: b}\n", "line 3: 1 stands twice in one place. Keep one of the two."),
        ("&k items: {}\n*k : {}\n", "items stands twice"),
        ("labels:\n  <<: {en: [a]}\n  <<: {en: [b]}\n", "line 3: << stands twice"),
        ("items: &a\n  Q1: *a\n", "Q1"),  # which stands in itself
        ("instrument: a\n? [items, codes]\n: x\n", "line 2: a list or several values stand for a name"),
        ("collected: {from: 2026-99-01, to: 2026-09-01}\n", "line 1: '2026-99-01' is no day"),
        ("codes: [!!int '']\n", "line 1: '' is no day and no number"),
        ("codes: [1, 2\nperson: none\n", "line 2"),
        ("[" * 20_000, "nested too deeply"),
        ("", "the file: several named values"),
    ],
)
def test_what_yaml_would_pass_over_or_stumble_on_is_refused_with_its_line(tmp_path, text, said):
    with pytest.raises(MappingInvalid) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "SampleMapping" not in str(refused.value)


def test_no_names_of_classes_stand_in_what_is_said(tmp_path):
    with pytest.raises(MappingInvalid) as refused:
        read(tmp_path, mapping_content(age={"column": "age", "from": "x", "to": 90}, collected={"from": "x"}))
    assert str(refused.value).splitlines()[1:] == [
        "  age: from: Input should be a valid integer, unable to parse string as an integer",
        "  collected: from: Input should be a valid date or datetime, input is too short",
        "  collected: to: this is missing",
    ]


def test_columns_with_numbers_for_names_are_read_as_they_are_written(tmp_path):
    """The library takes 1, 01 and 1.0 for one column and would keep the last of them alone; no and off likewise."""
    written = "".join(f"  {name}: {{en: words of it}}\n" for name in ("1", "01", "1.0", "no", "off"))
    mapping = read(tmp_path, f"items:\n{written}{the_rest()}")
    assert tuple(mapping.items) == ("1", "01", "1.0", "no", "off")


def test_what_stands_once_may_be_referred_to_and_merged(tmp_path):
    """Also where a merge is merged in its turn, from deeper down than where it is used."""
    items = "items:\n  Q1: &a {en: a, facet: warmth}\n  Q2: &b\n    <<: *a\n    en: b\n  Q3:\n    <<: *b\n  Q4: *a\n"
    mapping = read(tmp_path, f"{items}{the_rest()}")
    told = {name: (item.en, item.facet) for name, item in mapping.items.items()}
    assert told == {"Q1": ("a", "warmth"), "Q2": ("b", "warmth"), "Q3": ("b", "warmth"), "Q4": ("a", "warmth")}


def the_rest() -> str:
    """A mapping without its columns."""
    return yaml.safe_dump(
        {name: value for name, value in mapping_content().items() if name not in ("items", "reverse")}
    )
