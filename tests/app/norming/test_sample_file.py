"""A legacy sample is read whole, or one report names everything that is wrong with it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from app.norming import sample_file
from app.norming.mapping import SampleMapping
from app.norming.sample_errors import SampleInvalid
from app.norming.sample_file import SampleFile, read_sample
from tests.app.norming.builders import a_mapping, mapping_content
from tests.conftest import shared_file


def read(tmp_path: Path, text: str | bytes, mapping: SampleMapping | None = None) -> SampleFile:
    path = tmp_path / "sample.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_sample(path, mapping or a_mapping())


def report(tmp_path: Path, text: str | bytes, mapping: SampleMapping | None = None) -> SampleInvalid:
    with pytest.raises(SampleInvalid) as refused:
        read(tmp_path, text, mapping)
    return refused.value


def test_codes_are_kept_as_answered_in_the_order_of_the_mapping(tmp_path):
    sample = read(tmp_path, "age,Q2,Q1,person\n30,1,5,a\n40,0,2,b\n")
    assert sample.columns == ("Q1", "Q2")
    np.testing.assert_array_equal(sample.codes, [[4, 0], [1, -1]])
    assert sample.set_aside == {}


def test_minors_and_impossible_ages_and_empty_rows_are_set_aside_and_counted(tmp_path):
    text = (
        "person,age,Q1,Q2\na,17,1,1\nb,18,1,1\nc,101,1,1\nd,999999999999,1,1\ne,,1,1\nf,30,0,0\ng,30,,\n\nh,100,2,2\n"
    )
    sample = read(tmp_path, text)
    assert sample.codes.tolist() == [[0, 0], [1, 1]]
    assert sample.set_aside == {"not-adult": 3, "age-missing": 1, "all-missing": 2}
    assert sample.rows_read == 8


def test_only_rows_that_the_filters_name_belong_to_the_sample(tmp_path):
    mapping = a_mapping(rows=[{"column": "country", "in": ["FR", "BE"]}])
    sample = read(tmp_path, "person,age,Q1,Q2,country\na,30,1,1,FR\nb,30,2,2,US\nc,30,3,3,BE\n", mapping)
    assert sample.codes.tolist() == [[0, 0], [2, 2]]
    assert sample.set_aside == {"filtered": 1}


def test_numbers_written_by_a_data_frame_are_read(tmp_path):
    assert read(tmp_path, "person,age,Q1,Q2\na,30.0,4.0, 5 \n").codes.tolist() == [[3, 4]]


def test_a_separator_and_gzip_and_a_byte_order_mark_are_understood(tmp_path):
    text = "\ufeffperson;age;Q1;Q2\na;30;1;2\n".encode()
    mapping = a_mapping(separator="semicolon")
    assert read(tmp_path, text, mapping).codes.tolist() == [[0, 1]]
    assert read(tmp_path, gzip.compress(text), mapping).codes.tolist() == [[0, 1]]


def test_every_code_out_of_range_is_named_by_row_column_value_and_remedy(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\na,30,1,6\nb,30,x,2\nc,30,3,3\n")
    assert [(p.row, p.column, p.value) for p in refused.problems] == [(2, "Q2", "6"), (3, "Q1", "x")]
    assert "the codes are 1, 2, 3, 4, 5; missing is 0" in str(refused)
    assert "nothing was imported" in str(refused)


def test_duplicate_people_are_refused_with_both_rows(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\na,30,1,1\nb,30,2,2\na,31,3,3\n")
    assert [(p.row, p.column, p.value) for p in refused.problems] == [(4, "person", "a")]
    assert "row 2" in refused.problems[0].remedy


def test_a_person_without_an_id_is_refused_where_ids_are_promised(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\n,30,1,1\n ,30,2,2\n")
    assert [p.row for p in refused.problems] == [2, 3]


def test_missing_columns_are_all_named(tmp_path):
    refused = report(tmp_path, "person,years,Q1\na,30,1\n")
    assert [p.column for p in refused.problems] == ["Q2", "age"]
    assert "person, years, Q1" in str(refused)


def test_a_wrong_separator_reads_as_missing_columns(tmp_path):
    assert "its separator" in str(report(tmp_path, "person;age;Q1;Q2\na;30;1;1\n"))


def test_a_column_name_standing_twice_is_refused(tmp_path):
    assert [p.column for p in report(tmp_path, "person,age,Q1,Q1,Q2\na,30,1,2,3\n").problems] == ["Q1"]


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n", ",,,\n"])
def test_an_empty_file_is_refused(tmp_path, text):
    assert "the file is empty" in str(report(tmp_path, text))


def test_a_header_without_people_is_refused(tmp_path):
    assert "no person is left" in str(report(tmp_path, "person,age,Q1,Q2\n"))


def test_a_file_of_minors_is_refused_saying_so(tmp_path):
    assert "1 not-adult" in str(report(tmp_path, "person,age,Q1,Q2\na,12,1,1\n"))


def test_rows_of_the_wrong_length_are_named(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\na,30,1\nb,30,1,2,3\nc,30,1,2\n")
    assert [p.row for p in refused.problems] == [2, 3]


def test_broken_quoting_names_its_row(tmp_path):
    assert report(tmp_path, 'person,age,Q1,Q2\na,30,1,1\nb,30,"1,1\n').problems[0].row == 3


def test_a_null_byte_is_a_problem_of_its_row_and_not_of_the_program(tmp_path):
    refused = report(tmp_path, b"person,age,Q1,Q2\na,30,1,1\nb,30,\x00,1\n")
    assert refused.problems[0].row == 3


def test_a_wrong_encoding_names_the_row_and_the_bytes(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\na,30,1,1\nRené,30,1,1\n".encode("latin-1"))
    assert (refused.problems[0].row, refused.problems[0].value) == (3, "bytes e9")
    assert "not utf-8" in str(refused)


def test_the_stated_encoding_is_used(tmp_path):
    text = "person,age,Q1,Q2\nRené,30,1,1\n".encode("latin-1")
    assert read(tmp_path, text, a_mapping(encoding="latin-1")).codes.tolist() == [[0, 0]]


def test_a_damaged_gzip_file_is_refused(tmp_path):
    whole = gzip.compress(b"person,age,Q1,Q2\n" + b"a,30,1,1\n" * 1000)
    assert "cannot be read" in str(report(tmp_path, whole[:-20]))
    assert "cannot be read" in str(report(tmp_path, whole[:2] + b"\xff" * 50))


def test_case_079_a_decompression_bomb_stops_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_file, "LARGEST_FILE_BYTES", 1_000_000)
    assert "larger than" in str(report(tmp_path, gzip.compress(b"0" * 5_000_000)))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SampleInvalid, match="cannot be read"):
        read_sample(tmp_path / "nowhere.csv", a_mapping())


def test_fifty_thousand_rows_with_three_bad_ones_give_three_lines(tmp_path):
    rows = [f"p{i},30,{i % 5 + 1},{i % 4 + 1}" for i in range(50_000)]
    rows[7] = "p7,30,9,1"
    rows[25_000] = "p25000,30,1"
    rows[49_999] = "p7,30,1,1"
    refused = report(tmp_path, "\n".join(["person,age,Q1,Q2", *rows]))
    assert [p.row for p in refused.problems] == [9, 25_002, 50_001]


def test_a_report_of_thousands_of_problems_stays_readable(tmp_path):
    refused = report(tmp_path, "person,age,Q1,Q2\n" + "".join(f"p{i},30,9,1\n" for i in range(1000)))
    assert len(refused.problems) == 1000
    assert str(refused).splitlines()[-1] == "  … and 800 more"


def test_an_age_in_words_is_a_problem(tmp_path):
    assert report(tmp_path, "person,age,Q1,Q2\na,thirty,1,1\n").problems[0].column == "age"


def test_the_real_extraversion_sample_has_15661_adults():
    content = mapping_content(
        items={f"E{i}": {"en": f"statement {i}"} for i in range(1, 11)},
        reverse=["E2", "E4", "E6", "E8", "E10"],
        person="none",
        separator="tab",
    )
    sample = read_sample(shared_file("data/openpsy_big5.csv.gz"), SampleMapping.model_validate(content))
    assert sample.codes.shape == (15_661, 10)
    assert sample.set_aside == {"not-adult": 4057, "all-missing": 1}
