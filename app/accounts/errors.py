"""Named refusals of accounts. None of them tells whether an address is known."""

from __future__ import annotations

from app.foundation.errors import Conflict, Invalid, NotFound, Refused


class EmailInvalid(Invalid):
    """The text cannot be an address we can write to."""

    code = "email-invalid"

    def __init__(self) -> None:
        super().__init__("This is not an e-mail address we can write to. Check it: it looks like name@example.org.")


class LinkUsed(Conflict):
    """The link or its code has already signed somebody in."""

    code = "link-used"

    def __init__(self) -> None:
        super().__init__("This link or code has already been used; each works once. Ask for a new one.")


class AskedElsewhere(Conflict):
    """The link was asked for in another browser, or its page was not the one shown; nobody confirmed it."""

    code = "asked-elsewhere"

    def __init__(self) -> None:
        super().__init__("This link was asked for in another browser. Confirm the address shown before going on.")


class JoinExpired(Conflict):
    """The proof of the address is too old or already used."""

    code = "join-expired"

    def __init__(self) -> None:
        super().__init__(
            "Too much time has passed since your address was confirmed. Ask for a new link to begin again."
        )


class AdultsOnly(Refused):
    """Decile is for adults."""

    code = "adults-only"

    def __init__(self) -> None:
        super().__init__("Decile is open to people of 18 and over. You are welcome once you are 18.")


class AccountRestricted(Refused):
    """Nobody is let in to an account whose data is only kept."""

    code = "account-restricted"

    def __init__(self) -> None:
        super().__init__(
            "This account is at rest: its data is kept, and nobody can sign in to it. Nothing is lost. If that is a "
            "mistake, or if you act for its owner, write to us."
        )


class AccountMerged(Refused):
    """The account of this address was merged into another one of the same person."""

    code = "account-merged"

    def __init__(self) -> None:
        super().__init__(
            "The account of this address was merged into another account of yours, which holds everything now. Sign in "
            "with the address of that one. If it is not yours, reply to the letter that told you of it."
        )


class AccountClosed(Conflict):
    """An operator would give something to an account that lets nobody in, because it was merged into another one."""

    code = "account-closed"

    def __init__(self, email: str, stays: str) -> None:
        super().__init__(
            f"The account of {email} was merged into the one of {stays} and lets nobody in. Name {stays} instead. "
            "Nothing was changed."
        )


class AlreadyRestricted(Conflict):
    """A restriction stands."""

    code = "already-restricted"

    def __init__(self) -> None:
        super().__init__("This person is restricted already. Lift that restriction first.")


class NotRestricted(Conflict):
    """There is nothing to lift."""

    code = "not-restricted"

    def __init__(self) -> None:
        super().__init__("No restriction of this person stands, so nothing was changed.")


class RestrictionReasonNeeded(Invalid):
    """A restriction, or its end, without a reason."""

    code = "restriction-reason-needed"

    def __init__(self) -> None:
        super().__init__("Say why, in a sentence for the record. Nothing was changed.")


class PersonNotFound(NotFound):
    """No such person."""

    code = "person-not-found"

    def __init__(self, who: object) -> None:
        super().__init__(f"No person is known as {who}. Check the spelling; `decile person list` shows everyone.")


class SessionNotFound(NotFound):
    """No such sign-in, or somebody else's."""

    code = "sign-in-not-found"

    def __init__(self) -> None:
        super().__init__("This sign-in has already ended. Reload the page to see those still open.")


class RoleUnknown(Invalid):
    """Not a role that can be granted."""

    code = "role-unknown"

    def __init__(self, role: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no role {role!r} to grant. Choose one of: {', '.join(known)}.")


class LanguageUnknown(Invalid):
    """Not a language of ours."""

    code = "language-unknown"

    def __init__(self, language: str) -> None:
        super().__init__(f"Decile does not speak {language!r}. Choose one of: en, fr.")


class NameInvalid(Invalid):
    """Too long, or holds characters that cannot be shown."""

    code = "name-invalid"

    def __init__(self, longest: int) -> None:
        super().__init__(
            f"This name cannot be shown. Use at most {longest} characters, without invisible control characters."
        )


class ConsentUnknown(Invalid):
    """Not a consent of ours."""

    code = "consent-unknown"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no consent named {kind!r}. Reload the page and choose among those shown.")


class ConsentTextChanged(Conflict):
    """The person read another version of the text than the one in force."""

    code = "consent-text-changed"

    def __init__(self) -> None:
        super().__init__("The text of this consent has changed since you read it. Read it again, then decide.")


class SecondFactorNotNeeded(Refused):
    """Only staff enrol a second factor."""

    code = "second-factor-not-needed"

    def __init__(self) -> None:
        super().__init__("Your account needs no second factor: it protects staff pages, and you have no staff role.")


class SecondFactorAlreadySet(Conflict):
    """A confirmed second factor is not silently replaced."""

    code = "second-factor-already-set"

    def __init__(self) -> None:
        super().__init__("An authenticator app is already set up. Remove it first, which needs your second factor.")


class SecondFactorMissing(Conflict):
    """Nothing is enrolled yet."""

    code = "second-factor-missing"

    def __init__(self) -> None:
        super().__init__("No second factor is set up yet. Set one up, then enter a code from it.")


class ScopesInvalid(Invalid):
    """No scope, or one that does not exist."""

    code = "scopes-invalid"

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(f"A token needs at least one scope of: {', '.join(known)}. Choose what the program may do.")


class ScopeBeyondRights(Refused):
    """A token may never do more than the person who makes it."""

    code = "scope-beyond-rights"

    def __init__(self, scopes: list[str]) -> None:
        super().__init__(f"You may not do this yourself, so no token of yours may: {', '.join(scopes)}. Leave it out.")


class TokenTermsInvalid(Invalid):
    """A token without a name, or with an end that is not on offer."""

    code = "token-terms-invalid"

    def __init__(self, days: tuple[int, ...]) -> None:
        offered = ", ".join(map(str, days))
        super().__init__(f"Give the token a name to know it by, and an end in one of these numbers of days: {offered}.")


class TooManyTokens(Conflict):
    """More tokens than anybody keeps an eye on."""

    code = "too-many-tokens"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} tokens, which is the most. Delete one you no longer use, then make another.")


class TokenNotFound(NotFound):
    """No such token, or somebody else's."""

    code = "token-not-found"

    def __init__(self) -> None:
        super().__init__("This token has already ended. Reload the page to see those that still work.")


class PasskeysImpossible(Conflict):
    """The configured address cannot have passkeys."""

    code = "passkeys-impossible"

    def __init__(self, base_url: str) -> None:
        super().__init__(
            f"Passkeys need a host name, with https anywhere but on localhost; this Decile is at {base_url}. "
            "Sign in by e-mail, or ask an operator to set BASE_URL."
        )


class TooManyPasskeys(Conflict):
    """More passkeys than anybody keeps an eye on."""

    code = "too-many-passkeys"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have {most} passkeys, which is the most. Remove one you no longer use, then add another."
        )


class PasskeyNotFound(NotFound):
    """No such passkey, or somebody else's."""

    code = "passkey-not-found"

    def __init__(self) -> None:
        super().__init__("This passkey has already been removed. Reload the page to see those that still work.")


class SameMailbox(Invalid):
    """The second address leads to the mailbox of the first."""

    code = "same-mailbox"

    def __init__(self) -> None:
        super().__init__("This is the mailbox we write to already. Name another one.")


class TooManyMessages(Conflict):
    """So many addresses were asked within the hour."""

    code = "too-many-messages"

    def __init__(self) -> None:
        super().__init__("Too many addresses were named within one hour. Come back in an hour.")


class SecondAddressGone(Conflict):
    """The link is about an address that is named no more."""

    code = "second-address-gone"

    def __init__(self) -> None:
        super().__init__("The address of this link was taken back or replaced. Nothing is sent to it.")
