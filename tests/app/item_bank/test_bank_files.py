"""The shipped files are clean, and each rule broken once is named with its line, its field and its remedy."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.item_bank.bank_files import check_bank, read_bank, read_skills
from app.item_bank.errors import BankInvalid
from app.item_bank.problems import errors_of
from app.item_bank.text_rules import words
from app.item_bank.yaml_lines import Unreadable, _document
from tests.app.item_bank.bank_folders import ITEM_BANKS, SHIPPED, a_bank_folder, another_skills_bank, replace

BANKS = sorted(path.parent for path in ITEM_BANKS.glob("*/v*/bank.yaml"))
BANK, ITEMS, SCENARIOS = "bank.yaml", "items.yaml", "scenarios.yaml"
ENGLISH_HELP = '"help someone who had too much to do?"'
FRENCH_HELP = '"aidé quelqu’un qui avait trop à faire\u202f?"'
FIRST_TENSION = "an early warning against a false alarm"
FIRST_OPTION = '"Tell the person in charge what the supplier said, and let them decide who else should know."'
FIRST_REASON = "The news reaches someone who can act, but those doing the work wait and a step is added."
FIRST_SITUATION = """Your colleagues are about to build a large display of it for tomorrow. If you speak now, they may
        stop for nothing. If you wait for certainty, their work may be wasted.
"""


@pytest.mark.parametrize("path", BANKS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_shipped_bank_may_be_released_and_its_warnings_are_matters_of_degree(path):
    problems = check_bank(path)
    assert errors_of(problems) == []
    assert {problem.code for problem in problems} <= {"reading", "sense"}


def test_collaboration_holds_24_statements_and_12_scenarios_balanced_over_four_facets_and_three_intents():
    files = read_bank(SHIPPED)
    assert set(Counter(entry["facet"] for entry in files.statements).values()) == {6}
    assert set(Counter(entry["facet"] for entry in files.scenarios).values()) == {3}
    assert Counter(entry["difficulty_intent"] for entry in files.statements) == {"easy": 8, "medium": 8, "hard": 8}
    assert Counter(entry["difficulty_intent"] for entry in files.scenarios) == {"easy": 4, "medium": 4, "hard": 4}
    assert len({entry["tension"] for entry in files.scenarios}) == len(files.scenarios) == 12


def test_all_twelve_skills_are_described_with_four_facets_each_in_both_languages():
    skills = read_skills(ITEM_BANKS / "skills.yaml")["skills"]
    assert len({skill["slug"] for skill in skills}) == 12
    assert len({entry["id"] for skill in skills for entry in skill["esco"]}) == sum(len(s["esco"]) for s in skills)


# what is broken: file, what stood there, what is put there, the rule, and what stands on the line that is named
BROKEN = {
    "another format": (BANK, "format: 1\n", "format: 2\n", "not-allowed", "format: 2"),
    "a key that no panel confirmed": (
        BANK,
        "key_status: provisional",
        "key_status: confirmed",
        "not-allowed",
        "key_st",
    ),
    "a review that nobody did": (BANK, "review: unreviewed", "review: reviewed", "not-allowed", "review: "),
    "unknown field": (BANK, "written: ", "weather: sunny\nwritten: ", "unknown-field", "weather"),
    "missing field": (BANK, "author: Decile founders\n", "", "missing-field", "format: 1"),
    "wrong kind of value": (BANK, "version: 1", "version: one", "wrong-type", "version: "),
    "another version than the folder": (BANK, "version: 1", "version: 3", "folder", "version: "),
    "another skill than the folder": (BANK, "skill: collaboration", "skill: empathy", "folder", "skill: "),
    "a skill that is not described": (BANK, "skill: collaboration", "skill: juggling", "unknown-skill", "skill: "),
    "four categories": (BANK, '["Never", ', "[", "count", "Once or twice"),
    "thresholds that do not rise": (BANK, "[-2.8, -1.6", "[-1.6, -1.6", "thresholds-order", "[-1.6, -1.6"),
    "a slope of nothing": (BANK, "slope: 1.3", "slope: 0", "range", "slope: 0"),
    "a prior surer than it can be": (BANK, "slope_sd: 0.5", "slope_sd: 0.01", "range", "slope_sd: 0.01"),
    "a field twice": (BANK, "review: ", "version: 1\nreview: ", "unreadable", "version: 1"),
    "a number twice": (BANK, "review: ", "'1': a\n1: b\nreview: ", "unreadable", "1: b"),
    "a list for a name": (BANK, "review: ", "? [a]\n: b\nreview: ", "unreadable", "? [a]"),
    "broken syntax": (BANK, "  stem:\n", "  stem: ]\n", "unreadable", "stem: ]"),
    "an alias": (BANK, "author: Decile founders", "author: &who Decile\nby: *who", "unreadable", "*who"),
    "a code twice": (ITEMS, "code: col-s02", "code: col-s01", "duplicate-code", "code: col-s01"),
    "a code of another form": (ITEMS, "code: col-s02", "code: COL 2", "wrong-form", "COL 2"),
    "a scenario with a statement's code": (SCENARIOS, "code: col-j01", "code: col-s01", "duplicate-code", "col-s01"),
    "an unknown facet": (ITEMS, "facet: include_others", "facet: be_nice", "unknown-facet", "be_nice"),
    "a key that points nowhere": (ITEMS, "    keyed: 1\n", "    keyed: 0\n", "not-allowed", "keyed: 0"),
    "a missing language": (ITEMS, f"      fr: {FRENCH_HELP}\n", "", "missing-language", "text:"),
    "a statement too long": (ITEMS, ENGLISH_HELP, f'"help {"one more " * 9}person?"', "word-limit", "one more"),
    "a statement too short": (ITEMS, ENGLISH_HELP, '"help?"', "word-limit", "help?"),
    "an absolute": (ITEMS, ENGLISH_HELP, '"always help someone in need?"', "absolute", "always"),
    "a negation": (ITEMS, ENGLISH_HELP, '"help someone who had not begun?"', "negation", "not begun"),
    "a French negation": (ITEMS, FRENCH_HELP, '"aidé qui n’avait pas fini\u202f?"', "negation", "n’avait"),
    "an open question": (ITEMS, ENGLISH_HELP, '"help someone with too much to do"', "ending", "help someone with"),
    "a straight apostrophe": (ITEMS, "aidé quelqu’un", "aidé quelqu'un", "typography", "quelqu'un"),
    "an unbound question mark": (ITEMS, "faire\u202f?", "faire ?", "typography", "faire ?"),
    "an unbound guillemet": (ITEMS, "aidé quelqu’un", "aidé «quelqu’un»", "typography", "«quelqu’un»"),
    "a family in a statement": (ITEMS, ENGLISH_HELP, '"help the mother of a colleague?"', "forbidden-topic", "mother"),
    "an illness in a French option": (
        SCENARIOS,
        "Rapporter les propos",
        "Rapporter la maladie",
        "forbidden-topic",
        "maladie",
    ),
    "a sense in a statement": (ITEMS, ENGLISH_HELP, '"hear a colleague ask for help?"', "sense", "hear"),
    "English quotes in French": (ITEMS, "aidé quelqu’un", "aidé “quelqu’un”", "typography", "“quelqu’un”"),
    "French quotes in English": (ITEMS, "help someone who", "help « someone » who", "typography", "« someone"),
    "three dots": (ITEMS, "help someone who", "help... someone who", "typography", "help..."),
    "a loose hyphen": (ITEMS, "help someone who", "help someone - who", "typography", "someone - who"),
    "a space before an English mark": (ITEMS, "too much to do?", "too much to do ?", "typography", "to do ?"),
    "a space before a French comma": (ITEMS, "aidé quelqu’un", "aidé , quelqu’un", "typography", "aidé ,"),
    "the same in other words": (
        ITEMS,
        '"ask someone for help when you were stuck on a task?"',
        '"help someone who had too much to carry?"',
        "near-duplicate",
        "to carry",
    ),
    "a conflict in other words": (
        SCENARIOS,
        "the quick favour against help that lasts",
        "an early warning set against a false alarm",
        "near-duplicate",
        "set against",
    ),
    "two spaces": (ITEMS, "help someone who", "help  someone who", "typography", "help  someone"),
    "a text twice": (
        ITEMS,
        '"ask someone for help when you were stuck on a task?"',
        ENGLISH_HELP,
        "duplicate-text",
        "help",
    ),
    "a conflict twice": (
        SCENARIOS,
        "the quick favour against help that lasts",
        FIRST_TENSION,
        "duplicate-text",
        "tension",
    ),
    "a key above the scale": (SCENARIOS, "key: 4\n", "key: 7\n", "key-range", "key: 7"),
    "a key below the scale": (SCENARIOS, "key: 1\n", "key: 0\n", "key-range", "key: 0"),
    "no effective option": (SCENARIOS, "key: 6", "key: 4", "key-spread", "options:"),
    "an option too short": (SCENARIOS, FIRST_OPTION, '"Tell them."', "word-limit", "Tell them."),
    "an option that its length gives away": (
        SCENARIOS,
        FIRST_OPTION,
        f'"{"very " * 26}long."',
        "option-length",
        "options:",
    ),
    "an absolute in an option": (
        SCENARIOS,
        FIRST_OPTION,
        FIRST_OPTION.replace("Tell", "Always tell"),
        "absolute",
        "Always",
    ),
    "an option without a reason": (SCENARIOS, f"        rationale: {FIRST_REASON}\n", "", "missing-field", "- key: 4"),
    "a situation too short": (SCENARIOS, FIRST_SITUATION, "\n", "word-limit", "en: >-"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_named_with_its_line_and_a_remedy(what, tmp_path):
    file, old, new, code, on_line = BROKEN[what]
    folder = a_bank_folder(tmp_path)
    replace(folder / file, old, new)

    problems = [problem for problem in check_bank(folder) if problem.code == code]

    assert problems, check_bank(folder)
    found = problems[0]
    assert found.file == file
    assert on_line in (folder / file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert found.message
    assert found.remedy
    assert str(found).startswith(f"{folder / file}:{found.line}: ")
    with pytest.raises(BankInvalid, match=r"Correct them"):
        read_bank(folder)


def test_a_facet_with_too_few_items_is_named(tmp_path):
    folder = a_bank_folder(tmp_path)
    for _ in range(2):
        replace(folder / SCENARIOS, "facet: include_others", "facet: share_information")
    problems = errors_of(check_bank(folder))
    assert [problem.code for problem in problems] == ["facet-balance"]
    assert "include_others has 1 of 12" in problems[0].message


def test_a_bank_of_easy_items_is_refused(tmp_path):
    folder = a_bank_folder(tmp_path)
    replace(folder / ITEMS, "difficulty_intent: hard", "difficulty_intent: easy")
    assert [problem.code for problem in errors_of(check_bank(folder))] == ["difficulty-balance"]


def test_a_best_option_that_stands_too_often_at_one_place_is_a_clue(tmp_path):
    folder = a_bank_folder(tmp_path)
    text = (folder / SCENARIOS).read_text(encoding="utf-8")
    for key in (2, 3, 4, 5):
        text = text.replace(f"      - key: {key}\n", "      - key: 1\n")
    first = text.replace("    options:\n      - key: 1", "    options:\n      - key: 6")
    (folder / SCENARIOS).write_text(first, encoding="utf-8")
    assert "position-clue" in {problem.code for problem in check_bank(folder)}


@pytest.mark.parametrize(("rank", "words"), [("longest", 26), ("shortest", 14)])
def test_a_best_option_told_by_its_length_is_a_clue(rank, words, tmp_path):
    folder = a_bank_folder(tmp_path)
    text = (folder / SCENARIOS).read_text(encoding="utf-8")
    said = f'      - key: 6\n        en: "{" ".join(["word"] * words)}."\n'
    changed = re.sub(r"      - key: 6\n        en: .*\n", said, text)
    (folder / SCENARIOS).write_text(changed, encoding="utf-8")
    clues = [problem for problem in check_bank(folder) if problem.code == "length-clue"]
    assert [problem.message for problem in clues] == [f"the best option (en) is the {rank} in 12 of 12 scenarios"]


def test_a_bank_whose_options_are_nearly_all_good_is_out_of_balance(tmp_path):
    folder = a_bank_folder(tmp_path)
    text = (folder / SCENARIOS).read_text(encoding="utf-8")
    (folder / SCENARIOS).write_text(text.replace("- key: 2", "- key: 5").replace("- key: 1", "- key: 6"), "utf-8")
    found = [problem for problem in check_bank(folder) if problem.code == "key-balance"]
    assert [problem.message for problem in found] == [
        "0 of 60 options are tempting but poor by their key, less than 15%"
    ]


def test_a_text_that_is_hard_to_read_is_a_warning_and_keeps_nothing_back(tmp_path):
    folder = a_bank_folder(tmp_path)
    hard = '"collaboratively accommodate organisational prioritisation disagreements?"'
    line = replace(folder / ITEMS, ENGLISH_HELP, hard)
    found = [problem for problem in check_bank(folder) if problem.line == line]
    assert [(problem.code, problem.is_warning) for problem in found] == [("reading", True)]
    assert "warning: hard to read: Flesch-Kincaid grade" in str(found[0])
    assert read_bank(folder).statements[6]["text"]["en"] == hard.strip('"')


def test_a_format_that_is_hard_to_read_as_a_whole_is_refused(tmp_path):
    folder = a_bank_folder(tmp_path)
    text = (folder / ITEMS).read_text(encoding="utf-8")
    hard = r'\1"organisational collaboration necessitates \2?"'
    count = iter(range(100))
    changed = re.sub(r"(      en: )\".*", lambda found: found.expand(hard.replace(r"\2", str(next(count)))), text)
    (folder / ITEMS).write_text(changed, encoding="utf-8")
    means = [problem for problem in errors_of(check_bank(folder)) if problem.code == "reading-mean"]
    assert [(problem.file, problem.field) for problem in means] == [(ITEMS, "statements")]
    assert "the texts of kind statement (en) are hard to read as a whole: Flesch-Kincaid grade" in means[0].message


def test_a_sense_in_a_situation_is_only_a_warning_because_it_may_be_said_of_others(tmp_path):
    folder = a_bank_folder(tmp_path)
    replace(folder / SCENARIOS, "You work in a shop.", "You hear that in a shop.")
    assert {problem.code for problem in check_bank(folder) if problem.is_warning} >= {"sense"}
    assert errors_of(check_bank(folder)) == []


def test_a_text_of_another_skills_latest_bank_may_not_come_again(tmp_path):
    folder = a_bank_folder(tmp_path)
    twin = another_skills_bank(tmp_path, statement="help someone who had too much to do?")
    found = [problem for problem in errors_of(check_bank(folder)) if problem.code == "near-duplicate"]
    assert [problem.message for problem in found] == [
        "1.00 alike to adaptability v1 ada-s01: 'help someone who had too much to do?'"
    ]
    assert read_bank(folder).sha256 == read_bank(SHIPPED).sha256  # loading at start does not compare again

    replace(twin / ITEMS, "help someone who had too much to do?", "carry water to a far place by night?")
    assert errors_of(check_bank(folder)) == []


def test_the_next_version_of_the_same_skill_may_keep_its_items(tmp_path):
    a_bank_folder(tmp_path)
    assert errors_of(check_bank(a_bank_folder(tmp_path, version=2))) == []


@pytest.mark.parametrize("file", [BANK, ITEMS, SCENARIOS])
def test_a_missing_an_empty_and_a_binary_file_are_each_one_problem_and_never_a_traceback(file, tmp_path):
    folder = a_bank_folder(tmp_path)
    (folder / file).write_bytes(b"\xff\xfe\x00")
    assert [(problem.file, problem.code) for problem in check_bank(folder)] == [(file, "unreadable")]
    (folder / file).write_text("", encoding="utf-8")
    assert [(problem.file, problem.code) for problem in check_bank(folder)] == [(file, "wrong-type")]
    (folder / file).unlink()
    assert [(problem.file, problem.code) for problem in check_bank(folder)] == [(file, "unreadable")]


def test_comments_and_line_breaks_do_not_change_the_hash_but_one_letter_does(tmp_path):
    folder = a_bank_folder(tmp_path)
    before = read_bank(folder).sha256
    replace(folder / ITEMS, "statements:\n", "# a remark\n\nstatements:\n")
    assert read_bank(folder).sha256 == before == read_bank(SHIPPED).sha256
    replace(folder / ITEMS, "too much to do?", "too much to handle?")
    assert read_bank(folder).sha256 != before


@given(st.lists(st.text(alphabet="abcé’-19", min_size=1), max_size=40))
def test_words_are_counted_as_a_reader_counts_them(tokens):
    expected = sum(any(character.isalnum() for character in token) for token in tokens)
    assert words(" ".join(tokens)) == expected
    assert words("\u202f? ".join(tokens)) == expected


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line_but_never_breaks_the_reader(text):
    line = 1
    with suppress(Unreadable):
        line = min(_document("any.yaml", text).lines.values(), default=1)
    assert line >= 1


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, "- " * 100_000 + "x"], ids=["brackets", "dashes"])
def test_a_file_nested_too_deeply_is_refused_before_the_library_dies_of_it(deep):
    with pytest.raises(Unreadable, match="nested too deeply"):
        _document("bank.yaml", deep)
