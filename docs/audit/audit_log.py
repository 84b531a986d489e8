"""Audit the public log of an issuer, with nothing but Python's standard library.

    python audit_log.py https://decile.example --key 'decile.example/log+…+…' --notebook seen.json certificate.json …

It reads the log as files (or a folder with a copy of them), and keeps in the notebook which checkpoints it saw and
when. It finds an entry that was rewritten, a log that was cut off or forked, an entry dated before it can have been
written, certificates that were left out, and more certificates than the issuer's own months admit. Exit code 0 when
nothing was found, 1 otherwise. It cannot tell whether the people behind the scores exist.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

TILE = 256
WRITTEN_WITHIN = timedelta(minutes=10)  # an entry is numbered within minutes of what it tells of
ISSUED_WITHIN = timedelta(days=1)  # a certificate is signed within minutes of its award; its term begins there
MONTH_WITHIN = timedelta(days=3)  # after a month is over, its entry is due
OF_A_DEMONSTRATION = "A demonstration is dated back when it is loaded: its entries are told as backdating, once each.\n"
SHARE_NEEDS = 400  # below, the share above the line says little
FEW = 9  # scores, at most, behind a month that does not tell how many: figures of so few would tell how somebody did
ALIKE = ("skill", "norm", "specimen")
Problem = tuple[str, str]
"""The kind of cheat, and where."""
Place = tuple[str, str, str]
"""A skill, a norm and a month."""


class Checkpoint(NamedTuple):
    """What was signed."""

    size: int
    root: bytes


# Ed25519 after RFC 8032, section 5.1: slow, short, and ours alone.
# It stands in the verifier in a bundle too: each is one file that
# has to run where nothing of ours is installed.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key signed exactly this message."""
    if len(public_key) != 32 or len(signature) != 64 or BASE is None:
        return False
    key, commitment = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    left = _times(scalar, BASE)
    right = _add(commitment, _times(int.from_bytes(digest, "little") % ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over leaf hashes (RFC 6962, section 2.1)."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def read_checkpoint(note: str, keys: Sequence[str]) -> Checkpoint | None:
    """What a checkpoint says, if one of these keys signed it."""
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    for key in keys:
        name, key_hash, encoded = key.split("+", 2)
        for line in signatures.splitlines():
            if name == origin and line.startswith(f"\u2014 {name} "):
                signature = base64.b64decode(line.rpartition(" ")[2])
                public_key = base64.b64decode(encoded)[1:]
                if signature[:4].hex() == key_hash and ed25519_holds(public_key, f"{text}\n".encode(), signature[4:]):
                    return Checkpoint(int(size), base64.b64decode(root))
    return None


def fetch(source: str, path: str) -> bytes | None:
    """A file of the log, from its address or from a folder; None where there is none."""
    if not source.startswith(("http://", "https://")):
        file = Path(source) / path
        return file.read_bytes() if file.is_file() else None
    try:
        address = f"{source.rstrip('/')}/{path}"  # http or https, as was seen above
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310  # nosec B310
            return bytes(answer.read())
    except urllib.error.HTTPError:
        return None


def tile_path(kind: str, number: int, width: int) -> str:
    """Where C2SP tlog-tiles puts a tile."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    place = "/".join([f"x{group}" for group in groups[:-1]] + [groups[-1]])
    return f"log/tile/{kind}/{place}" + (f".p/{width}" if width < TILE else "")


def read_entries(source: str, size: int) -> list[bytes]:
    """Every entry below `size`; fewer where tiles are missing or torn."""
    found: list[bytes] = []
    for number in range(-(-size // TILE)):
        width = min(TILE, size - number * TILE)
        data = fetch(source, tile_path("entries", number, width)) or b""
        while len(data) >= 2:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


def read_hashes(source: str, size: int) -> list[bytes]:
    """Every leaf hash below `size`, as the tiles of level 0 give them."""
    found: list[bytes] = []
    for number in range(-(-size // TILE)):
        data = fetch(source, tile_path("0", number, min(TILE, size - number * TILE))) or b""
        found += [data[start : start + 32] for start in range(0, len(data), 32)]
    return found


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def check_tree(checkpoint: Checkpoint, entries: Sequence[bytes], hashes: Sequence[bytes]) -> list[Problem]:
    """The entries are those that were signed."""
    made = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    problems = [
        ("rewrite", f"entry {number} is not the one in the tree")
        for number, (one, other) in enumerate(zip(made, hashes, strict=False))
        if one != other
    ]
    if len(entries) != checkpoint.size or len(hashes) != checkpoint.size:
        problems.append(("truncation", f"{checkpoint.size} entries are signed, {len(entries)} are shown"))
    elif root_of(made) != checkpoint.root and not problems:
        problems.append(("rewrite", "the entries do not have the root that was signed"))
    return problems


def check_growth(checkpoint: Checkpoint, hashes: Sequence[bytes], notebook: Sequence[dict[str, Any]]) -> list[Problem]:
    """The log only grew since each checkpoint in the notebook."""
    problems = []
    for seen in notebook:
        size, root = int(seen["size"]), bytes.fromhex(seen["root"])
        if size > checkpoint.size:
            problems.append(("truncation", f"{size} entries were signed on {seen['seen_at']}, now {checkpoint.size}"))
        elif size == checkpoint.size and root != checkpoint.root:
            problems.append(("fork", f"two trees of {size} entries were signed"))
        elif root_of(hashes[:size]) != root:
            problems.append(("fork", f"the tree does not continue the {size} entries signed on {seen['seen_at']}"))
    return problems


def check_dates(entries: Sequence[dict[str, Any]], notebook: Sequence[dict[str, Any]]) -> list[Problem]:
    """No entry is dated before others that were there already."""
    problems, latest = [], instant("1970-01-01T00:00:00Z")
    seen = [(int(one["size"]), instant(one["seen_at"])) for one in notebook]
    for number, entry in enumerate(entries):
        at = instant(entry["at"])
        earliest = max([latest, *(seen_at for size, seen_at in seen if size <= number)]) - WRITTEN_WITHIN
        if at < earliest:
            problems.append(("backdating", f"entry {number} says {entry['at']} and was not there then"))
        latest = max(latest, at)
    return problems


def replacements(entries: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Numbers of the entries that stand in the place of an earlier one, each with the number of that one.

    A certificate that was moved to the right account, or signed anew, is one, and not two. It names what the entry of
    the former one commits to; each is replaced once, by the same skill and norm, and for those that were moved there
    are as many revocations. Any other that says it replaces one is one more.
    """
    revoked = Counter(one["skill"] for one in entries if one["kind"] == "revoke")
    standing: dict[str, int] = {}
    found: dict[int, int] = {}
    for number, one in enumerate(entries):
        if one["kind"] not in ("issue", "reissue"):
            continue
        is_moved = one["kind"] == "issue"
        former = standing.pop(one["replaces"], None) if "replaces" in one else None
        if former is not None and (revoked[one["skill"]] or not is_moved) and _is_alike(one, entries[former]):
            found[number] = former
            revoked[one["skill"]] -= is_moved
        if "commitment" in one:
            standing[one["commitment"]] = number
    return found


def _is_alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ALIKE)


def check_reissues(entries: Sequence[dict[str, Any]], replacing: dict[int, int]) -> list[Problem]:
    """What was signed anew had been issued, and was signed anew once each time.

    Entries that are older than this rule name nothing. There are no more of them than certificates to sign anew, and
    none after the first that names one.
    """
    problems, unnamed, issued = [], Counter[Any](), Counter[Any]()
    is_older = True
    for number, one in enumerate(entries):
        if one["kind"] not in ("issue", "reissue"):
            continue
        kind_of_certificate = tuple(one[name] for name in ALIKE)
        if one["kind"] == "issue":
            issued[kind_of_certificate] += 1
            continue
        is_older = is_older and "replaces" not in one
        unnamed[kind_of_certificate] += is_older
        if number not in replacing and not (is_older and unnamed[kind_of_certificate] <= issued[kind_of_certificate]):
            problems.append(("over-issue", f"entry {number} signs anew what was not issued, or was replaced before"))
    return problems


def issued_in(entries: Sequence[dict[str, Any]], replacing: dict[int, int]) -> dict[Place, list[int]]:
    """Numbers of the real certificates that count against each place: the month of the score, whenever they were made.

    Entries that are older than this rule say no month and count in their own.
    """
    found: defaultdict[Place, list[int]] = defaultdict(list)
    for number, one in enumerate(entries):
        if one["kind"] == "issue" and not one["specimen"] and number not in replacing:
            found[one["skill"], one["norm"], one.get("month", one["at"][:7])].append(number)
    return found


def check_months(entries: Sequence[dict[str, Any]], replacing: dict[int, int], ceiling: float) -> list[Problem]:
    """As many were issued as each month says, and no more, then or later, than stood above the line."""
    issued = issued_in(entries, replacing)
    told: dict[Place, int] = {}
    problems = []
    for number, one in enumerate(entries):
        if one["kind"] == "month" and told.setdefault((one["skill"], one["norm"], one["month"]), number) != number:
            problems.append(("rewrite", f"entry {number} tells {one['month']} a second time"))
        if one["kind"] == "issue" and one.get("month", one["at"][:7]) > one["at"][:7]:
            problems.append(("over-issue", f"entry {number} counts against {one['month']}, which had not come"))
    for place, number in told.items():
        problems += _check_month(place, entries[number], issued.get(place, []), number, ceiling)
    problems += _check_shares({place: entries[number] for place, number in told.items()}, issued, ceiling)
    newest = max((instant(one["at"]) for one in entries), default=None)
    for place in issued:
        begun = instant(f"{place[2]}-01T00:00:00Z")
        over = (begun + timedelta(days=32)).replace(day=1) + MONTH_WITHIN
        if place not in told and newest is not None and newest > over:
            problems.append(("omission", f"{' '.join(place)}: the month is over and was never told"))
    return problems


def _check_month(place: Place, month: dict[str, Any], issued: list[int], number: int, ceiling: float) -> list[Problem]:
    """`through` is how many entries had been counted; older months were told over all before them."""
    by_then = sum(one < month.get("through", number) for one in issued)
    eligible, above = _eligible(month), month.get("above", FEW)
    if by_then != month["certified"] or not len(issued) <= above <= eligible:
        counts = f"{len(issued)} issued, {by_then} by then, {month['certified']} certified, {above} above"
        return [("over-issue", f"{' '.join(place)}: {counts}, {eligible} eligible")]
    if eligible >= SHARE_NEEDS and above > ceiling * eligible:
        return [("over-issue", f"{' '.join(place)}: {above / eligible:.0%} stood above the line")]
    return []


def _eligible(month: dict[str, Any]) -> int:
    return int(month.get("eligible", FEW))


def _check_shares(told: dict[Place, dict[str, Any]], issued: dict[Place, list[int]], ceiling: float) -> list[Problem]:
    """Over all months of a norm, and of a skill, no larger a share was certified than may stand above the line.

    Months that were told as few count as many as few can be: so an honest issuer is never over it for their sake, and
    who tells every month as few certifies no more in all than that share of them. A new norm every year does not help.
    """
    eligible, certified = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for place, month in told.items():
        for whole in (place[:1], place[:2]):
            eligible[whole] += _eligible(month)
            certified[whole] += len(issued.get(place, []))
    return [
        ("over-issue", f"{' '.join(whole)}: {certified[whole]} certified of at most {scores} in all its months")
        for whole, scores in eligible.items()
        if scores >= SHARE_NEEDS and certified[whole] > ceiling * scores
    ]


def check_certificate(
    text: str, source: str, entries: Sequence[dict[str, Any]], replacing: dict[int, int]
) -> list[Problem]:
    """The certificate stands in the log, and is as old as it says, or as the first one whose place it took."""
    document = {name: value for name, value in json.loads(text).items() if name != "proof"}
    name, code = document["id"], document["id"].rpartition("/")[2]
    shown = json.loads(fetch(source, f"log/proof/{code}") or b"{}")
    number = shown.get("number")
    if not isinstance(number, int) or not 0 <= number < len(entries):
        return [("omission", f"{name} is not in the log")]
    entry = entries[number]
    spelled = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    salted = bytes.fromhex(shown.get("salt") or "") + hashlib.sha256(spelled).digest()
    if entry["kind"] not in ("issue", "reissue") or entry.get("commitment") != hashlib.sha256(salted).hexdigest():
        return [("omission", f"{name} is not what entry {number} commits to")]
    while number in replacing:  # its term is that of the first one
        number = replacing[number]
    first = entries[number]
    if first["kind"] == "issue" and abs(instant(first["at"]) - instant(document["validFrom"])) > ISSUED_WITHIN:
        return [("backdating", f"{name} says {document['validFrom']}, its entry {first['at']}")]
    return []


def audit(
    source: str,
    keys: Sequence[str],
    notebook: list[dict[str, Any]],
    certificates: Sequence[str] = (),
    *,
    at: datetime,
    ceiling: float = 0.25,
) -> list[Problem]:
    """Everything; the checkpoint is added to the notebook when nothing is wrong with it."""
    note = fetch(source, "log/checkpoint")
    checkpoint = read_checkpoint(note.decode(), keys) if note else None
    if checkpoint is None:
        return [("fork", "there is no checkpoint that this key signed")]
    raw, hashes = read_entries(source, checkpoint.size), read_hashes(source, checkpoint.size)
    problems = check_growth(checkpoint, hashes, notebook) + check_tree(checkpoint, raw, hashes)
    if not problems:
        entries = [json.loads(one) for one in raw]
        replacing = replacements(entries)
        problems = check_dates(entries, notebook) + check_months(entries, replacing, ceiling)
        problems += check_reissues(entries, replacing)
        for text in certificates:
            problems += check_certificate(text, source, entries, replacing)
        seen_at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        notebook.append({"size": checkpoint.size, "root": checkpoint.root.hex(), "seen_at": seen_at})
    return problems


def certificate_in(path: str) -> str:
    """The text of a signed document, or a refusal that names the file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        document = json.loads(text)
        is_one = isinstance(document, dict) and isinstance(document.get("id"), str)
    except (OSError, ValueError, RecursionError):
        is_one = False
    if not is_one:
        raise argparse.ArgumentTypeError(f"{path} is no certificate; take its JSON from its page, at /c/CODE.json")
    return text


def main() -> int:
    """Read the arguments, audit, say what was found."""
    parser = argparse.ArgumentParser(description="Audit the public log of an issuer.")
    parser.add_argument("source", help="the issuer's address, or a folder with a copy of its log")
    of_certificates = "signed documents (JSON) that should be in the log"
    parser.add_argument("certificates", nargs="*", type=certificate_in, help=of_certificates)
    parser.add_argument("--key", action="append", required=True, help="the log's public key, from /log/keys")
    parser.add_argument("--notebook", type=Path, help="file in which seen checkpoints are kept")
    parser.add_argument("--ceiling", type=float, default=0.25, help="largest share above the line to accept")
    given = parser.parse_intermixed_args()  # certificates stand behind the options too
    has_notes = given.notebook is not None and given.notebook.is_file()
    notebook = json.loads(given.notebook.read_text(encoding="utf-8")) if has_notes else []
    now = datetime.now(UTC)
    problems = audit(given.source, given.key, notebook, given.certificates, at=now, ceiling=given.ceiling)
    if given.notebook is not None:
        given.notebook.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    for kind, where in problems:
        sys.stdout.write(f"{kind}: {where}\n")
    if any(kind == "backdating" for kind, _ in problems):
        sys.stdout.write(OF_A_DEMONSTRATION)
    sys.stdout.write(f"{len(problems)} problems found\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
