"""Samples, mappings and norms for the tests of norming: plain functions."""

from __future__ import annotations

from typing import Any

from app.norming.mapping import SampleMapping


def mapping_content(**changes: Any) -> dict[str, Any]:
    """A whole mapping file as YAML would give it, with `changes`."""
    content: dict[str, Any] = {
        "instrument": "Two statements",
        "items": {"Q1": {"en": "I ask what others think.", "fr": "Je demande l'avis des autres."}, "Q2": {"en": "I wait."}},
        "codes": [1, 2, 3, 4, 5],
        "missing": [0],
        "reverse": ["Q2"],
        "language": "en",
        "age": {"column": "age", "from": 18, "to": 100},
        "collected": "unknown",
        "consent": "not stated",
        "person": "person",
    }
    return {**content, **changes}


def a_mapping(**changes: Any) -> SampleMapping:
    return SampleMapping.model_validate({**mapping_content(), **changes})
