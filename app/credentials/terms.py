"""Document -> graph, by our own table of term IRIs.

Published contexts are not bundled and never fetched. A JSON-LD processor silently drops a term that no context
defines, so that the field is not signed; here an unknown term, at any level, is refused before anything is signed.
Tests compare the graphs with those of the published contexts.

A term has one of four kinds: a text (with the datatype its context states), an IRI, a name of the vocabulary, or a
node. As in JSON-LD, the terms of a typed node do not reach into the nodes it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from pyoxigraph import NamedNode

from app.credentials import canonical as rdfc
from app.credentials.errors import DocumentRefused

VC = "https://www.w3.org/2018/credentials#"
STATUS = "https://www.w3.org/ns/credentials/status#"
SECURITY = "https://w3id.org/security#"
OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
SCHEMA = "https://schema.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
XSD_HTTPS = "https://www.w3.org/2001/XMLSchema#"  # so spelled, wrongly, in the Open Badges context

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DID_V1 = "https://www.w3.org/ns/did/v1"
MULTIKEY_V1 = "https://w3id.org/security/multikey/v1"
JWK_V1 = "https://w3id.org/security/jwk/v1"

RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
XSD_INTEGER = f"<{XSD}integer>"
_IRI = re.compile(r"(?:https?://|did:|urn:)[^\s<>\"{}|\\^`]+")
# PyLD leaves control characters as they are where RDFC-1.0 escapes them: a text holding one would verify here alone.
_UNSIGNABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_RESERVED = frozenset({"@context", "id", "type"})


class Kind(Enum):
    """What the value of a term is."""

    TEXT = auto()
    IRI = auto()
    NAME = auto()
    NODE = auto()


TEXT, IRI, NAME, NODE = Kind  # reading a member of an Enum costs more than what is done with it here


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its predicate and the kind of its values, IRIs as N-Quads spell them."""

    predicate: str
    kind: Kind = TEXT
    datatype: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    ending: str = field(init=False)  # of its texts: the closing quote, and the datatype

    def __post_init__(self) -> None:
        object.__setattr__(self, "ending", f'"^^{self.datatype}' if self.datatype else '"')


@dataclass(frozen=True, slots=True)
class Type:
    """A type name: its IRI and the terms it brings to nodes of that type."""

    iri: str
    terms: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What one context document defines, as far as we use it."""

    types: Mapping[str, Type]
    terms: Mapping[str, Term] = field(default_factory=dict)


def _text(iri: str, datatype: str | None = None) -> Term:
    return Term(f"<{iri}>", datatype=f"<{datatype}>" if datatype else "")


def _iri(iri: str) -> Term:
    return Term(f"<{iri}>", IRI)


def _node(iri: str) -> Term:
    return Term(f"<{iri}>", NODE)


def _type(iri: str, **terms: Term) -> Type:
    return Type(f"<{iri}>", terms)


_ASSERTION_METHOD = {"assertionMethod": f"<{SECURITY}assertionMethod>"}

CONTEXTS: Mapping[str, Context] = {
    CREDENTIALS_V2: Context(
        types={
            "VerifiableCredential": _type(
                VC + "VerifiableCredential",
                credentialSchema=_node(VC + "credentialSchema"),
                credentialStatus=_node(VC + "credentialStatus"),
                credentialSubject=_node(VC + "credentialSubject"),
                evidence=_node(VC + "evidence"),
                issuer=_node(VC + "issuer"),
                validFrom=_text(VC + "validFrom", XSD + "dateTime"),
                validUntil=_text(VC + "validUntil", XSD + "dateTime"),
            ),
            "BitstringStatusListCredential": _type(STATUS + "BitstringStatusListCredential"),
            "BitstringStatusList": _type(
                STATUS + "BitstringStatusList",
                encodedList=_text(STATUS + "encodedList", SECURITY + "multibase"),
                statusPurpose=_text(STATUS + "statusPurpose"),
                ttl=_text(STATUS + "ttl"),
            ),
            "BitstringStatusListEntry": _type(
                STATUS + "BitstringStatusListEntry",
                statusListCredential=_iri(STATUS + "statusListCredential"),
                statusListIndex=_text(STATUS + "statusListIndex"),
                statusPurpose=_text(STATUS + "statusPurpose"),
            ),
            "DataIntegrityProof": _type(
                SECURITY + "DataIntegrityProof",
                created=_text("http://purl.org/dc/terms/created", XSD + "dateTime"),
                cryptosuite=_text(SECURITY + "cryptosuite", SECURITY + "cryptosuiteString"),
                proofPurpose=Term(f"<{SECURITY}proofPurpose>", NAME, names=_ASSERTION_METHOD),
                verificationMethod=_iri(SECURITY + "verificationMethod"),
            ),
        },
        terms={"name": _text(SCHEMA + "name"), "description": _text(SCHEMA + "description")},
    ),
    OPEN_BADGES: Context(
        types={
            "OpenBadgeCredential": _type(OB + "OpenBadgeCredential"),
            "Profile": _type(OB + "Profile"),
            "AchievementSubject": _type(
                OB + "AchievementSubject", achievement=_node(OB + "achievement"), result=_node(OB + "result")
            ),
            "Achievement": _type(
                OB + "Achievement",
                achievementType=_text(OB + "achievementType"),
                criteria=_node(OB + "Criteria"),
                resultDescription=_node(OB + "resultDescription"),
            ),
            "Alignment": _type(
                SCHEMA + "AlignmentObject",
                targetFramework=_text(SCHEMA + "targetFramework"),
                targetName=_text(SCHEMA + "targetName"),
                targetType=_text(OB + "targetType"),
                targetUrl=_text(SCHEMA + "targetUrl", XSD_HTTPS + "anyURI"),
            ),
            "Evidence": _type(OB + "Evidence", genre=_text(SCHEMA + "genre")),
            "ResultDescription": _type(
                OB + "ResultDescription",
                requiredValue=_text(OB + "requiredValue"),
                resultType=_text(OB + "resultType"),
                valueMax=_text(OB + "valueMax"),
                valueMin=_text(OB + "valueMin"),
            ),
            "Result": _type(
                OB + "Result",
                resultDescription=_text(OB + "resultDescription", XSD_HTTPS + "anyURI"),
                value=_text(SCHEMA + "value"),
            ),
        },
        terms={
            "name": _text(SCHEMA + "name"),
            "description": _text(SCHEMA + "description"),
            "alignment": _node(OB + "alignment"),
            "inLanguage": _text(SCHEMA + "inLanguage"),
            "narrative": _text(OB + "narrative"),
            "url": _text(SCHEMA + "url", XSD_HTTPS + "anyURI"),
        },
    ),
    OPEN_BADGES_EXTENSIONS: Context(
        types={
            "1EdTechJsonSchemaValidator2019": _type(
                "https://purl.imsglobal.org/spec/vccs/v1p0/context.json#1EdTechJsonSchemaValidator2019"
            )
        }
    ),
    DID_V1: Context(
        types={},
        terms={
            "assertionMethod": _iri(SECURITY + "assertionMethod"),
            "controller": _iri(SECURITY + "controller"),
            "verificationMethod": _node(SECURITY + "verificationMethod"),
        },
    ),
    MULTIKEY_V1: Context(
        types={
            "Multikey": _type(
                SECURITY + "Multikey",
                controller=_iri(SECURITY + "controller"),
                publicKeyMultibase=_text(SECURITY + "publicKeyMultibase", SECURITY + "multibase"),
            )
        }
    ),
    JWK_V1: Context(types={}),
}


def statements(document: Mapping[str, Any]) -> list[rdfc.Statement]:
    """The RDF graph that every conforming JSON-LD processor makes of this document.

    Raises
    ------
    DocumentRefused
        At a term, type or context that is not in the table, or a value that would not be signed as it is written.
    """
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts or not all(isinstance(url, str) for url in contexts):
        raise DocumentRefused("@context", "it must be a list of addresses")
    walk = _Walk(tuple(contexts))
    walk.add_node(document, "document")
    return walk.statements


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document's graph in canonical N-Quads (RDFC-1.0), the bytes that are hashed and signed."""
    return rdfc.canonical(statements(document))


@lru_cache(maxsize=256)
def _scope(contexts: tuple[str, ...], types: tuple[str, ...]) -> tuple[Mapping[str, Term], tuple[str, ...]]:
    """Terms and type IRIs for a node of these types under these contexts."""
    known_types: dict[str, Type] = {}
    terms: dict[str, Term] = {}
    for url in contexts:
        if url not in CONTEXTS:
            raise DocumentRefused("@context", f"{url} is not in the table of contexts")
        known_types |= CONTEXTS[url].types
        terms |= CONTEXTS[url].terms
    for name in sorted(types):
        if name not in known_types:
            raise DocumentRefused("type", f"no context given defines {name!r}")
        terms |= known_types[name].terms
    return terms, tuple(known_types[name].iri for name in types)


class _Walk:
    """One pass over a document, collecting what it states."""

    def __init__(self, contexts: tuple[str, ...]) -> None:
        self.contexts = contexts
        self.statements: list[rdfc.Statement] = []
        self.nameless = 0

    def add_node(self, node: Mapping[str, Any], place: str) -> rdfc.Node:
        """Add a node with all it holds; its name in the graph."""
        if not node:
            raise DocumentRefused(place, "it holds nothing")
        subject = _named(node["id"], place, "id") if "id" in node else self._without_name()
        try:
            terms, iris = _scope(self.contexts, tuple(_each(node.get("type", []), place, "type")))
        except TypeError:
            raise DocumentRefused(f"{place}.type", "it is not a text") from None
        add = self.statements.append
        for iri in iris:
            add((subject, RDF_TYPE, iri))
        for key, value in node.items():
            term = terms.get(key)
            if term is None:
                if key not in _RESERVED:
                    raise DocumentRefused(f"{place}.{key}", "no context given defines this term")
            elif term.kind is TEXT and not isinstance(value, list):
                # a plain text, as most are, is spelled here: calls for it would cost more than it
                if type(value) is str and value.isprintable() and '"' not in value and "\\" not in value:
                    add((subject, term.predicate, f'"{value}{term.ending}'))
                else:
                    add((subject, term.predicate, _literal(value, term.datatype, place, key)))
            else:
                for one in _each(value, place, key):
                    add((subject, term.predicate, self._value(one, term, place, key)))
        return subject

    def _without_name(self) -> int:
        self.nameless += 1
        return self.nameless

    def _value(self, value: Any, term: Term, place: str, key: str) -> rdfc.Node:
        if term.kind is TEXT:
            return _literal(value, term.datatype, place, key)
        if term.kind is NODE and isinstance(value, dict):
            return self.add_node(value, f"{place}.{key}")
        if term.kind is NAME:
            if value not in term.names:
                raise DocumentRefused(f"{place}.{key}", f"{value!r} is not a name it can have")
            return term.names[value]
        return _named(value, place, key)


def _each(value: Any, place: str, key: str) -> Sequence[Any]:
    """The values of a term. A set says each thing once: a repeated one would change nothing that is signed."""
    if not isinstance(value, list):
        return (value,)
    if len(value) > 1 and not _tell_apart(value) and _repeats(value):
        raise DocumentRefused(f"{place}.{key}", "a list must hold each thing once")
    return value


def _tell_apart(nodes: Sequence[Any]) -> bool:
    """Whether two fields alone show that no two of these nodes are equal; most lists are settled by that."""
    try:
        return len({(node["id"] if "id" in node else node["resultDescription"]) for node in nodes}) == len(nodes)
    except (KeyError, TypeError):
        return False


def _repeats(values: Sequence[Any]) -> bool:
    return any(values.index(one) != position for position, one in enumerate(values))


def _literal(value: Any, datatype: str, place: str, key: str) -> str:
    if type(value) is int and not datatype:
        return f'"{value}"^^{XSD_INTEGER}'
    text = _signable(value, place, key)
    if "\\" in text or '"' in text or "\n" in text:
        text = text.translate(_ESCAPES)
    return f'"{text}"^^{datatype}' if datatype else f'"{text}"'


def _signable(value: Any, place: str, key: str) -> str:
    if not isinstance(value, str):
        raise DocumentRefused(f"{place}.{key}", f"{value!r} is not a text")
    if not value.isprintable() and _UNSIGNABLE.search(value):  # what is printable is no control character
        raise DocumentRefused(f"{place}.{key}", "it holds a control character")
    return value


def _named(value: Any, place: str, key: str) -> str:
    if not isinstance(value, str):
        raise DocumentRefused(f"{place}.{key}", f"{value!r} is not an absolute IRI")
    try:
        return _spelled(value)
    except ValueError as problem:
        raise DocumentRefused(f"{place}.{key}", f"{value!r} is not an absolute IRI: {problem}") from None


@lru_cache(maxsize=1024)  # most of a document's addresses stand in every document of its skill
def _spelled(iri: str) -> str:
    """An absolute IRI as N-Quads spell it; ValueError for anything else."""
    if not _IRI.fullmatch(iri):
        raise ValueError("it does not begin as one of ours do, or holds a character that none may hold")
    NamedNode(iri)
    return f"<{iri}>"
