"""Refusals of samples: what is said of responses, of their file, and of how it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound

LONGEST_REPORT = 200  # lines: a person reads no more; the count says how many there are
LONGEST_SHOWN_VALUE = 40  # characters


class NoSample(NotFound):
    """Nothing to calibrate or to norm on."""

    code = "no-sample"

    def __init__(self, skill: str) -> None:
        super().__init__(f"No sample of responses is known for {skill}. Import one with `decile responses import`.")


class SampleUnknown(NotFound):
    """The skill has no sample of that id."""

    code = "sample-unknown"

    def __init__(self, sample_id: UUID, skill: str) -> None:
        super().__init__(
            f"{skill} has no sample {sample_id}. Leave --sample out for the latest one, or choose one on the norm desk."
        )


class PopulationNeeded(Invalid):
    """A sample is of somebody."""

    code = "population-needed"

    def __init__(self) -> None:
        super().__init__("Say who these people are, in one line: it is printed with every rank.")


class SampleAltered(Conflict):
    """The stored responses are no longer those that were imported."""

    code = "sample-altered"

    def __init__(self, sample_id: UUID) -> None:
        super().__init__(
            f"The stored responses of sample {sample_id} differ from those imported: somebody changed the database. "
            "Nothing was computed from them. Look at the audit record, and import the file again."
        )


class SampleAlreadyImported(Conflict):
    """The same people would be counted twice."""

    code = "sample-already-imported"

    def __init__(self, sample_id: UUID) -> None:
        self.sample_id = sample_id
        super().__init__(
            f"These responses were imported before, as sample {sample_id}. Nothing was added; "
            "importing them again would count the same people twice."
        )


class ItemsDiffer(Invalid):
    """The columns are not those of the released bank."""

    code = "sample-items-differ"

    def __init__(self, label: str, faults: Sequence[str]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"The columns do not fit the bank {label}; nothing was imported.\n{lines}")


class MappingInvalid(Invalid):
    """The mapping file does not say how to read the sample."""

    code = "mapping-invalid"

    def __init__(self, faults: Sequence[str]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"The mapping cannot be used; nothing was imported.\n{lines}")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing to correct; `row` counts as a spreadsheet does, the header being row 1."""

    row: int
    column: str
    value: str
    remedy: str

    def __str__(self) -> str:
        """One line of the report."""
        shown = self.value if len(self.value) <= LONGEST_SHOWN_VALUE else self.value[:LONGEST_SHOWN_VALUE] + "…"
        place = f"row {self.row}" if self.row else "the file"
        place += f", column {self.column}" if self.column else ""
        return f"{place}: {shown!r}: {self.remedy}"


class SampleInvalid(Invalid):
    """The responses cannot be imported as they are: one report, every problem named."""

    code = "sample-invalid"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        lines = [f"  {problem}" for problem in self.problems[:LONGEST_REPORT]]
        if len(self.problems) > LONGEST_REPORT:
            lines.append(f"  … and {len(self.problems) - LONGEST_REPORT} more")
        count = len(self.problems)
        headline = f"{count} problem{'s' if count > 1 else ''} in the file; nothing was imported."
        super().__init__("\n".join([headline, *lines]))


class FoundingUnfinished(Conflict):
    """Some items have too few responses for a first calibration."""

    code = "founding-unfinished"

    def __init__(self, label: str, ready: int, items: int, needed: int, usable: int) -> None:
        super().__init__(
            f"{ready} of {items} items of {label} have {needed} usable responses, from {usable} founding sittings that "
            "may serve a norm. Go on with founding sittings; the forms bring what is missing."
        )
