"""Why each kind of record about people is held, on what ground, and until when: article 30 of the GDPR, from the code.

The columns come from the tables themselves and the times from the policies, so that the page made of it cannot say less
than is stored. Grounds are the founders' reading; a lawyer has not confirmed them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from app.foundation.db import Base
from app.foundation.kept_forms import KEPT_MINUTES
from app.privacy.holdings import HOLDINGS, NOT_PERSONAL, Holding

CONTRACT = "to give the service that was asked for (6(1)(b))"
CONSENT = "consent (6(1)(a))"
INTEREST = "legitimate interest: security, and answering for what was issued (6(1)(f))"
DUTY = "legal duty: to answer requests (6(1)(c))"
ERASED = "until the person has their data erased"
GRANT = "while the role is held"


@dataclass(frozen=True, slots=True)
class Processing:
    """One kind of record. `kept` may name numbers of policies: `{accounts.stale_request_hours}`."""

    purpose: str
    ground: str
    kept: str


PROCESSING = {
    "person": Processing("to know whom an account belongs to, and in which language", CONTRACT, ERASED),
    "person_restriction": Processing("to only keep data after a death, on a legal hold or in a dispute", DUTY, ERASED),
    "consent": Processing("to show what was agreed to, and when", DUTY, ERASED),
    "role_grant": Processing("to let staff do their work", INTEREST, GRANT),
    "sign_in_request": Processing(
        "to send a link and a code, and to let nobody use up the mails of somebody else",
        CONTRACT,
        "{accounts.stale_request_hours} hours after its end",
    ),
    "guess_count": Processing(
        "to stop whoever guesses codes, or has a mailbox asked again and again",
        INTEREST,
        "{accounts.guess_window_days} days",
    ),
    "browser_session": Processing(
        "to know a browser again",
        CONTRACT,
        "at most {accounts.session_lifetime_hours} hours, unused {accounts.session_idle_hours}; staff "
        "{accounts.staff_session_lifetime_hours} and {accounts.staff_session_idle_hours}",
    ),
    "api_token": Processing("to let in a program of the person", CONTRACT, "until deleted or erased"),
    "second_factor": Processing("to prove a second time who one is", INTEREST, "until removed or erased"),
    "recovery_code": Processing("to get in without the second factor", INTEREST, "until removed or erased"),
    "passkey": Processing("to sign in without a message", CONTRACT, "until removed or erased"),
    "passkey_challenge": Processing(
        "to check one use of a passkey", CONTRACT, "{accounts.passkey_challenge_minutes} minutes; deleted nightly"
    ),
    "letter": Processing(
        "to show a message again whose mail a mailbox refused", CONTRACT, "{accounts.letters_kept_days} days"
    ),
    "second_address": Processing(
        "to send copies of messages where the person wants them",
        CONSENT,
        "until removed or erased; one that does not agree, {accounts.second_address_link_hours} hours",
    ),
    "kept_answer": Processing(
        "to answer a repeated request alike", CONTRACT, "{api.answers_kept_hours} hours; deleted nightly"
    ),
    "kept_form": Processing(
        "to lose nothing typed while somebody proves again who they are or signs in again",
        INTEREST,
        f"until they are back, at most {KEPT_MINUTES} minutes; deleted nightly",
    ),
    "sitting": Processing("to hold an assessment and its pins", CONSENT, ERASED),
    "presentation": Processing(
        "to know which question stood where", CONSENT, "{retention.response_months} months after the end"
    ),
    "response": Processing(
        "to score, and to show it again", CONSENT, "{retention.response_months} months after the end"
    ),
    "frozen_sitting": Processing(
        "to answer for a score",
        CONSENT,
        "its responses {retention.response_months} months after the end; numbers and hash until erased",
    ),
    "item_report": Processing("to mend a faulty question", INTEREST, ERASED),
    "sitting_check": Processing("to find careless or odd sittings; a person decides", INTEREST, ERASED),
    "sitting_likeness": Processing("to find shared answers; a person decides", INTEREST, ERASED),
    "sitting_correction": Processing("to read a sitting without a faulty question, and undo it", INTEREST, ERASED),
    "founding_form": Processing("to replay a founding sitting", CONSENT, ERASED),
    "founding_promise": Processing("to tell founders that a norm exists", CONSENT, ERASED),
    "key_seat": Processing(
        "to invite a judge, and to know that whoever invited them releases no key of theirs",
        CONTRACT,
        "the address until the panel is closed or the person erased; who invited, as long as the key stands",
    ),
    "sitting_allowance": Processing("to give back a sitting", CONTRACT, ERASED),
    "retake_trace": Processing(
        "to keep waits and limits after an erasure", INTEREST, "at most {sitting.limit_months} months after the sitting"
    ),
    "erased_address": Processing(
        "to know an erased address again by a keyed hash", INTEREST, "at most {sitting.limit_months} months"
    ),
    "skill_result": Processing("to tell where one stands", CONSENT, ERASED),
    "award_decision": Processing("to decide by the written rule, and show it", CONSENT, ERASED),
    "award": Processing("to hold that a certificate was earned", CONTRACT, ERASED),
    "credential": Processing(
        "to issue and verify a certificate", CONTRACT, "until erased; then a register line without a person"
    ),
    "withdrawn_signature": Processing("to disown a signature of a stolen key", INTEREST, ERASED),
    "credential_review": Processing("to decide on certificates of a stolen key", INTEREST, ERASED),
    "expiry_reminder": Processing("to remind of the end of a term", CONTRACT, ERASED),
    "reminder_opt_out": Processing("not to remind who does not want it", CONSENT, ERASED),
    "share_grant": Processing("to show a certificate to one reader", CONSENT, "until removed or erased"),
    "share_look": Processing("to tell the holder how often, never who", CONTRACT, "with its link"),
    "control_challenge": Processing(
        "to confirm to a reader that one is the holder",
        CONTRACT,
        "{verification.challenge_hours} hours, then {verification.challenge_kept_days} days",
    ),
    "verification_count": Processing("to tell the holder how often, never who", CONTRACT, ERASED),
    "review_case": Processing("to answer a person's question by a person (article 22)", DUTY, ERASED),
    "register_change": Processing("to set a certificate right by two people", INTEREST, ERASED),
    "erasure_request": Processing("to carry out an erasure", DUTY, "until it is carried out"),
    "account_merge": Processing("to make one of two accounts of a person, by two people", INTEREST, ERASED),
    "audit_entry": Processing(
        "to show who did what, by ids", INTEREST, "for good: after an erasure its ids lead to nobody"
    ),
}


def records(policies: Mapping[str, Any]) -> str:
    """The records of processing as Markdown; `policies` maps the names of policies to their values."""
    held = {holding.table: holding for holding in HOLDINGS}
    sections = "\n".join(_section(held[table], entry, policies) for table, entry in PROCESSING.items())
    others = "\n".join(
        f"| `{name}` | {why} | {', '.join(_staff(Base.metadata.tables[name])) or '—'} |"
        for name, why in sorted(NOT_PERSONAL.items())
    )
    return (
        f"{_HEAD}\n{sections}\n## Tables of which no row belongs to a person\n\n"
        f"| Table | What it holds | Columns that name staff |\n|---|---|---|\n{others}\n"
    )


def _section(holding: Holding, entry: Processing, policies: Mapping[str, Any]) -> str:
    columns = ", ".join(_named(column.name, holding) for column in Base.metadata.tables[holding.table].columns)
    return (
        f"### {holding.table}\n\n- **Why:** {entry.purpose}\n- **Ground:** {entry.ground}\n"
        f"- **Kept:** {entry.kept.format(**policies)}\n- **Columns:** {columns}\n"
    )


def _named(column: str, holding: Holding) -> str:
    return f"`{column}`" + (" (not in the person's copy)" if column in holding.withheld else "")


def _staff(table: Table) -> Iterator[str]:
    for column in table.columns:
        if any(key.column.table.name == "person" for key in column.foreign_keys):
            yield f"`{column.name}`"


_HEAD = """# Records of processing

*Written by `python scripts/write_records_of_processing.py` from the tables and policies of the code: do not edit it
here. The grounds are the founders' reading and have not been reviewed by a lawyer.*

**Controller:** whoever runs the installation; name, address and contact are theirs to add, as are the data protection
officer, the host and the mail provider with their contracts. **Whose data:** candidates, holders of certificates,
judges of answer keys, staff. **Recipients:** readers of a certificate, where its holder opened its page or made a link;
nobody else. **Other countries:** none by the software. **Protection:** docs/security/threat_model.md. The times are
those of the shipped policies; a policy file may set others.

## Kinds of records
"""
