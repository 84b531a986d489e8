"""Statements and scenarios as QTI 3 assessment items in one language, and back.

The subset is the choice interaction. A statement is one, whose choices are the category labels, lowest first, with a
mapping to the scored category. A scenario is one for each option, whose choices are the labels of the scale, with the
key as correct response. What QTI has no element for stands in a rubric block for authors and scorers, which no
delivery system shows to candidates, and in data- attributes, which the standard keeps free for such use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAP_RESPONSE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"
DID_NOT_ARISE = "DID_NOT_ARISE"
RUBRIC = {"use": "scoring", "view": "author scorer"}

ET.register_namespace("", QTI)


class NotOurSubset(ValueError):
    """XML that is not an item as it is written here; the message says what stands in the way."""


def statement_item(entry: Mapping[str, Any], around: Mapping[str, Any], language: str) -> str:
    """A statement as the XML of a QTI item; `around` is the bank's stem, categories and label of did not arise."""
    labels = around["categories"][language]
    keyed = entry["keyed"]
    scored = {f"C{number}": number if keyed > 0 else len(labels) - 1 - number for number in range(len(labels))}
    item = _item(entry["code"], language)
    declared = _declaration(item, "RESPONSE")
    mapping = ET.SubElement(declared, _q("mapping"), {"default-value": "0"})
    for choice, category in scored.items():
        ET.SubElement(mapping, _q("map-entry"), {"map-key": choice, "mapped-value": str(category)})
    _outcome(item)
    body = _body(item, entry)
    choices = {**dict(zip(scored, labels, strict=True)), DID_NOT_ARISE: around["did_not_arise"][language]}
    _interaction(body, "RESPONSE", choices, stem=around["stem"][language], text=entry["text"][language])
    _rubric(body, {"incident": entry["incident"]})
    ET.SubElement(item, _q("response-processing"), {"template": MAP_RESPONSE})
    return _written(item)


def scenario_item(entry: Mapping[str, Any], around: Mapping[str, Any], language: str) -> str:
    """A scenario as the XML of a QTI item; `around` is the bank's prompt and scale. Closeness to the key is ours."""
    item = _item(entry["code"], language)
    for number, option in enumerate(entry["options"], start=1):
        correct = ET.SubElement(_declaration(item, f"RATING{number}"), _q("correct-response"))
        ET.SubElement(correct, _q("value")).text = f"R{option['key']}"
    _outcome(item)
    body = _body(item, entry)
    _part(body, "p", "situation", entry["situation"][language])
    _part(body, "p", "prompt", around["prompt"][language])
    scale = {f"R{number}": label for number, label in enumerate(around["scale"][language], start=1)}
    for number, option in enumerate(entry["options"], start=1):
        _interaction(body, f"RATING{number}", scale, option=option[language])
    rationales = {f"rationale-{number}": option["rationale"] for number, option in enumerate(entry["options"], start=1)}
    _rubric(body, {**{name: entry[name] for name in ("place", "tension", "incident")}, **rationales})
    return _written(item)


def read_item(content: bytes) -> dict[str, Any]:
    """The values of an item in its one language; `kind` and `language` say which.

    Raises
    ------
    NotOurSubset
        For choices, keys or notes that `statement_item` and `scenario_item` would not have written. What belongs
        together is found by its identifiers; the order of declarations, map entries and attributes says nothing.
    """
    item = parsed(content)
    if item.tag != _q("assessment-item"):
        raise NotOurSubset("it is no QTI 3 assessment item")
    body = item.find(_q("item-body"))
    if body is None:
        raise NotOurSubset("it has no item body")
    strange = {element.tag.rpartition("}")[2] for element in body.iter() if element.tag.endswith("-interaction")}
    if strange - {"qti-choice-interaction"}:
        raise NotOurSubset(f"{', '.join(sorted(strange))} is outside the subset, which is the choice interaction")
    parts = {element.get("data-part", ""): element.text or "" for element in body.iter() if element.get("data-part")}
    about = {
        "code": item.get("identifier", ""),
        "language": item.get(XML_LANG, ""),
        "facet": body.get("data-facet", ""),
        "difficulty_intent": body.get("data-difficulty-intent", ""),
    }
    try:
        return {**about, **(_scenario(item, body, parts) if "situation" in parts else _statement(item, body, parts))}
    except NotOurSubset:
        raise
    except (LookupError, ValueError, AttributeError, TypeError) as missing:
        raise NotOurSubset(f"a part is missing or cannot be read ({missing})") from None


def parsed(content: bytes) -> ET.Element:
    """The root element of XML from outside. A document type is refused unread: entities expand and reach files."""

    def refuse(*_given: Any) -> None:
        raise NotOurSubset("it has a document type declaration, which is refused")

    scan = expat.ParserCreate()
    scan.StartDoctypeDeclHandler = refuse
    try:
        scan.Parse(content, True)
        return ET.fromstring(content)  # noqa: S314  the scan has shown that nothing can expand  # nosec B314
    except NotOurSubset:
        raise
    except (expat.ExpatError, ET.ParseError, LookupError, ValueError) as problem:  # also encodings nobody knows
        raise NotOurSubset(f"it is not well-formed XML ({problem})") from None


def _statement(item: ET.Element, body: ET.Element, parts: Mapping[str, str]) -> dict[str, Any]:
    asked = _asked(item, body)
    if len(asked) != 1:
        raise NotOurSubset(f"a statement has one choice interaction, and this has {len(asked)}")
    ((declared, interaction),) = asked.values()
    choices = _choices(interaction)
    *scored, last = choices
    if last != DID_NOT_ARISE:
        raise NotOurSubset(f"its last choice is {last}, not {DID_NOT_ARISE}")
    mapped = _mapped(declared)
    _require_same(mapped, scored, "the keys of its mapping and its choices")
    categories = [mapped[choice] for choice in scored]
    rising = list(range(len(categories)))
    if categories not in (rising, rising[::-1]) or len(categories) < 2:
        raise NotOurSubset("its mapping does not give the categories in order")
    return {
        "kind": "statement",
        "keyed": 1 if categories == rising else -1,
        "text": parts["text"],
        "incident": parts["incident"],
        "around": {
            "stem": parts["stem"],
            "categories": [choices[choice] for choice in scored],
            "did_not_arise": choices[DID_NOT_ARISE],
        },
    }


def _scenario(item: ET.Element, body: ET.Element, parts: Mapping[str, str]) -> dict[str, Any]:
    asked = _asked(item, body)
    if list(asked) != [f"RATING{number}" for number in range(1, len(asked) + 1)]:  # rationales go by these numbers
        raise NotOurSubset(f"its options are {', '.join(asked)}, not RATING1, RATING2 and so on in this order")
    scales = [list(_choices(interaction).values()) for _, interaction in asked.values()]
    if any(scale != scales[0] for scale in scales):
        raise NotOurSubset("its options are not rated on one scale")
    return {
        "kind": "scenario",
        **{name: parts[name] for name in ("place", "tension", "incident", "situation")},
        "options": [
            {
                "key": _key(declared, interaction),
                "text": _option(interaction),
                "rationale": parts[f"rationale-{number}"],
            }
            for number, (declared, interaction) in enumerate(asked.values(), start=1)
        ],
        "around": {"prompt": parts["prompt"], "scale": scales[0]},
    }


def _asked(item: ET.Element, body: ET.Element) -> dict[str, tuple[ET.Element, ET.Element]]:
    """By response identifier the declaration and the interaction, in the order in which they are shown."""
    declared = _by_name(item.findall(_q("response-declaration")), "identifier")
    shown = _by_name(body.findall(f".//{_q('choice-interaction')}"), "response-identifier")
    _require_same(declared, shown, "its response declarations and its interactions")
    return {name: (declared[name], interaction) for name, interaction in shown.items()}


def _mapped(declared: ET.Element) -> dict[str, int]:
    """The category of every choice. A bound, or a default other than 0, would score on another scale."""
    (mapping,) = declared.findall(_q("mapping"))
    if set(mapping.attrib) - {"default-value"} or float(mapping.get("default-value", "0")) != 0:
        raise NotOurSubset("its mapping has bounds or a default value, so it scores on another scale")
    entries = _by_name(mapping.findall(_q("map-entry")), "map-key")
    return {choice: int(entry.attrib["mapped-value"]) for choice, entry in entries.items()}


def _key(declared: ET.Element, interaction: ET.Element) -> int:
    """The place on the scale, from 1, of the one choice that is the correct response."""
    values = [(value.text or "").strip() for value in declared.findall(f"{_q('correct-response')}/{_q('value')}")]
    choices = list(_choices(interaction))
    if len(values) != 1 or values[0] not in choices:
        raise NotOurSubset(
            f"the correct response of {declared.attrib['identifier']} is {' and '.join(values) or 'missing'}, "
            f"not one of its choices {', '.join(choices)}"
        )
    return choices.index(values[0]) + 1


def _choices(interaction: ET.Element) -> dict[str, str]:
    """The labels by the choices' identifiers, in the order in which they are shown."""
    named = _by_name(interaction.findall(_q("simple-choice")), "identifier")
    return {name: choice.text or "" for name, choice in named.items()}


def _option(interaction: ET.Element) -> str:
    (text,) = [element.text or "" for element in interaction.iter() if element.get("data-part") == "option"]
    return text


def _by_name(elements: Iterable[ET.Element], attribute: str) -> dict[str, ET.Element]:
    named: dict[str, ET.Element] = {}
    for element in elements:
        if named.setdefault(element.attrib[attribute], element) is not element:
            raise NotOurSubset(f"the {attribute} {element.attrib[attribute]} stands twice")
    return named


def _require_same(names: Iterable[str], others: Iterable[str], what: str) -> None:
    if lone := set(names) ^ set(others):
        raise NotOurSubset(f"{what} do not match one to one: {', '.join(sorted(lone))}")


def _q(name: str) -> str:
    return f"{{{QTI}}}qti-{name}"


def _item(code: str, language: str) -> ET.Element:
    about = {"identifier": code, "title": code, "adaptive": "false", "time-dependent": "false", XML_LANG: language}
    return ET.Element(_q("assessment-item"), about)


def _declaration(item: ET.Element, name: str) -> ET.Element:
    declared = {"identifier": name, "cardinality": "single", "base-type": "identifier"}
    return ET.SubElement(item, _q("response-declaration"), declared)


def _outcome(item: ET.Element) -> None:
    declared = {"identifier": "SCORE", "cardinality": "single", "base-type": "float"}
    ET.SubElement(item, _q("outcome-declaration"), declared)


def _body(item: ET.Element, entry: Mapping[str, Any]) -> ET.Element:
    about = {"data-facet": entry["facet"], "data-difficulty-intent": entry["difficulty_intent"]}
    return ET.SubElement(item, _q("item-body"), about)


def _part(parent: ET.Element, tag: str, part: str, text: str) -> None:
    ET.SubElement(parent, f"{{{QTI}}}{tag}", {"data-part": part}).text = text


def _interaction(body: ET.Element, response: str, choices: Mapping[str, str], **prompt: str) -> None:
    about = {"response-identifier": response, "shuffle": "false", "max-choices": "1"}
    interaction = ET.SubElement(body, _q("choice-interaction"), about)
    asked = ET.SubElement(interaction, _q("prompt"))
    for part, text in prompt.items():
        _part(asked, "span", part, text)
    for identifier, label in choices.items():
        ET.SubElement(interaction, _q("simple-choice"), {"identifier": identifier}).text = label


def _rubric(body: ET.Element, notes: Mapping[str, str]) -> None:
    content = ET.SubElement(ET.SubElement(body, _q("rubric-block"), RUBRIC), _q("content-body"))
    for part, text in notes.items():
        _part(content, "p", part, text)


def _written(item: ET.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(item, encoding="unicode")


def unwritable(texts: Iterator[str]) -> str | None:
    """The first text that XML cannot hold as it is: a control character, half a surrogate pair, a lone return."""
    for text in texts:
        if any(not _is_xml(ord(character)) for character in text):
            return text
    return None


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
