"""Every table that holds something of a person, and how their rows are found there.

This one module reads other contexts' tables, by name and without their models: a copy is complete only if it is taken
from what is stored, not from what each context chooses to show. A test compares the list with all tables there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts import queries as accounts
from app.foundation.db import Base
from app.foundation.links import Links

PERSON, EMAIL, GUESSES, LINEAGE, ANYTHING = "person", "email", "guesses", "lineage", "anything"

Owned: TypeAlias = Mapping[str, Sequence[Any]]  # by what rows are recognised: ids of the person, of their sittings …


@dataclass(frozen=True, slots=True)
class Holding:
    """One table; a row is the person's where any of these columns holds one of these values of theirs."""

    table: str
    by: tuple[tuple[str, str], ...]  # (column, name in `Owned`)
    withheld: tuple[str, ...] = ()  # columns; `column.key` is one entry of a column that holds an object


def _held(table: str, column: str = "person_id", owned: str = PERSON, *, withheld: tuple[str, ...] = ()) -> Holding:
    return Holding(table, ((column, owned),), withheld)


# Withheld are hashes of secrets and sealed ones, what would give the scoring key or the choice of items away, and ids
# of other people: who decided a case, who changed a role.
HOLDINGS = (
    _held("person", "id"),
    _held("person_restriction"),
    _held("consent"),
    _held("role_grant"),
    _held("sign_in_request", "email", EMAIL),
    _held("guess_count", "subject", GUESSES),
    _held("browser_session", withheld=("token_hash",)),
    _held("api_token", withheld=("token_hash",)),
    _held("second_factor", withheld=("sealed_secret", "last_step")),
    _held("recovery_code", withheld=("code_hash",)),
    _held("passkey"),
    _held("passkey_challenge", withheld=("challenge_hash",)),
    _held("letter"),
    _held("second_address"),
    _held("kept_answer", "holder_id"),
    _held("kept_form", "holder_id"),
    _held("sitting", withheld=("seed",)),
    _held("presentation", "sitting_id", "sitting"),
    _held("response", "sitting_id", "sitting"),
    _held("frozen_sitting", "sitting_id", "sitting", withheld=("responses",)),
    _held("item_report", "sitting_id", "sitting", withheld=("judged_by",)),
    _held("sitting_check", "sitting_id", "sitting", withheld=("decided_by",)),
    Holding(
        "sitting_likeness", (("sitting_id", "sitting"), ("other_id", "sitting")), withheld=("sitting_id", "other_id")
    ),
    _held("sitting_correction", "sitting_id", "sitting"),
    _held("founding_form", "sitting_id", "sitting"),
    _held("founding_promise"),
    _held("key_seat", "email", EMAIL, withheld=("seed", "invited_by")),
    _held("sitting_allowance"),
    _held("retake_trace", "lineage_id", LINEAGE),
    _held("erased_address", "lineage_id", LINEAGE),
    _held("skill_result"),
    _held("award_decision", "result_id", "skill_result"),
    _held("award"),
    _held("credential"),
    _held("withdrawn_signature", "credential_id", "credential"),
    _held("credential_review", "credential_id", "credential", withheld=("decided_by",)),
    _held("expiry_reminder", "credential_id", "credential"),
    _held("reminder_opt_out"),
    _held("share_grant", "credential_id", "credential"),
    _held("share_look", "grant_id", "share_grant"),
    _held("control_challenge", "credential_id", "credential"),
    _held("verification_count", "credential_id", "credential"),
    _held("review_case", withheld=("decided_by",)),
    Holding(
        "register_change",
        (("credential_id", "credential"), ("to_person_id", PERSON)),
        withheld=("credential_id", "to_person_id", "asked_by", "applied_by", "dropped_by"),
    ),
    _held("erasure_request"),
    Holding(
        "account_merge",
        (("staying_id", PERSON), ("leaving_id", PERSON)),
        withheld=("staying_id", "leaving_id", "asked_by", "applied_by", "dropped_by"),
    ),
    Holding(
        "audit_entry",
        (("actor_id", PERSON), ("subject", ANYTHING)),
        withheld=("actor_id", "detail.asked_by", "detail.drafted_by"),
    ),
)

# Tables of which no row belongs to a person, each with the reason.
NOT_PERSONAL = {
    "bank_release": "item content",
    "calibration": "item parameters",
    "calibration_run": "fits of a sample without ids",
    "edition": "what sittings are pinned to",
    "erased_person": "keyed hashes of ids that are gone; only who has our keys and an old backup can tell whose",
    "erased_credential": "a register line that leads to nobody",
    "issuer_key": "public keys",
    "item": "item content",
    "item_author": "names the staff who wrote an item, who cannot be erased while it stands",
    "item_review": "names the staff who reviewed an item, who cannot be erased while it stands",
    "item_state_change": "steps in the life of an item; names the staff who made them, likewise",
    "item_rescoring": "counts of a decision about an item; names the staff who made it, likewise",
    "key_panel": "a panel of judges; names the staff who opened it, likewise",
    "key_rating": "what the judge of a numbered seat found of an item",
    "key_agreement": "figures of a panel; names the staff who released its key, likewise",
    "sample_label": "labels of packed responses without ids",
    "sitting_comparison": "figures of a norm; names the staff who compared, likewise",
    "legacy_sample": "packed responses without ids",
    "log_checkpoint": "public",
    "log_entry": "public, and names nobody; what ties an entry to a certificate is destroyed with the holder",
    "norm_group": "a described population",
    "norm_recalibration": "how a norm was computed; names the staff who asked for it, likewise",
    "norm_rollback": "names the staff who asked for it and confirmed it, likewise",
    "norm_alarm": "figures of a norm, and what staff found; who closed it stands in the audit record",
    "norm_watch": "counts and shares of a norm, of no single person",
    "norm_version": "computed numbers; names the staff who signed, who cannot be erased while it stands",
    "policy_version": "policies",
    "skill": "definitions",
    "status_list": "published bits",
    "untold_scores": "how many scores of erased people a month had, until the public log has told it",
    "use_count": "how often items were shown and banks sat, of no single person",
    "worker_slot": "which worker works",
}

IDS_OF = ("sitting", "skill_result", "award", "credential", "review_case", "erasure_request", "sitting_allowance")


def owned_by(person_id: UUID, *, session: Session, links: Links) -> Owned:
    """The values by which a person's rows are recognised, those of accounts merged into theirs included.

    Raises
    ------
    PersonNotFound
    """
    merged = accounts.merged_into(person_id, session=session)
    emails = (accounts.person(person_id, session=session).email, *(one.email for one in merged))
    ids = (person_id, *(one.id for one in merged))
    lineage_id = accounts.lineage_of(person_id, session=session)
    owned: dict[str, Sequence[Any]] = {
        PERSON: ids,
        EMAIL: emails,
        GUESSES: (
            *(subject for email in emails for subject in guesses.subjects_of_email(email, links)),
            *(subject for one in ids for subject in guesses.subjects_of_person(one)),
        ),
        LINEAGE: (lineage_id,) if lineage_id else (),
    }
    for name in IDS_OF:
        table = Base.metadata.tables[name]
        owned[name] = tuple(session.scalars(select(table.c.id).where(table.c.person_id.in_(ids))))
    grants = Base.metadata.tables["share_grant"]
    owned["share_grant"] = tuple(
        session.scalars(select(grants.c.id).where(grants.c.credential_id.in_(owned["credential"])))
    )
    owned[ANYTHING] = tuple(str(one) for name in (PERSON, *IDS_OF, "share_grant") for one in owned[name])
    return owned


def rows_of(holding: Holding, owned: Owned, *, session: Session) -> Iterator[dict[str, Any]]:
    """The person's rows of one table, without what is withheld."""
    table = Base.metadata.tables[holding.table]
    matches = [table.c[column].in_(owned[name]) for column, name in holding.by]
    shown = [column for column in table.c if column.name not in holding.withheld]
    query = select(*shown).where(or_(*matches)).order_by(*table.primary_key.columns)
    return (_without(holding.withheld, dict(row)) for row in session.execute(query).mappings())


def _without(withheld: Sequence[str], shown: dict[str, Any]) -> dict[str, Any]:
    """The row, less the entries of its objects that are withheld."""
    for column, _, key in (name.partition(".") for name in withheld):
        if key:
            shown[column] = {name: value for name, value in shown[column].items() if name != key}
    return shown
