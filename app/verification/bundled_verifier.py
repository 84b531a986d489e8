"""Check this bundle without its issuer and without a network: `python verify.py`, Python 3.11, nothing else.

It checks that the keys in did.json signed the certificate and its status list, that certificate.json says the same,
that it is not revoked in that list and no specimen, and that it stands in the public log under a signed checkpoint.
It cannot know that the keys are the issuer's: compare their fingerprints with those the issuer published.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
SHA256_OF = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo (RFC 8017, section 9.2)


# Ed25519 after RFC 8032, section 5.1: slow, short, and ours alone.
# It stands in docs/audit/audit_log.py too: each is one file that
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


def decoded(text: str) -> bytes:
    """Base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def rs256_holds(token: str, jwk: dict[str, str]) -> bool:
    """Whether this RSA key signed this token (RSASSA-PKCS1-v1_5 with SHA-256)."""
    signed, _, signature = token.rpartition(".")
    modulus, exponent = (int.from_bytes(decoded(jwk[name])) for name in ("n", "e"))
    size = (modulus.bit_length() + 7) // 8
    digest = SHA256_OF + hashlib.sha256(signed.encode()).digest()
    wanted = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
    given = decoded(signature)
    return len(given) == size and pow(int.from_bytes(given), exponent, modulus).to_bytes(size) == wanted


def payload_of(token: str, did: dict[str, Any]) -> dict[str, Any] | None:
    """What a token says, if the key it names is in the DID document and signed it."""
    header = json.loads(decoded(token.split(".", maxsplit=1)[0]))
    keys = {key["id"]: key.get("publicKeyJwk") for key in did["verificationMethod"]}
    jwk = keys.get(header["kid"]) if header["kid"] in did["assertionMethod"] else None
    if header["alg"] != "RS256" or jwk is None or not rs256_holds(token, jwk):
        return None
    return dict(json.loads(decoded(token.split(".")[1])))


def is_listed(payload: dict[str, Any], status: dict[str, str]) -> bool:
    """Whether the entry is set in the signed list; True as well for a list that is another one."""
    subject, index = payload["credentialSubject"], int(status["statusListIndex"])
    if payload["id"] != status["statusListCredential"]:
        return True
    return bool(gzip.decompress(decoded(subject["encodedList"][1:]))[index // 8] & 0x80 >> index % 8)


def is_logged(document: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether the entry commits to this document and stands under the signed checkpoint (RFC 9162, 2.1.3.2)."""
    text, _, signatures = shown["checkpoint"].partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    name, _hash, key = shown["verifier_key"].split("+", 2)
    signature = base64.b64decode(signatures.split()[-1])[4:]
    spelled = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    salted = bytes.fromhex(shown["salt"]) + hashlib.sha256(spelled).digest()
    found, at, last = hashlib.sha256(b"\0" + shown["entry"].encode()).digest(), shown["number"], int(size) - 1
    for one in (base64.b64decode(step) for step in shown["path"]):
        is_right = at & 1 or at == last
        found = hashlib.sha256(b"\1" + (one + found if is_right else found + one)).digest()
        while is_right and at and not at & 1:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return (
        name == origin
        and ed25519_holds(base64.b64decode(key)[1:], f"{text}\n".encode(), signature)
        and json.loads(shown["entry"])["commitment"] == hashlib.sha256(salted).hexdigest()
        and last == 0
        and found == base64.b64decode(root)
    )


def is_specimen(document: dict[str, Any]) -> bool:
    """Whether it is for demonstration only, which the id of its achievement says."""
    return str(document["credentialSubject"]["achievement"]["id"]).endswith("#specimen")


def check(folder: Path) -> list[tuple[bool, str]]:
    """Every check, whether it holds, and what it was."""

    def read(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    document = {name: value for name, value in json.loads(read("certificate.json")).items() if name != "proof"}
    did, shown = json.loads(read("did.json")), json.loads(read("log_proof.json"))
    payload, listed = payload_of(read("certificate.jwt"), did), payload_of(read("status.jwt"), did)
    said = {name: value for name, value in (payload or {}).items() if name not in CLAIMS}
    ends = datetime.strptime(document["validUntil"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return [
        (payload is not None and did["id"] == document["issuer"]["id"], "signed by a key in did.json"),
        (said == document, "certificate.json says what was signed"),
        (
            listed is not None and not is_listed(listed, document["credentialStatus"]),
            f"not revoked in the list of {(listed or {}).get('validFrom')}",
        ),
        (not is_specimen(document), "no specimen, which would certify nothing"),
        (is_logged(document, shown), f"entry {shown['number'] + 1} of the public log"),
        (datetime.now(UTC) < ends, f"valid until {document['validUntil']}"),
    ]


def main() -> int:
    """Check the folder the script lies in, and say what was found."""
    folder = Path(__file__).resolve().parent
    found = check(folder)
    for holds, what in found:
        sys.stdout.write(f"{'yes' if holds else 'NO '}  {what}\n")
    for key in json.loads((folder / "did.json").read_text(encoding="utf-8"))["verificationMethod"]:
        public = json.dumps({name: key[name] for name in sorted(key) if name.startswith("publicKey")}, sort_keys=True)
        sys.stdout.write(f"key  {key['id']}  {hashlib.sha256(public.encode()).hexdigest()}\n")
    return 0 if all(holds for holds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
