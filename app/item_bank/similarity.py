"""How alike two texts are in their wording.

The measure is the cosine between counts of character trigrams, over lower-case letters and digits with single spaces
between words. It needs no list of stop words, so it is the same in both languages; it barely moves with the order of
words or an ending; and it depends on the two texts alone: adding an item changes no other pair. 1 is the same wording.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

BITS = 21  # hold any character of Unicode
NO_GRAMS = np.empty(0, dtype=np.uint64)
WORD = re.compile(r"[^\W_]+")


def similarities(texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """Cosines of trigram counts, shape (texts, others), 0 to 1. A text without a letter is like nothing."""
    own = [_grams(text) for text in texts]
    against = own if others is texts else [_grams(text) for text in others]
    known = np.unique(np.concatenate([NO_GRAMS, *own, *against]))
    left = _unit(own, known)
    right = left if against is own else _unit(against, known)
    return np.asarray((left @ right.T).toarray(), dtype=np.float64).clip(0.0, 1.0)


def _grams(text: str) -> NDArray[np.uint64]:
    """The trigrams of a text in their order, each as one number of its three characters."""
    plain = f" {' '.join(WORD.findall(text.casefold()))} "
    letters = np.frombuffer(plain.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    return letters[:-2] << np.uint64(2 * BITS) | letters[1:-1] << np.uint64(BITS) | letters[2:]


def _unit(grams: list[NDArray[np.uint64]], known: NDArray[np.uint64]) -> sparse.csr_array:
    """One row of length 1 for each text, one column for each known trigram."""
    from scipy import sparse  # noqa: PLC0415  pages that show a bank's changes never ask for this

    rows = np.repeat(np.arange(len(grams)), [len(row) for row in grams])
    columns = np.searchsorted(known, np.concatenate([NO_GRAMS, *grams]))
    shape = (len(grams), max(len(known), 1))
    counts = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()  # adds up what is repeated
    lengths = np.sqrt(counts.multiply(counts).sum(axis=1))
    counts.data /= np.repeat(lengths, np.diff(counts.indptr))
    return counts
