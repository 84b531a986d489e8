"""How alike two texts are in their wording.

The measure is the cosine between counts of character trigrams, over lower-case letters and digits with single spaces
between words. It needs no list of stop words, so it is the same in both languages; it barely moves with the order of
words or an ending; and it depends on the two texts alone: adding an item changes no other pair. 1 is the same wording.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

GRAM = 3  # characters
WORD = re.compile(r"[^\W_]+")


def similarities(texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """Cosines of trigram counts, shape (texts, others), 0 to 1. A text without a letter is like nothing."""
    places: dict[str, int] = {}
    own = _counts(texts, places)
    against = own if others is texts else _counts(others, places)
    left, right = (_unit(counts, len(places)) for counts in (own, against))
    return np.asarray((left @ right.T).toarray(), dtype=np.float64).clip(0.0, 1.0)


def _counts(texts: Sequence[str], places: dict[str, int]) -> list[dict[int, int]]:
    return [{places.setdefault(gram, len(places)): count for gram, count in _grams(text).items()} for text in texts]


def _grams(text: str) -> Counter[str]:
    plain = f" {' '.join(WORD.findall(text.casefold()))} "
    return Counter(plain[start : start + GRAM] for start in range(len(plain) - GRAM + 1))


def _unit(counts: list[dict[int, int]], width: int) -> sparse.csr_array:
    from scipy import sparse  # noqa: PLC0415  pages that show a bank's changes never ask for this

    values = np.array([value for row in counts for value in row.values()], dtype=np.float64)
    columns = np.array([column for row in counts for column in row], dtype=np.int64)
    starts = np.cumsum([0, *(len(row) for row in counts)])
    lengths = np.repeat([np.sqrt(sum(value * value for value in row.values())) for row in counts], np.diff(starts))
    return sparse.csr_array((values / lengths, columns, starts), shape=(len(counts), max(width, 1)))
