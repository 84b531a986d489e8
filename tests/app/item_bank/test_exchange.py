"""A bank goes out as JSON or YAML and comes back the same; what changed between two versions can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.item_bank.bank_differences import Difference, differences
from app.item_bank.bank_files import read_bank
from app.item_bank.commands import bank
from app.item_bank.errors import BankFolderTaken, BankInvalid
from app.item_bank.export_bank import FORMS, as_yaml, export_bank
from app.item_bank.import_bank import import_bank
from app.item_bank.yaml_lines import _document
from tests.app.item_bank.bank_folders import ITEM_BANKS, SHIPPED, a_bank_folder, replace


def exported(tmp_path, form="json"):
    file = tmp_path / f"bank.{form}"
    file.write_text(export_bank(SHIPPED, form), encoding="utf-8")
    return file


@pytest.mark.parametrize("form", FORMS)
def test_a_bank_that_goes_out_and_comes_back_is_the_same_release(form, tmp_path):
    folder = import_bank(exported(tmp_path, form), tmp_path / "banks")
    (tmp_path / "banks" / "skills.yaml").write_bytes((ITEM_BANKS / "skills.yaml").read_bytes())
    assert folder == tmp_path / "banks" / "collaboration" / "v1"
    assert read_bank(folder).sha256 == read_bank(SHIPPED).sha256
    assert export_bank(folder, form) == export_bank(SHIPPED, form)
    assert differences(read_bank(SHIPPED), read_bank(folder)) == ()


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\u00a0\u202f’«»:#-?!\"'\n"), max_size=60
)


@given(
    st.dictionaries(st.sampled_from(["en", "fr", "keyed"]), TEXTS | st.integers(-6, 6) | st.floats(-4, 4), min_size=1)
)
def test_whatever_a_text_holds_it_survives_yaml(values):
    assert _document("any.yaml", as_yaml({"one": values, "two": values})).data == {"one": values, "two": values}


def test_a_version_is_never_written_over(tmp_path):
    file = exported(tmp_path)
    folder = import_bank(file, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(BankFolderTaken, match="nothing was written"):
        import_bank(file, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (lambda data: data.pop("bank"), "wrong-form", ""),
        (lambda data: data.update(more=1), "wrong-form", ""),
        (lambda data: data["bank"].update(skill="../../etc"), "wrong-form", "bank.skill"),
        (lambda data: data["bank"].update(version=0), "range", "bank.version"),
        (lambda data: data["statements"][2]["text"].pop("fr"), "missing-language", "statements[3].text.fr"),
        (lambda data: data["scenarios"][0]["options"][1].update(key=9), "key-range", "scenarios[1].options[2].key"),
    ],
)
def test_a_file_of_another_shape_is_refused_and_nothing_is_written(change, code, field, tmp_path):
    data = json.loads(export_bank(SHIPPED, "json"))
    change(data)
    (tmp_path / "bank.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(BankInvalid, match=rf"\[{code}\]") as refused:
        import_bank(tmp_path / "bank.json", tmp_path / "banks")
    assert field in str(refused.value)
    assert not (tmp_path / "banks").exists()


def test_what_is_no_document_at_all_is_refused_with_its_line(tmp_path):
    (tmp_path / "bank.json").write_bytes(b'{"bank": \xff')
    with pytest.raises(BankInvalid, match="UTF-8"):
        import_bank(tmp_path / "bank.json", tmp_path)


def test_differences_name_what_was_added_removed_and_changed(tmp_path):
    folder = a_bank_folder(tmp_path, version=2)
    replace(folder / "items.yaml", "too much to do?", "too much to handle?")
    replace(folder / "items.yaml", "code: col-s01", "code: col-s99")
    replace(folder / "scenarios.yaml", "- key: 4\n", "- key: 5\n")
    replace(folder / "bank.yaml", "author: Decile founders", "author: Decile writers")
    found = differences(read_bank(SHIPPED), read_bank(folder))
    first = "tell the people you worked with about a change that affected their task?"
    assert found == (
        Difference("bank", "changed", "author", "Decile founders", "Decile writers"),
        Difference("col-j01", "changed", "options[1].key", 4, 5),
        Difference("col-s01", "removed", "text", before=first),
        Difference(
            "col-s07",
            "changed",
            "text.en",
            "help someone who had too much to do?",
            "help someone who had too much to handle?",
        ),
        Difference("col-s99", "added", "text", after=first),
    )


def test_the_order_of_items_is_no_difference(tmp_path):
    folder = a_bank_folder(tmp_path)
    data = json.loads(export_bank(SHIPPED, "json"))
    turned = as_yaml({"statements": data["statements"][::-1]})
    (folder / "items.yaml").write_text(turned, encoding="utf-8")
    assert differences(read_bank(SHIPPED), read_bank(folder)) == ()


def test_the_commands_say_it_in_lines_and_in_json(tmp_path):
    run = lambda *given: CliRunner().invoke(bank, [str(part) for part in given])  # noqa: E731
    folder = a_bank_folder(tmp_path / "other", version=2)
    assert run("diff", SHIPPED, folder).output == "They say the same.\n"
    replace(folder / "items.yaml", "too much to do?", "too much to handle?")
    assert run("diff", SHIPPED, folder).output.splitlines() == [
        "col-s07: text.en",
        "  - help someone who had too much to do?",
        "  + help someone who had too much to handle?",
        "0 added, 0 removed, 1 changed.",
    ]
    assert json.loads(run("diff", SHIPPED, folder, "--json").output)[0]["field"] == "text.en"
    assert run("export", SHIPPED, "--format", "yaml").output == export_bank(SHIPPED, "yaml")
    told = run("import", exported(tmp_path), "--into", tmp_path / "new")
    assert told.exit_code == 0
    assert Path(tmp_path, "new", "collaboration", "v1", "scenarios.yaml").exists()
