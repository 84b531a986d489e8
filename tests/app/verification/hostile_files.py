"""Files made to hurt whoever reads them: bombs, depth, entities, lengths that are not there."""

from __future__ import annotations

import gzip
import zlib

from app.credentials import png_carrier
from app.verification.carried import LARGEST_DOCUMENT_BYTES

EXPAND = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>'
FETCH = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
DECLARED = (
    b'<!DOCTYPE svg [<!ENTITY a "{}">]><svg xmlns:ob="https://purl.imsglobal.org/ob/v3p0">'
    b"<ob:credential>&a;</ob:credential></svg>"
)
BOMB = zlib.compress(bytes(100_000_000), 9)


def a_pdf_with(packed: bytes, dictionary: bytes = b"/Type /EmbeddedFile /Filter /FlateDecode") -> bytes:
    return b"%PDF-1.7\n1 0 obj << " + dictionary + b" >>\nstream\n" + packed + b"\nendstream endobj\n"


HOSTILE_FILES = (
    ("entities", EXPAND),
    ("outside entity", FETCH),
    ("deep svg", b"<svg>" * 150_000),
    ("deep json", b"[" * 900_000),
    ("deep object", b'{"a":' * 150_000),
    ("long number", b'{"a":' + b"9" * 900_000 + b"}"),
    ("large document", b'{"a":"' + b"x" * LARGEST_DOCUMENT_BYTES + b'"}'),
    ("pdf bomb", a_pdf_with(BOMB)),
    ("many bombs", a_pdf_with(zlib.compress(bytes(60_000), 9)) * 2_000),
    ("many streams", b"%PDF-" + b"obj << /EmbeddedFile >>stream\n" * 30_000),
    ("many dictionaries", b"%PDF-" + b"<<" * 450_000),
    ("pdf that ends early", a_pdf_with(BOMB[:100])),
    ("long length", a_pdf_with(b"x", b"/Type /EmbeddedFile /Length 999999999")),
    ("png without end", png_carrier.SIGNATURE + b"\xff\xff\xff\xff" + b"x" * 1000),
    ("many chunks", png_carrier.SIGNATURE + (b"\0\0\0\0tEXt" + zlib.crc32(b"tEXt").to_bytes(4)) * 70_000),
    ("gzip", gzip.compress(b"{}", mtime=0)),
    ("dots", b"a." * 450_000),
)
