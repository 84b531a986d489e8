"""Real responses as the reference programs scored them; see the README beside the reference files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shared = Callable[[str], Path]

REVERSED = {
    "BIG5_E": (2, 4, 6, 8, 10),
    "BIG5_A": (1, 3, 5, 7),
    "bfi_A": (1,),
    "bfi_C": (4, 5),
    "bfi_E": (1, 2),
}


def reference(shared: Shared, name: str) -> dict[str, Any]:
    """The stored figures of one model on one data set."""
    return json.loads(shared(f"reference/{name}.json").read_text())


def irt(stored: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes (J,) and thresholds (J, K - 1) of a reference file."""
    rows = [row[:2] if stored["itemtype"] == "2PL" else row for row in stored["irt"]]
    table = np.array(rows, dtype=float)
    return table[:, 0], table[:, 1:]


def responses(shared: Shared, name: str) -> NDArray[np.float64]:
    """Responses (N, J) from 0, missing as NaN, keyed so that more is more."""
    if name.startswith("BIG5"):
        columns = [f"{name[-1]}{i}" for i in range(1, 11)]
        return _keyed(name, _columns(shared("data/openpsy_big5.csv.gz"), columns, "\t"), 5)
    if name.startswith("bfi"):
        columns = [f"{name[-1]}{i}" for i in range(1, 6)]
        return _keyed(name, _columns(shared("data/bfi.csv"), columns, ","), 6)
    if name == "Science":
        return _columns(shared("data/mirt_Science.csv"), None, ",") - 1
    if name == "LSAT7":
        table = _columns(shared("data/mirt_LSAT7.csv"), None, ",")
        return np.repeat(table[:, :-1], table[:, -1].astype(int), axis=0)
    table = _columns(shared("data/verbagg_wide.csv"), None, ",")[:, 1:]
    return (table > 0).astype(float) if name == "verbagg_dichot" else table


def _keyed(name: str, raw: NDArray[np.float64], top: int) -> NDArray[np.float64]:
    raw = np.where(raw == 0, np.nan, raw)
    for item in REVERSED[name]:
        raw[:, item - 1] = top + 1 - raw[:, item - 1]
    return raw - 1


def _columns(path: Path, names: list[str] | None, separator: str) -> NDArray[np.float64]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    rows = list(csv.reader(text.splitlines(), delimiter=separator))
    where = range(len(rows[0])) if names is None else [rows[0].index(name) for name in names]
    return np.array([[float(row[i]) if row[i] not in {"NA", ""} else np.nan for i in where] for row in rows[1:]])
