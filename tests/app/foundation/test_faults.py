"""What is wrong with something sent is said by the sender's names, without those of our classes and libraries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from app.foundation.faults import faults_of


class Best(BaseModel, extra="forbid"):
    best: int
    worst: int


class Sent(BaseModel, extra="forbid"):
    value: Annotated[int, Field(ge=1, le=6)] | Best
    age: Best | Literal["unknown"] = "unknown"
    several: tuple[Best, ...] = ()


def said(content):
    try:
        Sent.model_validate(content)
    except ValidationError as problem:
        return faults_of(problem, content)
    return []


def test_the_shapes_that_were_tried_are_not_named():
    found = said({"value": 99})
    assert [place for place, _ in found] == [("value",)]
    assert "less than or equal to 6, or: several named values" in found[0][1]


def test_what_is_wrong_within_a_shape_is_told_and_not_that_it_is_no_other():
    assert said({"value": 1, "age": {"best": 1}}) == [(("age", "worst"), "this is missing")]
    assert [place for place, _ in said({"value": 1, "several": [{"best": 1, "worst": "x"}]})] == [
        ("several", 0, "worst")
    ]


def test_a_name_that_is_missing_or_unknown_is_told_as_it_would_be_written():
    assert said({"valeu": 1}) == [
        (("value",), "this is missing"),
        (("valeu",), "nothing of this name is known here"),
    ]
    assert said(None) == [((), "several named values are needed here")]
