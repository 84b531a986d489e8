"""What two releases of a bank share: items of the same words and key, and whether that makes them one instrument."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.item_bank.errors import ReleaseNotFound
from app.item_bank.item_record import essence
from app.item_bank.models import BankRelease, Item

LEAST_SHARE = 0.5  # of each kind of items: with fewer in common, what was measured is another instrument's


@dataclass(frozen=True, slots=True)
class SharedItems:
    """Codes of the items that stand in both releases, and whether these are one instrument."""

    codes: frozenset[str]
    is_one_instrument: bool


def shared_items(release_id: UUID, former_id: UUID, *, session: Session) -> SharedItems:
    """Compare a release with a former one of the same skill.

    One instrument they are where at least half of the former's items of each kind are still there.

    Raises
    ------
    ReleaseNotFound
    """
    now, former = (_by_code(one, session=session) for one in (release_id, former_id))
    codes = frozenset(code for code, (essence, _) in former.items() if code in now and now[code][0] == essence)
    before = Counter(kind for _, kind in former.values())
    kept = Counter(former[code][1] for code in codes)
    return SharedItems(codes, all(kept[kind] >= LEAST_SHARE * count for kind, count in before.items()))


def _by_code(release_id: UUID, *, session: Session) -> dict[str, tuple[object, str]]:
    row = session.get(BankRelease, release_id)
    if row is None:
        raise ReleaseNotFound(release_id)
    return {item.code: ((essence(item), _words_around(item, row)), item.kind.value) for item in row.items}


def _words_around(item: Item, release: BankRelease) -> object:
    return release.wording.get(item.kind.value)
