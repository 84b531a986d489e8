"""Named refusals of assessment. Pages translate them by `code`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class ResponsesForgotten(Conflict):
    """What the sitting was scored from has been kept for its time and is gone."""

    code = "responses-forgotten"

    def __init__(self, sitting_id: UUID | str) -> None:
        super().__init__(
            f"The responses of sitting {sitting_id} were forgotten when their time had passed. Its numbers stand; "
            "nobody can recompute them."
        )


class SittingNotFound(NotFound):
    """No such sitting, or not this person's: the asker cannot tell which."""

    code = "sitting-not-found"

    def __init__(self, sitting_id: UUID | str) -> None:
        super().__init__(
            f"There is no sitting {sitting_id}, or it is not yours. Open your skills to see the ones you began."
        )


class SittingUnknown(NotFound):
    """No such sitting of anybody's."""

    code = "sitting-unknown"

    def __init__(self, sitting_id: UUID) -> None:
        super().__init__(
            f"There is no sitting {sitting_id}, or it was erased with its person. Copy the whole id, as in the address "
            "of its page or in the copy of a person's data."
        )


class AdjustmentUnknown(Invalid):
    """Something was asked for that we do not offer."""

    code = "adjustment-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no adjustment {name[:40]!r}. Choose among those on the page of the question.")


class SkillNotOpen(NotFound):
    """No edition was adopted for this skill and language."""

    code = "skill-not-open"

    def __init__(self, skill: str, language: str) -> None:
        super().__init__(f"The skill {skill} cannot be taken in the language {language} yet. Choose another one.")


class NormUnreadable(Unavailable):
    """What an edition or a sitting pins of its norm is nothing that can be scored with: somebody wrote past us."""

    code = "norm-unreadable"

    def __init__(self, norm_id: UUID | None, edition_id: int | None, why: str) -> None:
        self.norm_id, self.edition_id, self.why = norm_id, edition_id, why
        super().__init__(
            f"The numbers that edition {edition_id} pins of norm {norm_id} cannot be scored with: {why} Nothing was "
            "changed. See `decile runbook records_altered`."
        )


class SkillOutOfOrder(Unavailable):
    """Nobody can begin: the numbers that a sitting would be compared with cannot be read."""

    code = "skill-out-of-order"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"The skill {skill} cannot be taken just now: the numbers that results are compared with cannot be read. "
            "The fault is ours and not yours. Nothing was begun and nothing counts against you. Try again later."
        )


class ConsentNeeded(Refused):
    """The person has not agreed to take the assessment, or has withdrawn that."""

    code = "assessment-consent-needed"

    def __init__(self) -> None:
        super().__init__(
            "Taking the assessment needs your consent. Give it where the assessment starts or under My data, Consents; "
            "then go on."
        )


class AdultsOnly(Refused):
    """Under eighteen, or the age was never confirmed."""

    code = "adults-only"

    def __init__(self) -> None:
        super().__init__("Assessments are for people aged 18 or more. Confirm your age in your account first.")


class HonestyNeeded(Refused):
    """The honesty statement was not accepted."""

    code = "honesty-statement-needed"

    def __init__(self) -> None:
        super().__init__("Please confirm that you will answer alone and as things are, then start.")


class RetakeTooSoon(Refused):
    """The wait between two sittings is not over."""

    code = "retake-too-soon"

    def __init__(self, from_at: datetime) -> None:
        self.from_at = from_at
        super().__init__(f"You took this skill not long ago. You may take it again from {from_at:%Y-%m-%d %H:%M} UTC.")


class YearlyLimitReached(Refused):
    """All sittings of the rolling year are used."""

    code = "yearly-limit-reached"

    def __init__(self, from_at: datetime) -> None:
        self.from_at = from_at
        super().__init__(f"You have used every sitting of the year. The next may begin {from_at:%Y-%m-%d %H:%M} UTC.")


class TooManyBegun(Refused):
    """The account has begun as many sittings as it may within a day, whatever became of them."""

    code = "too-many-begun"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have begun {most} sittings within a day, in all skills together. Begin the next one tomorrow; "
            "what you have begun goes on."
        )


class TooFewNewItems(Refused):
    """The items not seen lately are too few for any result."""

    code = "too-few-new-items"

    def __init__(self, skill: str, repeat_months: int) -> None:
        super().__init__(
            f"There are too few questions on {skill} that you have not seen lately, so no result could come of it. "
            f"Nothing was counted. Situations may be shown again {repeat_months} months after you saw them; try then."
        )


class OneLanguagePerSitting(Conflict):
    """A sitting in another language is open."""

    code = "one-language-per-sitting"

    def __init__(self, language: str) -> None:
        super().__init__(
            f"Your open assessment is in the language {language}, and an assessment keeps one language. "
            "Go on with it, or leave it first."
        )


class SittingClosed(Conflict):
    """The sitting takes no more responses; what it kept is named."""

    code = "sitting-closed"

    def __init__(self, state: str, sha256: str | None) -> None:
        self.sha256 = sha256
        kept = f" What counts are the responses frozen as {sha256[:12]}." if sha256 else ""
        super().__init__(f"This assessment is {state} and takes no more answers.{kept} Nothing was changed.")


class PositionClosed(Conflict):
    """The response came for a position that is no longer the current one; what was kept is named."""

    code = "position-closed"

    def __init__(self, position: int, current: int, kept: object, client_sequence: int | None) -> None:
        self.position, self.current, self.kept, self.client_sequence = position, current, kept, client_sequence
        super().__init__(
            f"Question {position} is closed: your assessment has gone on to question {current}, here or elsewhere. "
            f"The answer kept is {kept} (number {client_sequence}). Reload to go on from there."
        )


class ResponseInvalid(Invalid):
    """The value is not one that this item can be answered with."""

    code = "response-invalid"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Choose one of the answers on the page and send it again.")


class NotYetAnswered(Conflict):
    """The next item was asked for before the current one was answered."""

    code = "not-yet-answered"

    def __init__(self, position: int) -> None:
        super().__init__(f"Question {position} is not answered yet. Answer it, then the next one follows.")


class SittingExpired(Conflict):
    """The days in which it could be gone on with are over."""

    code = "sitting-expired"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            f"This assessment could be gone on with until {until:%Y-%m-%d %H:%M} UTC. What was answered is kept. "
            "End it to see what came of it."
        )


class NotYetComplete(Conflict):
    """Completion was asked for while the stopping rule still wants responses."""

    code = "not-yet-complete"

    def __init__(self) -> None:
        super().__init__("This assessment is not complete yet. Answer the current question, or leave it early.")


class NoScoreYet(Conflict):
    """The sitting was never completed, so it has no score."""

    code = "no-score-yet"

    def __init__(self, sitting_id: UUID) -> None:
        super().__init__(f"Sitting {sitting_id} has no frozen responses: it is still open, or ended without a result.")


class EditionInvalid(Invalid):
    """An edition whose parts do not belong together."""

    code = "edition-invalid"

    def __init__(self, what: str) -> None:
        super().__init__(f"The edition was not adopted: {what}")


class ItemTakenBack(Conflict):
    """The current item was suspended, and nothing is put in its place yet."""

    code = "item-taken-back"

    def __init__(self, sitting_id: UUID) -> None:
        super().__init__(f"The current item of sitting {sitting_id} was taken back. Ask for the item again.")


class CheckNotFound(NotFound):
    """No indices were computed for this sitting."""

    code = "check-not-found"

    def __init__(self, sitting_id: UUID) -> None:
        super().__init__(f"There is no check of sitting {sitting_id}. The desk lists those that wait.")


class CheckDecided(Conflict):
    """A verdict is given once, and only where a person is asked."""

    code = "check-decided"

    def __init__(self, sitting_id: UUID) -> None:
        super().__init__(f"The check of sitting {sitting_id} waits for nobody: it was decided, or needs no person.")


class OwnCheck(Refused):
    """A check of the asker's own sitting, or of one that is like it."""

    code = "own-check"

    def __init__(self) -> None:
        super().__init__(
            "This check is about your own sitting, or about one that is like it, so somebody else decides."
        )


class VerdictNeeded(Invalid):
    """Neither of the two verdicts there are."""

    code = "check-verdict-needed"

    def __init__(self) -> None:
        super().__init__("Say whether the sitting is sound or not: nothing was decided.")


class ReasonsNeeded(Invalid):
    """A verdict that nobody could follow."""

    code = "check-reasons-needed"

    def __init__(self) -> None:
        super().__init__("Say in a sentence why: somebody else must be able to follow the decision.")


class TooManyReports(Conflict):
    """The items of a sitting that may be replaced on a report are used up."""

    code = "too-many-reports"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"{most} questions of this assessment were replaced because you reported them, and that is the most. "
            "Answer this one as well as you can."
        )


class ReportInvalid(Invalid):
    """A report without one of the problems offered, or with very many words."""

    code = "report-invalid"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Choose what the problem is, and describe it in at most {longest} characters.")


class ReportNotFound(NotFound):
    """No report under that id."""

    code = "report-not-found"

    def __init__(self, report_id: UUID) -> None:
        super().__init__(f"There is no report {report_id}. The item's page lists those there are.")


class ReportJudged(Conflict):
    """Somebody judged the report already."""

    code = "report-judged"

    def __init__(self, report_id: UUID) -> None:
        super().__init__(f"Report {report_id} is judged already. What was decided stands on the item's page.")


class SittingEntangled(Conflict):
    """A sitting that cannot change its person: a former posterior of theirs is in it, or it is in a later one."""

    code = "sitting-entangled"

    def __init__(self) -> None:
        super().__init__(
            "This sitting is not moved: it is not completed, or it or a later one began from where another sitting of "
            "the same account had ended. Withdraw the certificate instead, and grant a sitting on the right account."
        )
