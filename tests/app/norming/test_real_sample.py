"""Real responses: the adult respondents of BIG5 extraversion, imported, calibrated and normed by the real commands."""

from __future__ import annotations

import yaml
from click.testing import CliRunner

from app.norming import phases, queries
from app.norming.sample_commands import calibrate, responses
from app.norming.sample_errors import SampleInvalid
from tests.app.norming.builders import people
from tests.conftest import shared_file

ADULTS = 15_661  # 18 to 100 years old, with at least one response
SKILL = "extraversion-trial"
MAPPING = {
    "instrument": "Ten statements, collected on openpsychometrics.org",
    "items": {f"E{i}": {"en": f"Statement E{i}"} for i in range(1, 11)},
    "reverse": ["E2", "E4", "E6", "E8", "E10"],
    "codes": [1, 2, 3, 4, 5],
    "missing": [0],
    "language": "en",
    "age": {"column": "age", "from": 18, "to": 100},
    "collected": "unknown",
    "consent": "not stated",
    "person": "none",
    "separator": "tab",
}


def test_the_real_adults_are_imported_calibrated_and_normed(runtime, tmp_path):
    path = shared_file("data/openpsy_big5.csv.gz")
    mapping = tmp_path / "extraversion.yaml"
    mapping.write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    arguments = ["import", str(path), "--skill", SKILL, "--population", "Adults online", "--mapping", str(mapping)]
    imported = CliRunner().invoke(responses, arguments, obj=runtime, catch_exceptions=False)
    assert f"Imported {ADULTS} of 19719 rows." in imported.output
    assert "not-adult: 4057" in imported.output
    assert "all-missing: 1" in imported.output
    fitted = CliRunner().invoke(calibrate, [SKILL], obj=runtime, catch_exceptions=False)
    assert fitted.exit_code == 0
    with runtime.transaction() as session:
        editor, _ = people(session, runtime.clock.now())
    norm_id = phases.draft(SKILL, database=runtime.database, clock=runtime.clock, entropy=runtime.entropy, actor=editor)
    phases.preview(norm_id, database=runtime.database, clock=runtime.clock, actor=editor)
    with runtime.reading() as session:
        norm = queries.norm(norm_id, session=session)
    assert norm.n == ADULTS
    assert norm.gate_reasons == ("self-report-only", "window-unknown", "consent-not-stated")
    assert (norm.gives_percentile_rank, norm.is_provisional, norm.may_certify) == (True, False, False)
    assert 1.2 < norm.cut < 1.35
    assert 0.0137 < norm.cut_standard_error < 0.03  # above the error of error-free scores, 1.71 / sqrt(N)
    assert norm.preview is not None
    assert 0.08 < norm.preview["share_above"] < 0.11


def test_a_comma_instead_of_the_tab_is_reported_by_column(runtime, tmp_path):
    path = shared_file("data/openpsy_big5.csv.gz")
    mapping = tmp_path / "extraversion.yaml"
    mapping.write_text(yaml.safe_dump({**MAPPING, "separator": "comma"}), encoding="utf-8")
    arguments = ["import", str(path), "--skill", SKILL, "--population", "Adults online", "--mapping", str(mapping)]
    refused = CliRunner().invoke(responses, arguments, obj=runtime)
    assert isinstance(refused.exception, SampleInvalid)
    assert len(refused.exception.problems) == 11
