"""Named refusals of reviews."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from app.foundation.errors import Conflict, Invalid, NotFound, Refused


class CaseNotFound(NotFound):
    """No such case, or not for this asker."""

    code = "case-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such case here. The list of cases shows those that exist.")


class OwnCase(Refused):
    """A reviewer came to a case about their own result."""

    code = "own-case"

    def __init__(self) -> None:
        super().__init__("This case is about your own result, so another reviewer decides it.")


class MergedByYou(Refused):
    """A reviewer came to a case that follows from a merge of two accounts which they asked for or carried out."""

    code = "merged-by-you"

    def __init__(self) -> None:
        super().__init__(
            "You asked for the merge of two accounts that this case follows from, or carried it out, so another "
            "reviewer decides it."
        )


class NothingToReview(Conflict):
    """There is no decided result to ask about."""

    code = "nothing-to-review"

    def __init__(self) -> None:
        super().__init__("There is no decision yet that a person could look at. Open the result again in a moment.")


class AskedTooLate(Conflict):
    """The days in which one may ask are over."""

    code = "asked-too-late"

    def __init__(self, until_on: date) -> None:
        super().__init__(f"A person could be asked until {until_on:%Y-%m-%d}. Write to us if something kept you.")


class CaseClosed(Conflict):
    """The case was decided or taken back."""

    code = "case-closed"

    def __init__(self) -> None:
        super().__init__("This case is closed: it was decided, or taken back by the person who asked.")


class CaseMustBeDecided(Conflict):
    """Somebody would take back a case that only a decision may close."""

    code = "case-must-be-decided"

    def __init__(self) -> None:
        super().__init__(
            "This case is not taken back: a person has to decide it, because an award waits for it or the assessment "
            "counts for nothing until then."
        )


class CaseIncomplete(Invalid):
    """Something in the form is missing or too long."""

    code = "case-incomplete"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"The case was not changed: {field} is missing, too short, too long or not to be chosen here.")


class RescoringNotFound(NotFound):
    """Nothing of the kind was asked for."""

    code = "rescoring-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such rescoring of this item. Its page shows what was asked for.")


class ItemNotSuspended(Conflict):
    """Somebody would rescore without an item that is still in use."""

    code = "item-not-suspended"

    def __init__(self, code: str) -> None:
        super().__init__(f"Item {code} is not suspended in these languages. Suspend it first, then rescore without it.")


class NothingToRescore(Conflict):
    """No finished sitting counts the item."""

    code = "nothing-to-rescore"

    def __init__(self, code: str) -> None:
        super().__init__(f"No finished sitting counts item {code}, so there is nothing to rescore.")


class RescoringOpen(Conflict):
    """One is open, or may still be undone."""

    code = "rescoring-open"

    def __init__(self, code: str) -> None:
        super().__init__(f"A rescoring without item {code} is under way. It is applied, undone or settled first.")


class RescoringNotOpen(Conflict):
    """There is nothing to apply, or nothing to undo, any more."""

    code = "rescoring-not-open"

    def __init__(self) -> None:
        super().__init__("This rescoring was applied, undone or settled already, or its time is over.")


class RescoringFollowed(Conflict):
    """A later rescoring stands on this one."""

    code = "rescoring-followed"

    def __init__(self) -> None:
        super().__init__("A later rescoring corrected some of the same sittings. Undo that one first.")


class AnotherPreviewSeen(Conflict):
    """The form was of other figures than those that would be applied."""

    code = "another-preview-seen"

    def __init__(self) -> None:
        super().__init__("The figures are not those that were looked at. Open the page again and look at them first.")


class SecondPersonNeeded(Refused):
    """Both steps by one person, or by one behind two accounts."""

    code = "second-person-needed"

    def __init__(self) -> None:
        super().__init__(
            "Another person has to apply it: somebody who held the role before it was asked for, and whose mail nobody "
            "else of the two reads."
        )


class RescoringReasonMissing(Invalid):
    """A rescoring without a reason, or with a very long one."""

    code = "rescoring-reason-missing"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say in 1 to {longest} characters why the item is faulty. Nothing was asked for.")


class ChangeNotFound(NotFound):
    """Nothing of the kind was asked for, or not for this asker."""

    code = "register-change-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such change of the register. The desk lists those there are.")


class ChangeNotOpen(Conflict):
    """It was applied or dropped, or its time is over."""

    code = "register-change-not-open"

    def __init__(self) -> None:
        super().__init__("This change was applied or dropped already, or its time is over. Nothing was changed.")


class ChangeOpen(Conflict):
    """One change of the certificate is open."""

    code = "register-change-open"

    def __init__(self) -> None:
        super().__init__("A change of this certificate is open already. It is applied or dropped first.")


class ChangeIncomplete(Invalid):
    """Something in the form is missing, too long or cannot be."""

    code = "register-change-incomplete"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"Nothing was asked for: {field} is missing, too long or fits nothing here.")


class ChangeNotPossible(Conflict):
    """The change does not lead on from how things stand. Each cause is a kind of its own, so that pages can name it."""

    code = "register-change-not-possible"
    because: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(
            f"The certificate cannot be changed this way, because of this: {self.because}. Nothing was changed."
        )


class ChangeDuringCase(ChangeNotPossible):
    """A case about the result is open, and its decision may take the certificate."""

    code = "register-change-during-case"
    because = "a person is looking at its result"


class ChangeToDecider(ChangeNotPossible):
    """The certificate would go to whoever decided about it."""

    code = "register-change-to-decider"
    because = "the person it would go to decided the case about its result"


class ChangeOfReplaced(ChangeNotPossible):
    """A second certificate would stand for one sitting."""

    code = "register-change-of-replaced"
    because = "another certificate stands for the same sitting"


class ChangeOfMoved(ChangeNotPossible):
    """The certificate would stand for somebody who has the result no more."""

    code = "register-change-of-moved"
    because = "its result is another person's since it was moved"


class ChangeOfFallen(ChangeNotPossible):
    """The certificate does not stand."""

    code = "register-change-of-fallen"
    because = "it is not issued, or revoked"


class ChangeOfSuspended(ChangeNotPossible):
    """The certificate is under review."""

    code = "register-change-of-suspended"
    because = "it is under review already"
