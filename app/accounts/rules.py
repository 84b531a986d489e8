"""Pure decisions of accounts: what an address is, how long sign-ins last."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.errors import EmailInvalid, LanguageUnknown, NameInvalid
from app.accounts.policy import AccountPolicy
from app.accounts.roles import is_staff
from app.foundation.names import can_be_shown, without_marks

LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
LONGEST_NAME = 100
LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
ENCODED_WORD = "=?"  # with what one of RFC 2047 begins: headers are read decoded, and mail would go elsewhere
HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LANGUAGES = ("en", "fr")
CODE_DIGITS = 6
GOOGLE_MAIL = ("gmail.com", "googlemail.com")
DEMO_DOMAIN = "demo.decile.invalid"  # .invalid never resolves (RFC 2606), so no message can leave


def normalise_email(text: str) -> str:
    """One spelling per mailbox: what is stored, compared, and written to.

    Mail goes to this spelling and to no other. Were it sent to the address as typed, somebody who owns a
    look-alike address that normalises to yours could receive your link.
    """
    local, at, domain = unicodedata.normalize("NFKC", text).strip().casefold().rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise EmailInvalid from None
    labels = host.split(".")
    is_whole = (
        at
        and len(local) <= LONGEST_LOCAL_PART
        and len(local) + 1 + len(host) <= LONGEST_EMAIL
        and LOCAL_PART.fullmatch(local)
        and ENCODED_WORD not in local
        and len(labels) > 1
        and all(HOST_LABEL.fullmatch(label) for label in labels)
    )
    if not is_whole:
        raise EmailInvalid
    return f"{local}@{host}"


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether mail to both addresses, as they are kept, lands in one mailbox, as far as their spelling tells.

    A tag after a plus leads to the same mailbox with most providers, dots make no difference with Google's. Who may act
    as a second person is asked this, and how many mails a mailbox got; nobody is refused an account for it.
    """
    return mailbox_of(one) == mailbox_of(other)


def mailbox_of(email: str) -> tuple[str, str]:
    """Name and domain that every spelling of one mailbox has in common."""
    local, _, domain = email.partition("@")
    local = local.partition("+")[0]
    if domain in GOOGLE_MAIL:
        return local.replace(".", ""), GOOGLE_MAIL[0]
    return local, domain


def is_tagged(email: str) -> bool:
    """Whether the address leads to its mailbox by a tag after a plus, of which anybody can invent any number."""
    return "+" in email.partition("@")[0]


def undotted_name(email: str) -> str:
    """With what every other spelling of the mailbox begins, once its dots are out."""
    return email.partition("@")[0].partition("+")[0].replace(".", "")


def is_simulated(email: str) -> bool:
    """Whether the address is of a simulated person of the demonstration."""
    return email.endswith(f"@{DEMO_DOMAIN}")


def mask_email(email: str) -> str:
    """Enough for the owner to recognise the address, too little for anyone else to use it."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"


def require_language(language: str) -> str:
    """`language`, if we speak it."""
    if language not in LANGUAGES:
        raise LanguageUnknown(language)
    return language


def tidy_name(text: str) -> str | None:
    """A name as the person wrote it, composed and trimmed; None if nothing is left."""
    composed = unicodedata.normalize("NFC", without_marks(text))
    name = " ".join(part for part in composed.split(" ") if part)
    if len(name) > LONGEST_NAME or not can_be_shown(name):
        raise NameInvalid(LONGEST_NAME)
    return name or None


def typed_code(text: str) -> str:
    """A code as people type it: with spaces and hyphens, in any width of digit and any case."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", text)).upper()


def mail_slot(at: datetime, policy: AccountPolicy) -> int:
    """Number of the interval in which a second mail to one address is not sent."""
    return int(at.timestamp()) // policy.same_mail_seconds


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """How many wrong guesses are borne in a day, and in a window of days."""

    per_day: int
    per_window: int
    window_days: int

    def left(self, today: int, in_window: int) -> int:
        """Guesses still allowed; 0 means that codes are locked for now."""
        return max(0, min(self.per_day - today, self.per_window - in_window))


def code_limit(policy: AccountPolicy) -> GuessLimit:
    """The limit on wrong e-mailed codes for one address."""
    return GuessLimit(policy.code_guesses_per_day, policy.code_guesses_per_window, policy.guess_window_days)


def second_address_limit(policy: AccountPolicy) -> GuessLimit:
    """The limit on messages that ask one mailbox whether it is somebody's second address."""
    per_day, days = policy.second_address_asks_per_day, policy.guess_window_days
    return GuessLimit(per_day, per_day * days, days)


def second_factor_limit(policy: AccountPolicy) -> GuessLimit:
    """The limit on wrong authenticator codes for one person."""
    return GuessLimit(
        policy.second_factor_guesses_per_day, policy.second_factor_guesses_per_window, policy.guess_window_days
    )


def session_lifetime(roles: frozenset[str], policy: AccountPolicy) -> timedelta:
    """How long a sign-in lasts, however busy."""
    hours = policy.staff_session_lifetime_hours if is_staff(roles) else policy.session_lifetime_hours
    return timedelta(hours=hours)


def session_idle(roles: frozenset[str], policy: AccountPolicy) -> timedelta:
    """How long a sign-in lasts without being used."""
    hours = policy.staff_session_idle_hours if is_staff(roles) else policy.session_idle_hours
    return timedelta(hours=hours)


def is_fresh(proven_at: datetime | None, *, at: datetime, policy: AccountPolicy) -> bool:
    """Whether somebody proved who they are recently enough for a sensitive act."""
    return proven_at is not None and at - proven_at <= timedelta(minutes=policy.fresh_proof_minutes)


# The first match wins: Edge calls itself Chrome and Safari too, Chrome calls itself Safari.
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip


def device_of(user_agent: str) -> str:
    """Coarse words by which people recognise their own browser: `Firefox, Linux`. Nothing finer is kept."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)
