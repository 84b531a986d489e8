"""A defect that can no longer be planted shows nothing: its text moved with the code and nobody noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFECTS = yaml.safe_load((ROOT / "scripts/planted_faults.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect["name"])
def test_a_defect_can_be_planted_and_its_suite_is_there(defect):
    for change in defect["changes"]:
        assert (ROOT / change["file"]).read_text(encoding="utf-8").count(change["old"]) == 1, change["old"]
    assert (ROOT / defect["tests"].split(maxsplit=1)[0]).is_file()
