"""An SVG that carries a credential: `<openbadges:credential>` right after `<svg>` (Open Badges 3.0, section 5.3.2)."""

from __future__ import annotations

from xml.parsers import expat

from app.credentials.errors import CarrierUnreadable

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
ELEMENT = f"{NAMESPACE} credential"
CDATA_END = "]]>"
CDATA_SPLIT = "]]]]><![CDATA[>"


def bake(drawing: str, credential: str) -> str:
    """The drawing with the credential inside. Its first tag must be `<svg ...>`."""
    start, tag_end = drawing.index("<svg"), drawing.index(">", drawing.index("<svg"))
    inside = f"<openbadges:credential><![CDATA[{credential.replace(CDATA_END, CDATA_SPLIT)}]]></openbadges:credential>"
    named = f'{drawing[: start + 4]} xmlns:openbadges="{NAMESPACE}"{drawing[start + 4 : tag_end + 1]}'
    return f"{named}{inside}{drawing[tag_end + 1 :]}"


def carried(drawing: bytes) -> str | None:
    """The credential inside, as text or as the JWT of its `verify` attribute; None if there is none.

    A document type is refused before anything of it is read, so there are no entities to expand or to fetch.

    Raises
    ------
    CarrierUnreadable
        If it is not XML, has a document type, or carries more than one.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(drawing, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise CarrierUnreadable from None
    if len(reader.found) > 1:
        raise CarrierUnreadable
    return reader.found[0] if reader.found else None


class _Reader:
    """Collects what stands in each credential element."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._texts: list[str] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, *_declared: object) -> None:
        raise CarrierUnreadable

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._texts is not None:
            raise CarrierUnreadable
        if name == ELEMENT:
            self._texts = [attributes.get("verify", "")]

    def _text(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)

    def _end(self, name: str) -> None:
        if name == ELEMENT and self._texts is not None:
            self.found.append("".join(self._texts).strip())
            self._texts = None
