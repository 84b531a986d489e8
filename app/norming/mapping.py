"""The mapping file: what the columns of a legacy sample mean, who the people were, and what they agreed to.

Everything a described norm group needs is asked for; what is not known is written down as not known, and
the norm gates then say what follows from it. A whole file::

    instrument: Ten statements about extraversion, collected on example.org
    items:                       # columns of responses, with the words people read
      E1: {en: I start conversations., fr: J'engage la conversation.}
      E2: {en: I keep in the background.}
    reverse: [E2]                # a higher code means less
    codes: [1, 2, 3, 4, 5]       # lowest first; an empty field is always missing
    missing: [0]
    labels: {en: [Disagree, Rather disagree, Neutral, Rather agree, Agree]}    # may be left out
    language: en                 # the people answered in
    age: {column: age, from: 18, to: 100}            # or: unknown
    collected: {from: 2025-01-10, to: 2025-09-30}    # or: unknown
    consent: Agreed to research and norm use on the first page    # or: not stated
    person: id                   # a column that tells people apart, or: none
    rows: [{column: country, in: [FR, BE]}]          # may be left out: only these rows; never by sex, age, origin
    separator: tab               # comma by default; or semicolon, tab, space, bar, any one character
    encoding: utf-8
    population_fr: Adultes ayant répondu en ligne    # the French of --population
    simulated: false             # true marks every norm made of it as a demo
    bank: trial                  # released: columns are items of the skill's released bank, without texts here
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, Field, StringConstraints, ValidationError, model_validator

from app.foundation.faults import faults_of
from app.item_bank.yaml_lines import Unreadable, composed
from app.norming.dividing import says_what_people_are
from app.norming.sample_errors import MappingInvalid

LARGEST_MAPPING_BYTES = 1_000_000
NOT_STATED = "not stated"
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Code = Annotated[str, Field(coerce_numbers_to_str=True)]


class _Part(BaseModel, extra="forbid", frozen=True):
    """Nothing unknown, nothing changed later."""


class ItemColumn(_Part, frozen=True):
    """One column of responses, with the words the people read; a released bank has the words already."""

    en: Text | None = None
    fr: Text | None = None
    facet: Text | None = None


class AdultRule(_Part, frozen=True):
    """Which column holds the age in years, and which ages count as plausible adults, both ends included."""

    column: Text
    lowest: Annotated[int, Field(alias="from")]
    highest: Annotated[int, Field(alias="to", le=130)]


class Window(_Part, frozen=True):
    """First and last day on which responses were collected."""

    start_on: Annotated[date, Field(alias="from")]
    end_on: Annotated[date, Field(alias="to")]

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.end_on < self.start_on:
            raise ValueError("the last day lies before the first")
        return self


class RowFilter(_Part, frozen=True):
    """Only rows whose column holds one of these values belong to the sample."""

    column: Text
    one_of: Annotated[tuple[Code, ...], Field(alias="in", min_length=1)]


class Labels(_Part, frozen=True):
    """The words of the response categories, lowest code first."""

    en: tuple[Text, ...]
    fr: tuple[Text, ...] | None = None


class SampleMapping(_Part, frozen=True):
    """A whole mapping file."""

    instrument: Text
    bank: Literal["trial", "released"] = "trial"
    items: Annotated[dict[Text, ItemColumn], Field(min_length=1)]
    codes: Annotated[tuple[Code, ...], Field(min_length=2, max_length=12)]
    missing: tuple[Code, ...] = ()
    reverse: tuple[Text, ...] = ()
    labels: Labels | None = None
    language: Literal["en", "fr"]
    population_fr: Text | None = None
    age: AdultRule | Literal["unknown"]
    collected: Window | Literal["unknown"]
    consent: Text
    person: Text | Literal["none"]
    groups: Annotated[dict[Text, Text], Field(max_length=4)] = {}
    blocks: Annotated[dict[Text, Text], Field(max_length=4)] = {}
    rows: tuple[RowFilter, ...] = ()
    separator: str = "comma"
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] = "utf-8"
    simulated: bool = False

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        unknown = [column for column in self.reverse if column not in self.items]
        if unknown:
            raise ValueError(f"reverse names {', '.join(unknown)}, which items does not")
        if len(set(self.codes)) < len(self.codes) or set(self.codes) & set(self.missing):
            raise ValueError("codes holds a code twice, or one that missing holds too")
        if self.labels is not None and len(self.labels.en) != len(self.codes):
            raise ValueError("labels need one text for each code")
        if self.labels is not None and self.labels.fr and len(self.labels.fr) != len(self.codes):
            raise ValueError("labels need one French text for each code")
        if self.bank == "trial" and any(item.en is None and item.fr is None for item in self.items.values()):
            raise ValueError("items need their text in en or fr, or `bank: released` where they are items of a bank")
        if self.bank == "released" and self.reverse:
            raise ValueError("the released bank says which items are reversed; leave reverse out")
        if set(self.groups) & set(self.blocks):
            raise ValueError("a name stands in groups and in blocks; rename one")
        barred = [rule.column for rule in self.rows if says_what_people_are(rule.column)]
        if barred:
            raise ValueError(f"rows chooses people by {', '.join(barred)}; a norm is not made of such a group alone")
        if len(self.delimiter) != 1:
            raise ValueError(f"separator is one character or one of: {', '.join(SEPARATORS)}")
        return self

    @property
    def delimiter(self) -> str:
        """The character between two fields."""
        return SEPARATORS.get(self.separator, self.separator)

    @property
    def consent_basis(self) -> str | None:
        """What the people agreed to, or None where that is not stated."""
        return None if self.consent.casefold() == NOT_STATED else self.consent

    @property
    def window(self) -> Window | None:
        """When the responses were collected, or None where that is unknown."""
        return self.collected if isinstance(self.collected, Window) else None

    @property
    def person_column(self) -> str | None:
        """The column that tells people apart, or None."""
        return None if self.person == "none" else self.person

    def columns(self) -> tuple[str, ...]:
        """Every column the file must have."""
        others = [self.person_column, self.age.column if isinstance(self.age, AdultRule) else None]
        others += [rule.column for rule in self.rows]
        others += [*self.groups.values(), *self.blocks.values()]
        return tuple(dict.fromkeys((*self.items, *(name for name in others if name is not None))))


def read_mapping(path: Path, *, youngest_adult_years: int) -> SampleMapping:
    """The mapping in the YAML file `path`.

    Raises
    ------
    MappingInvalid
        Naming every field that is wrong, and what was expected there.
    """
    mapping = _parsed(_loaded(path))
    if isinstance(mapping.age, AdultRule) and mapping.age.lowest < youngest_adult_years:
        raise MappingInvalid(
            [f"age: from: {mapping.age.lowest} is under {youngest_adult_years}; only adults may serve a norm"]
        )
    return mapping


def _loaded(path: Path) -> Any:
    try:
        content = path.read_bytes()
        if len(content) > LARGEST_MAPPING_BYTES:
            raise MappingInvalid([f"{path.name} is larger than a mapping can be; is it the data?"])
        root = composed(content.decode("utf-8"), with_aliases=True)
        return None if root is None else _ByNames("").construct_document(root)
    except OSError as problem:
        raise MappingInvalid([f"{path} cannot be read: {problem.strerror}"]) from None
    except UnicodeDecodeError:
        raise MappingInvalid([f"{path.name} is not UTF-8 text; save it as UTF-8"]) from None
    except Unreadable as problem:
        raise MappingInvalid([f"{path.name}, line {problem.line}: {problem.message}. {problem.remedy}"]) from None
    except yaml.MarkedYAMLError as problem:
        line = f", line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise MappingInvalid([f"{path.name}{line}: {problem.problem}"]) from None


class _ByNames(yaml.SafeLoader):
    """Reads names as they are written, so that a column may be called 1 or no; values as the library does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The values by their names; what a merge (<<) brings gives way to what stands here."""
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep) for key, value in node.value}

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """What one node says; the library stumbles over a day such as 2026-99-01."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, OverflowError):
            said = f"{str(node.value)[:40]!r} is no day and no number there is"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark) from None


def _parsed(content: Any) -> SampleMapping:
    try:
        return SampleMapping.model_validate(content)
    except ValidationError as problem:
        faults = [
            f"{': '.join(str(part) for part in place) or 'the file'}: {words}"
            for place, words in faults_of(problem, content)
        ]
        raise MappingInvalid(faults) from None
