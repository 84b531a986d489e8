"""Use case: the next version of a bank, with the same items under another key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.locks import hold
from app.item_bank.calibrated_items import FittedItems, unpack
from app.item_bank.carry_item_life import carry_item_life
from app.item_bank.errors import ReleaseNotFound
from app.item_bank.models import BankRelease, Calibration, Item, Kind, Source
from app.item_bank.queries import BankReleaseView, prior_calibration, view_of_release
from app.item_bank.store_calibration import store_calibration
from scoring.items import ItemParameters


def release_next_key(
    release_id: UUID,
    keys: Mapping[str, tuple[int, ...]],
    *,
    evidence_sha256: str,
    still_provisional: bool = False,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> BankReleaseView:
    """Release the bank again with `keys`; a scenario without one there is left out. Statements stay as they are.

    Every item keeps its states and authors, one with another key as well: its words are the same.
    The hash of the new release covers the former content, the keys' evidence and nothing else, so that the key cannot
    be told apart from the agreement it rests on.
    """
    hold(session, "item-states")  # before the release is locked, in the order of whoever changes a state
    former = session.get(BankRelease, release_id, with_for_update=True)
    if former is None:
        raise ReleaseNotFound(release_id)
    kept = [item for item in former.items if item.kind is Kind.STATEMENT or item.code in keys]
    copied = ("skill", "is_trial", "review", "author", "licence", "languages", "wording")
    release = BankRelease(
        id=entropy.uuid(),
        version=former.version + 1,
        sha256=sha256(f"{former.sha256}:{evidence_sha256}".encode()).hexdigest(),
        provisional_key=still_provisional,
        released_at=clock.now(),
        items=[_copy(item, keys.get(item.code), entropy) for item in kept],
        **{name: getattr(former, name) for name in copied},
    )
    session.add(release)
    session.flush()
    detail = {"sha256": release.sha256, "former": str(former.id), "evidence": evidence_sha256}
    audit.record("bank.key_released", release.id, actor=actor, at=release.released_at, session=session, detail=detail)
    earlier = {item.code: item for item in former.items}
    for item in release.items:
        carry_item_life(item, earlier[item.code], release, session=session, clock=clock, actor=actor)
    _keep_priors(former.id, release, session=session, clock=clock, entropy=entropy, actor=actor)
    return view_of_release(release)


def _copy(item: Item, key: Sequence[int] | None, entropy: Entropy) -> Item:
    copied = ("code", "kind", "facet", "difficulty_intent", "categories", "keyed", "content", "notes")
    return Item(
        id=entropy.uuid(),
        option_keys=list(key) if key else None,
        **{name: getattr(item, name) for name in copied},
    )


def _keep_priors(
    former_id: UUID, release: BankRelease, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> None:
    """The authors' expectation of the items that stayed."""
    known = prior_calibration(former_id, session=session)
    if known is None:
        return
    row = session.get_one(Calibration, known.id)
    expected, codes = unpack(row), {item.code for item in release.items}
    store_calibration(
        release.id,
        source=Source.PRIOR,
        n=0,
        self_report=_only(codes, expected.self_report_codes, expected.self_report, row.standard_errors, "self_report"),
        judgement=_only(codes, expected.judgement_codes, expected.judgement, row.standard_errors, "judgement"),
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )


def _only(
    wanted: set[str],
    codes: tuple[str, ...],
    items: ItemParameters | None,
    errors: Mapping[str, Mapping[str, Sequence[object]]],
    evidence: str,
) -> FittedItems | None:
    places = [place for place, code in enumerate(codes) if code in wanted]
    if items is None or not places:
        return None
    widths = {name: [rows[place] for place in places] for name, rows in errors[evidence].items()}
    return FittedItems(
        tuple(codes[place] for place in places),
        items.take(places),
        widths,
        notes=("stated by the authors before any data",),
    )
