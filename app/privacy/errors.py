"""Named refusals of privacy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from app.foundation.errors import Conflict, Invalid, NotFound, Refused


class ChoiceMissing(Invalid):
    """What becomes of certificates was not said."""

    code = "erasure-choice-missing"

    def __init__(self) -> None:
        super().__init__("Say what becomes of certificates: revoke, or keep. Nothing was erased.")


class ErasedListOfOtherKeys(Refused):
    """A list that says nothing here: its hashes were made with keys that are not in SECRET_KEYS."""

    code = "erased-list-of-other-keys"

    def __init__(self) -> None:
        super().__init__(
            "The list of erased people was made with other DECILE_SECRET_KEYS, so it names nobody here. Add the keys "
            "that were in use when it was written behind those of now, then run `decile person erase-again` before "
            "anything opens. Nobody was erased."
        )


class ErasedListUnreadable(Invalid):
    """The file is no list of erased people."""

    code = "erased-list-unreadable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no list of erased people: {reason}. Take one that `decile person list-erased` wrote, whole. "
            "Nobody was erased."
        )


class OnLegalHold(Conflict):
    """A court or a dispute may need what is kept of the person."""

    code = "erasure-legal-hold"

    def __init__(self) -> None:
        super().__init__(
            "A legal hold stands, so nothing of this person may be erased, and this request is not kept. Ask again "
            "once the hold is lifted. Nothing was erased."
        )


class TheirLegalHold(OnLegalHold):
    """The same, said to the operator, who may lift it."""

    def __init__(self, email: str) -> None:
        Conflict.__init__(
            self,
            f"A legal hold stands on {email}: nothing of them may be erased, and this request is not kept. `decile "
            f"person restrictions` says why. Once that is over, `decile person lift-restriction {email} --reason …`, "
            "then erase them. Nothing was erased.",
        )


class CaseStillOpen(Conflict):
    """A person is looking at a result of theirs."""

    code = "erasure-case-open"

    def __init__(self, due_on: date) -> None:
        self.due_on = due_on
        super().__init__(
            f"A person is looking at one of your results and answers by {due_on:%Y-%m-%d}. Until then your data is "
            "used for that alone. Take the question back or wait for the answer, then erase. Nothing was erased."
        )


class TheirCaseOpen(CaseStillOpen):
    """The same, said to the operator, who can neither decide nor take back."""

    def __init__(self, email: str, due_on: date) -> None:
        self.due_on = due_on
        Conflict.__init__(
            self,
            f"A reviewer is looking at a result of {email} and answers by {due_on:%Y-%m-%d}; until then their data is "
            "used for that alone. Have a reviewer decide the case at /desk/cases, or the person take the question "
            "back, then erase them. Nothing was erased.",
        )


class CertificateInDoubt(Conflict):
    """A certificate would be kept that somebody may still have to take back."""

    code = "erasure-certificate-in-doubt"

    def __init__(self) -> None:
        super().__init__(
            "One of your certificates is being looked at, and until that is over it cannot be kept. Have your "
            "certificates revoked, or wait and ask again. Nothing was erased."
        )


class TheirCertificateInDoubt(CertificateInDoubt):
    """The same, said to the operator, who may choose otherwise or have it decided."""

    def __init__(self, email: str) -> None:
        Conflict.__init__(
            self,
            f"A certificate of {email} is being looked at, and until that is over it cannot be kept. `decile person "
            f"erase {email} --certificates revoke` erases now; to keep it, decide it first, by `decile credential "
            "review` or `decile credential reinstate`. Nothing was erased.",
        )


class StillStaff(Conflict):
    """The person holds a staff role."""

    code = "erasure-still-staff"

    def __init__(self) -> None:
        super().__init__("You hold a staff role. Ask an operator to take it back first. Nothing was erased.")


class TheyAreStaff(StillStaff):
    """The same, said to the operator who is to take the roles back."""

    def __init__(self, email: str, roles: Iterable[str]) -> None:
        first = " and ".join(f"`decile person revoke-role {email} {role}`" for role in sorted(roles))
        Conflict.__init__(self, f"{email} holds a staff role: {first} first. Nothing was erased.")


class SignedRecords(Conflict):
    """The person drafted or approved a norm, or worked on items, and the record names the people behind these."""

    code = "erasure-signed-records"

    def __init__(self) -> None:
        super().__init__(
            "You worked on norms or items, and their record names the people behind it for as long as results cite it. "
            "Write to us: this account is erased by hand, with counsel. Nothing was erased."
        )


class TheirSignedRecords(SignedRecords):
    """The same, said to the operator: no command does it, and one keeps everybody else from the account."""

    def __init__(self, email: str) -> None:
        Conflict.__init__(
            self,
            f"{email} worked on norms or items, and their record names the people behind it for as long as results "
            "cite it. No command erases this account; it is done by hand, with counsel. Until then `decile person "
            f"restrict {email} --cause dispute --reason …` only keeps its data. Nothing was erased.",
        )


class MergeNotFound(NotFound):
    """Nothing of the kind was asked for."""

    code = "merge-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such merge of two accounts. The desk lists those there are.")


class OwnMerge(Refused):
    """A reviewer would act on a merge of their own accounts."""

    code = "own-merge"

    def __init__(self) -> None:
        super().__init__("This is about an account of your own, so other reviewers act on it.")


class MergeIncomplete(Invalid):
    """Something in the form is missing, too long or cannot be."""

    code = "merge-incomplete"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"Nothing was asked for: {field} is missing, too long or fits nothing here.")


class MergeOpen(Conflict):
    """A merge of one of the accounts is open."""

    code = "merge-open"

    def __init__(self) -> None:
        super().__init__("A merge of one of these accounts is open already. It is carried out or dropped first.")


class MergeNotOpen(Conflict):
    """It was carried out or dropped, or its time is over."""

    code = "merge-not-open"

    def __init__(self) -> None:
        super().__init__("This merge was carried out or dropped already, or its time is over. Nothing was changed.")


class MergeNotHeard(Conflict):
    """Those it concerns may still object."""

    code = "merge-not-heard"

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"Both addresses were written to and may object until {until:%Y-%m-%d %H:%M} UTC. Carry it out after that. "
            "Nothing was changed."
        )


class MergeNotPossible(Conflict):
    """Something stands against merging these accounts now."""

    code = "merge-not-possible"

    def __init__(self, *because: str) -> None:
        self.because = because
        super().__init__(f"These accounts cannot be merged now: {', '.join(because)}. Nothing was changed.")


class AnotherMergeSeen(Conflict):
    """The preview that was looked at is not what would be carried out."""

    code = "another-merge-seen"

    def __init__(self) -> None:
        super().__init__("What would happen is not what was looked at. Open the page again and look at it first.")
