"""How long links, codes and sign-ins last, and how often one may guess: data with a version, never constants.

A six-digit code is worth one chance in a million per guess. A limit per hour or day alone lets a patient attacker
win within months, so guesses are also counted over a long window. When they are used up, codes stop working for
that address; the link in the same message goes on working, so nobody is locked out of an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """Every lifetime and limit of signing in."""

    policy_name: ClassVar[str] = "accounts"
    tighter: ClassVar[Mapping[str, str]] = {}  # nothing here touches awards or norms

    link_lifetime_minutes: int = 15  # slow mail servers need some minutes; a forgotten mail soon opens nothing
    operator_link_lifetime_hours: int = 24  # handed over by a person, perhaps the next morning
    device_link_lifetime_minutes: int = (
        5  # to photograph it from one's own other screen; left open, it is soon worthless
    )
    join_lifetime_minutes: int = 30  # time to read the terms after the address is proven
    same_mail_seconds: int = 60  # asking again within this time sends no second mail
    mails_per_address_per_hour: int = 6  # that one network causes: a stranger spends their own share, not the owner's
    mails_per_address_per_hour_in_all: int = 24  # of all networks together; with and without a tag counted apart
    proof_mails_per_person_per_hour: int = 6  # to prove again who one is, whatever others have asked for

    code_attempts_per_request: int = 5  # typing slips
    code_guesses_per_day: int = 10
    code_guesses_per_window: int = 40  # 40 guesses at 2 accepted codes in 10**6 (key rotation): 8e-5, below 1e-4
    second_factor_guesses_per_day: int = 10
    second_factor_guesses_per_window: int = 30  # 30 guesses at 3 accepted codes in 10**6 (drift): 9e-5, below 1e-4
    guess_window_days: int = 90
    second_factor_drift_steps: int = 1  # 30 s each way, for phones whose clock is off (RFC 6238, 5.2)
    fresh_proof_minutes: int = 10  # how long a proof counts as "just now" before a sensitive act
    recovery_codes: int = 10

    passkey_challenge_minutes: int = 5  # time to find the key and touch it; what lies about longer serves only others
    most_passkeys: int = 20

    session_lifetime_hours: int = 7 * 24  # one week, as long as a sitting can be resumed
    session_idle_hours: int = 24  # a candidate may come back the next day
    staff_session_lifetime_hours: int = 12  # a working day
    staff_session_idle_hours: int = 1  # a desk left alone
    session_touch_minutes: int = 5  # at most between two times that use is written down, so that reading stays reading

    api_token_days: tuple[int, ...] = (7, 30, 90, 365)  # on offer; a forgotten token ends by itself within a year
    most_api_tokens: int = 20

    second_address_asks_per_day: int = 6  # to one mailbox, whoever names it: people with many accounts flood none
    second_address_link_hours: int = 24  # whoever reads that mailbox may look into it the next day
    letters_kept_days: int = 730  # what a letter tells of ends within a year; another one to look it up
    erased_people_days: int = 730  # whom a restore must erase again; keep no backup for longer
    stale_request_hours: int = 24  # then an address that never joined is forgotten
