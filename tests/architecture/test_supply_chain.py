"""What we install is what was locked, what we list is what we install, and no secret travels with the source."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
SECRETS = {
    "private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY"),
    "private JWK": re.compile(rb'"kty"\s*:\s*"[^"]+"[^{}]*"d"\s*:\s*"[\w-]{20,}"'),
    "JWT": re.compile(rb"\beyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}"),
    "token of a provider": re.compile(
        rb"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|pypi-\w{40,}"
        rb"|sk-(?:proj-)?[A-Za-z0-9]{20,})"
    ),
    "password in an address": re.compile(
        rb"\b(?:postgres(?:ql)?|redis|smtps?)(?:\+\w+)?://[^\s:/@'\"]+:[^\s@/'\"{$]{6,}@"
    ),
}
NAMES_OF_SECRETS = re.compile(
    r"(?:\.(?:pem|key|p12|pfx|jks|keystore)|(?:^|/)(?:\.env|id_rsa|id_ed25519|\.netrc|\.pgpass))$"
)
PLACEHOLDERS = re.compile(rb":(?:password|CHANGE-ME)[]@]")  # of the documentation, where a secret would stand


def lock() -> list[dict]:
    return tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]


def needed() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.match(r"[\w-]+", line).group() for line in project["dependencies"]]


def committed_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout, so nothing tells what is committed")
    return [name for name in listed.stdout.decode().split("\0") if name]


def test_every_file_we_may_install_is_pinned_by_its_hash():
    packages = [package for package in lock() if package["source"] != {"editable": "."}]
    assert len(packages) > len(needed())
    for package in packages:
        assert package["source"] == {"registry": "https://pypi.org/simple"}, package["name"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        assert files, package["name"]
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]


def test_every_direct_dependency_has_its_reason():
    reasons = (ROOT / "docs/decisions/0016-runtime-dependencies.md").read_text(encoding="utf-8").lower()
    assert [name for name in needed() if name.lower() not in reasons] == []


def test_the_bill_of_materials_names_every_package_with_its_hashes(tmp_path):
    command = [str(UV), "export", "--frozen", "--no-dev", "--format", "cyclonedx1.5", "--quiet", "--offline"]
    subprocess.run([*command, "--output-file", str(tmp_path / "b.json")], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    listed = {component["name"]: component for component in bill["components"]}
    assert set(needed()) <= set(listed)
    for component in listed.values():
        assert all(reference["hashes"] for reference in component["externalReferences"]), component["name"]


def test_no_secret_is_committed():
    found = []
    for name in committed_files():
        path = ROOT / name
        if NAMES_OF_SECRETS.search(name):
            found.append((name, "name"))
        if path.is_file() and name != "uv.lock":
            content = PLACEHOLDERS.sub(b"", path.read_bytes())
            found += [(name, kind) for kind, pattern in SECRETS.items() if pattern.search(content)]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "planted"),
    [
        ("private key", "-----BEGIN " + "PRIVATE KEY-----\nMC4CAQ"),
        ("private key", "-----BEGIN EC " + "PRIVATE KEY-----"),
        ("private JWK", '{"kty": "OKP", "crv": "Ed25519", ' + '"d": "' + "A" * 43 + '"}'),
        ("JWT", ".".join(["eyJ" + "a" * 30, "b" * 30, "c" * 43])),
        ("token of a provider", "gh" + "p_" + "a" * 36),
        ("password in an address", "postgresql+psycopg://decile" + ":correct-horse@db/decile"),
    ],
)
def test_the_scan_sees_what_it_looks_for(kind, planted):
    assert SECRETS[kind].search(planted.encode())


@pytest.mark.long
def test_two_wheels_of_one_commit_are_the_same_bytes(tmp_path):
    """From two copies of the source in different places, with other times and another mask of rights."""
    hashes = []
    for number, mask in enumerate((0o022, 0o077)):
        copy = tmp_path / f"copy{number}"
        copy.mkdir()
        packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-m"], cwd=copy, input=packed, check=True, umask=mask)
        command = [str(UV), "build", "--wheel", "--quiet", "--out-dir", str(tmp_path / f"out{number}")]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1764000000"}
        subprocess.run(command, cwd=copy, check=True, umask=mask, env=environment)
        (wheel,) = (tmp_path / f"out{number}").glob("*.whl")
        hashes.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]
