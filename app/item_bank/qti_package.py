"""A bank version as a QTI 3 content package (a zip file), and back: an item file for each item and language.

`bank.json` beside them holds what belongs to no single item: version, licence, review, prior parameters and the words
around the items. The same bank gives the same bytes.
"""

from __future__ import annotations

import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from app.item_bank.bank_files import BankFiles
from app.item_bank.qti_items import NotOurSubset, parsed, read_item, scenario_item, statement_item, unwritable

MANIFEST, BANK = "imsmanifest.xml", "bank.json"
PACKAGING = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
ITEM_TYPE = "imsqti_item_xmlv3p0"
MADE_AT = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is written
MOST_FILES = 2000  # a bank of 90 items in two languages has 182
LARGEST_FILE = 500_000  # bytes, unpacked


def package_of(files: BankFiles) -> bytes:
    """The package of a checked bank.

    Raises
    ------
    NotOurSubset
        If a text holds a character that XML cannot.
    """
    bad = unwritable(_texts([files.statements, files.scenarios, files.bank]))
    if bad is not None:
        raise NotOurSubset(f"a text holds a character that XML cannot: {bad[:40]!r}")
    items = dict(_items(files))
    manifest = _manifest(f"{files.bank['skill']}-v{files.bank['version']}", items)
    bank = json.dumps(files.bank, ensure_ascii=False, indent=1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {MANIFEST: manifest, BANK: bank, **items}.items():
            package.writestr(zipfile.ZipInfo(name, MADE_AT), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


BROKEN = (  # what the library lets out of a package that is none; found by fuzzing
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,  # also of places before the beginning, and of names in no encoding
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)


def read_package(content: bytes) -> dict[str, Any]:
    """`{"bank", "statements", "scenarios"}` of a package. Files are read by the manifest and never unpacked to disk.

    Raises
    ------
    NotOurSubset
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _read(package)
    except BROKEN as problem:
        raise NotOurSubset(f"the package cannot be read ({problem})") from None


def _read(package: zipfile.ZipFile) -> dict[str, Any]:
    if len(package.namelist()) > MOST_FILES:
        raise NotOurSubset(f"it holds more than {MOST_FILES} files")
    bank = _bank(package)
    resources = parsed(_file(package, MANIFEST)).findall(f".//{{{PACKAGING}}}resource")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for resource in resources:
        if resource.get("type") == ITEM_TYPE:
            name = resource.get("href", "")
            try:
                item = read_item(_file(package, name))
            except NotOurSubset as problem:
                raise NotOurSubset(f"{name}: {problem}") from None
            if item["language"] in found.setdefault(item["code"], {}):
                raise NotOurSubset(f"{name}: {item['code']} stands twice in {item['language']}")
            found[item["code"]][item["language"]] = item
    try:
        entries = [(versions, _entry(code, versions, bank)) for code, versions in found.items()]
    except (LookupError, TypeError, AttributeError) as problem:
        raise NotOurSubset(f"{BANK} does not have the shape of a bank ({problem})") from None
    kinds = {"statement": "statements", "scenario": "scenarios"}
    return {
        "bank": bank,
        **{
            name: [entry for versions, entry in entries if next(iter(versions.values()))["kind"] == kind]
            for kind, name in kinds.items()
        },
    }


def _bank(package: zipfile.ZipFile) -> dict[str, Any]:
    try:
        bank = json.loads(_file(package, BANK))
        languages = bank["languages"]
        statement, scenario = bank["statement"], bank["scenario"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotOurSubset(f"{BANK} cannot be read ({problem})") from None
    if not all(isinstance(part, Mapping) for part in (statement, scenario)) or not isinstance(languages, list):
        raise NotOurSubset(f"{BANK} does not have the shape of a bank")
    return dict(bank)


def _file(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        with package.open(name) as file:
            content = file.read(LARGEST_FILE + 1)
    except KeyError:
        raise NotOurSubset(f"{name or 'a file of the manifest'} is missing from the package") from None
    if len(content) > LARGEST_FILE:
        raise NotOurSubset(f"{name} is larger than {LARGEST_FILE} bytes")
    return content


def _entry(code: str, versions: Mapping[str, Mapping[str, Any]], bank: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of items.yaml or scenarios.yaml from the item in each language, which must agree on all else."""
    if sorted(versions) != sorted(bank["languages"]):
        raise NotOurSubset(
            f"{code} exists in {', '.join(sorted(versions))}, the bank in {', '.join(bank['languages'])}"
        )
    first = versions[bank["languages"][0]]
    for language, item in versions.items():
        around = bank[item["kind"]]
        if any(around.get(name, {}).get(language) != value for name, value in item["around"].items()):
            raise NotOurSubset(f"{code} ({language}): the words around it are not those of {BANK}")
        if _shared(item) != _shared(first):
            raise NotOurSubset(f"{code}: its languages do not agree on its facet, key or notes")
    about = {"code": code, "facet": first["facet"], "difficulty_intent": first["difficulty_intent"]}
    if first["kind"] == "statement":
        text = {language: item["text"] for language, item in versions.items()}
        return {**about, "keyed": first["keyed"], "text": text, "incident": first["incident"]}
    options = [
        {
            "key": option["key"],
            **{language: item["options"][number]["text"] for language, item in versions.items()},
            "rationale": option["rationale"],
        }
        for number, option in enumerate(first["options"])
    ]
    situation = {language: item["situation"] for language, item in versions.items()}
    notes = {name: first[name] for name in ("place", "tension", "incident")}
    return {**about, **notes, "situation": situation, "options": options}


def _shared(item: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in item.items() if name not in ("language", "text", "situation", "around")}
    if "options" in own:
        own["options"] = [(option["key"], option["rationale"]) for option in own["options"]]
    return own


def _items(files: BankFiles) -> Iterator[tuple[str, str]]:
    for language in files.bank["languages"]:
        for entry in files.statements:
            yield f"items/{language}/{entry['code']}.xml", statement_item(entry, files.bank["statement"], language)
        for entry in files.scenarios:
            yield f"items/{language}/{entry['code']}.xml", scenario_item(entry, files.bank["scenario"], language)


def _manifest(name: str, items: Mapping[str, str]) -> str:
    manifest = ET.Element(f"{{{PACKAGING}}}manifest", {"identifier": name})
    metadata = ET.SubElement(manifest, f"{{{PACKAGING}}}metadata")
    ET.SubElement(metadata, f"{{{PACKAGING}}}schema").text = "QTI Package"
    ET.SubElement(metadata, f"{{{PACKAGING}}}schemaversion").text = "3.0.0"
    ET.SubElement(manifest, f"{{{PACKAGING}}}organizations")
    resources = ET.SubElement(manifest, f"{{{PACKAGING}}}resources")
    for number, href in enumerate((BANK, *items)):
        about = {"identifier": f"R{number}", "type": ITEM_TYPE if number else "webcontent", "href": href}
        ET.SubElement(
            ET.SubElement(resources, f"{{{PACKAGING}}}resource", about), f"{{{PACKAGING}}}file", {"href": href}
        )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(manifest, encoding="unicode")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
