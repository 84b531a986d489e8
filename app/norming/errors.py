"""Named refusals of norming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound, Refused, Unavailable

LONGEST_REPORT = 200  # lines: a person reads no more; the count says how many there are
LONGEST_SHOWN_VALUE = 40  # characters


class NormNotFound(NotFound):
    """No norm version under that id."""

    code = "norm-not-found"

    def __init__(self, norm_id: UUID) -> None:
        super().__init__(
            f"There is no norm version {norm_id}. GET /api/v1/norms lists those that are public; operators see all "
            "with `decile norm list`."
        )


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


class RollbackReasonNeeded(Invalid):
    """A rollback is asked for with one of the reasons on the list."""

    code = "rollback-reason-needed"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"Say why the norm is to be rolled back, with one of: {', '.join(reasons)}.")


class StopReasonNeeded(Invalid):
    """A norm is stopped with a reason that others can read."""

    code = "stop-reason-needed"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say why the norm is to be stopped, in 1 to {longest} characters.")


class NotCalibrated(Conflict):
    """A norm stands on a calibration."""

    code = "not-calibrated"

    def __init__(self, skill: str) -> None:
        super().__init__(f"The sample of {skill} is not calibrated yet. Run `decile calibrate {skill}` first.")


class CalibrationFailed(Conflict):
    """The item parameters could not be had from these responses."""

    code = "calibration-failed"

    def __init__(self, skill: str, notes: Sequence[str]) -> None:
        super().__init__(
            f"The responses of {skill} could not be calibrated: {'; '.join(notes) or 'the fit did not converge'}. "
            "Nothing was stored. Look at the items named, or import a larger sample."
        )


class SchedulerSilent(Unavailable):
    """Nobody speaks Dask at the address that the settings give."""

    code = "scheduler-silent"

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(
            f"The Dask scheduler at {address} does not answer ({problem}). "
            "Calibrations run in the worker meanwhile, with the same result."
        )


class LatentNotEstimated(Conflict):
    """No distribution could be estimated behind the responses."""

    code = "latent-not-estimated"

    def __init__(self, skill: str, reason: str) -> None:
        super().__init__(
            f"The responses of {skill} do not show how its people are distributed: {reason} "
            "Nothing was stored. Import a larger sample, or one with more items."
        )


class NormMovedOn(Conflict):
    """Another norm is in force than the one that the preview compares with."""

    code = "norm-moved-on"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} was compared with another norm than the one in force now. Nothing was changed. "
            "Preview it again on its card, or with `decile norm preview`, and look at what would change."
        )


class WindowOutgrown(Conflict):
    """The responses were young enough when the norm was drafted, and would not be on the day it takes effect."""

    code = "norm-window-outgrown"

    def __init__(self, label: str, first: date | None, months: int) -> None:
        super().__init__(
            f"Norm {label} may certify because its responses were young enough when it was drafted. The first is of "
            f"{first}, more than {months} months before the day it would take effect. Nothing was changed. "
            "Draft a new norm: from younger responses, or from the same ones without awards."
        )


class ScaleWouldMove(Conflict):
    """A fresh calibration would be a second scale for the same skill."""

    code = "scale-would-move"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"{skill} has a calibrated scale from an earlier bank release, and this sample is of a release that keeps "
            "less than half of its items of a kind: calibrating it by itself would move the scale. Nothing was stored. "
            "Import a sample of the release that is calibrated, or release a bank that keeps more of it."
        )


class NormInAnotherState(Conflict):
    """The step does not follow from the state the norm version is in."""

    code = "norm-in-another-state"

    def __init__(self, label: str, state: str, needed: str, step: str) -> None:
        super().__init__(
            f"Norm {label} is {state}; only {'an' if needed[0] in 'aeiou' else 'a'} {needed} norm can be {step}. "
            "The steps are: draft, preview, approve, schedule, publish. Take the next one, or draft a new version."
        )


class NormNotDue(Conflict):
    """The hour of a scheduled norm has not come."""

    code = "norm-not-due"

    def __init__(self, label: str, takes_effect_at: datetime) -> None:
        super().__init__(
            f"Norm {label} takes effect at {takes_effect_at:%Y-%m-%d %H:%M} UTC; the delay leaves time to notice "
            "a mistake. Publish it then; the worker does so by itself."
        )


class TooSoon(Refused):
    """The asked hour lies inside the delay."""

    code = "norm-too-soon"

    def __init__(self, earliest: datetime) -> None:
        super().__init__(
            f"By policy this norm may take effect at {earliest:%Y-%m-%d %H:%M} UTC at the earliest. "
            "Choose that hour or a later one."
        )


class SelfApproval(Refused):
    """The drafter may not approve."""

    code = "norm-self-approval"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} needs the approval of a second person, and you drafted it. Ask another norm approver."
        )


class NotASecondPerson(Refused):
    """The second pair of eyes may be the first one's, or was made for the occasion."""

    code = "norm-not-a-second-person"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} needs a second person who was a norm approver before the first one acted, and who reads "
            "another mailbox. Ask such a norm approver."
        )


class AnotherVersionSeen(Conflict):
    """What was looked at is not what the step would act on."""

    code = "norm-another-version-seen"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The fingerprint that was looked at is not that of norm {label}. Nothing was changed. "
            "Open the norm's card again, compare, and take the step from there."
        )


class InfluenceTooLarge(Conflict):
    """A few people move the cut too far."""

    code = "norm-influence-too-large"

    def __init__(self, label: str, largest: float, limit: float) -> None:
        super().__init__(
            f"Leaving out one block of people moves the cut of norm {label} by {largest:.3f} standard deviations; "
            f"{limit:g} is the most. Look at that block in the preview, and draft again without it if it is not sound."
        )


class NotPreviewed(Conflict):
    """There is no preview to show, or one of a former release."""

    code = "norm-not-previewed"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} has no full preview yet. Preview it on its card, or with `decile norm preview`."
        )


class NoFormerNorm(Conflict):
    """There is nothing to go back to."""

    code = "no-former-norm"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"Norm {label} followed no other norm of its skill and language that could take force "
            "again. Draft a new version instead."
        )


class RollbackNotOpen(Conflict):
    """The rollback was confirmed before, has lapsed, or the norm it turns away from is no longer in force."""

    code = "rollback-not-open"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"There is no open rollback of norm {label}: none was asked for, or it was confirmed before, or it has "
            "lapsed, or another norm took force. Look at the norm desk, and ask again if it is still needed."
        )


class RollbackAskedAlready(Conflict):
    """One rollback at a time."""

    code = "rollback-asked-already"

    def __init__(self, label: str) -> None:
        super().__init__(f"A rollback of norm {label} is open already. A second person can confirm it.")


class CodeNotAccepted(Refused):
    """The code does not show that the person named is here."""

    code = "code-not-accepted"

    def __init__(self, email: str, attempts_left: int | None) -> None:
        left = "" if attempts_left is None else f" {attempts_left} tries are left."
        super().__init__(
            f"That code was not accepted for {email}.{left} A code counts once and for half "
            "a minute: wait for the next one of the authenticator app, then try again. Nothing was changed."
        )


class NoConfirmedFactor(Refused):
    """The person has no second factor in use."""

    code = "second-factor-not-confirmed"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} has no second factor in use. Sign in on the web once and set it up, then try again.")


class NormAltered(Conflict):
    """The stored numbers are no longer those that were drafted or approved."""

    code = "norm-altered"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The stored numbers of norm {label} differ from those it was drafted with: somebody changed the database. "
            "It stays where it is. Tell the other norm approvers, look at the audit record, and draft a new version."
        )


class NormNotApproved(Conflict):
    """The approval in the row is not the one that was recorded."""

    code = "norm-not-approved"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The audit record holds no approval of norm {label} by a second person: somebody changed the database. "
            "It stays where it is. Tell the other norm approvers, and draft a new version."
        )


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


class NothingToCompare(Conflict):
    """The norm does not rest on founding sittings."""

    code = "nothing-to-compare"

    def __init__(self, label: str) -> None:
        super().__init__(f"Norm {label} does not rest on founding sittings, so nothing needs to be compared.")


class TooFewToCompare(Conflict):
    """Too few people sat under the norm."""

    code = "too-few-to-compare"

    def __init__(self, label: str, given: int, needed: int) -> None:
        super().__init__(
            f"{given} first sittings under norm {label} are complete; {needed} are needed to compare them with the "
            "founders. Their decisions wait until then."
        )


class RecalibrationNotFound(NotFound):
    """No recalibration under that id."""

    code = "recalibration-not-found"

    def __init__(self, recalibration_id: UUID) -> None:
        super().__init__(
            f"There is no recalibration {recalibration_id}. `decile norm recalibrations` shows those that exist."
        )


class RecalibrationUnderWay(Conflict):
    """One at a time for a skill."""

    code = "recalibration-under-way"

    def __init__(self, skill: str) -> None:
        super().__init__(f"A recalibration of {skill} is under way. Wait until it is done, or cancel it.")


class RecalibrationEnded(Conflict):
    """It is over, or its phase has passed."""

    code = "recalibration-ended"

    def __init__(self, recalibration_id: UUID, progress: str) -> None:
        super().__init__(f"Recalibration {recalibration_id} is {progress}; nothing of it can be changed any more.")


class SubgroupNormRefused(Refused):
    """Norms by sex, race, age or the like would hide what they should show, and are unlawful in places."""

    code = "subgroup-norm-refused"

    def __init__(self, division: str) -> None:
        super().__init__(
            f"A norm is not made of some {division} groups alone, nor without one: everybody is compared with the same "
            "people. What may be chosen or left out are blocks called day, campaign, network, country or language."
        )


class ChoiceUnknown(Invalid):
    """The sample has no such division or label."""

    code = "choice-unknown"

    def __init__(self, division: str, label: str) -> None:
        super().__init__(f"The sample has no block {division}={label}. Look at its blocks on the norm desk.")


class NobodyChosen(Conflict):
    """No responses are left."""

    code = "nobody-chosen"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"This choice leaves no responses of {skill}. Take a longer window, or leave fewer blocks out."
        )


class ChoiceInvalid(Invalid):
    """It says nothing that could be chosen."""

    code = "choice-invalid"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:LONGEST_SHOWN_VALUE]!r} is no sample, no day (2026-11-28) and no block (name=label). "
            "Choose a sample, or sittings in a language, and name blocks as the norm desk shows them."
        )


class ChoiceMixed(Invalid):
    """What belongs to sittings is said of a sample, or the other way round."""

    code = "choice-mixed"

    def __init__(self) -> None:
        super().__init__(
            "Days (--since, --until) bound sittings alone, so they need --sittings. Blocks (--only, --without) are "
            "of a stored sample, so they and --sample go without it. Leave out what belongs to the other. Nothing was "
            "begun."
        )


class WindowReversed(Invalid):
    """A window that ends before it begins."""

    code = "window-reversed"

    def __init__(self, since_on: date, until_on: date) -> None:
        super().__init__(
            f"The last day, {until_on}, lies before the first, {since_on}. Give them in order; nothing was begun."
        )
