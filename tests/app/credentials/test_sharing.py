"""What the holder takes along: every field right in both languages, and nothing that claims to hold."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pikepdf
import pytest

from app.credentials import codes, png_carrier, svg_carrier
from app.credentials.models import Credential
from tests.app.accounts.visitor import Visitor
from tests.app.credentials.test_views import an_issued_code


class Fields(HTMLParser):
    """Links and the text of each text area of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.areas: dict[str, str] = {}
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "textarea":
            self._area = values["id"]
            self.areas[self._area] = ""

    def handle_data(self, data):
        if self._area:
            self.areas[self._area] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None


@pytest.fixture
def own(app, runtime, database, clock, entropy, jobs):
    """A signed-in holder and the code of the certificate, private as it was issued."""
    code, address = an_issued_code(database, clock, entropy, jobs)
    holder = Visitor(app, runtime)
    holder.sign_in(address)
    return holder, code


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Top 10 % · Collaboration"), ("fr", "Top 10\N{NO-BREAK SPACE}% · Coopération")]
)
def test_every_field_of_linkedins_form_is_filled(own, language, title) -> None:
    holder, code = own
    page = Fields(holder.open(f"/credentials/{code}?language={language}").text)
    (link,) = [one for one in page.links if "linkedin" in one]
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "www.linkedin.com", "/profile/add")
    assert {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()} == {
        "startTask": "CERTIFICATION_NAME",
        "name": title,
        "organizationName": "Decile",
        "issueYear": "2026",
        "issueMonth": "11",
        "expirationYear": "2027",
        "expirationMonth": "11",
        "certUrl": f"http://localhost/c/{code}",
        "certId": codes.grouped(code),
    }


def test_lines_and_snippets_lead_to_the_page_and_claim_nothing(own) -> None:
    holder, code = own
    page = Fields(holder.open(f"/credentials/{code}").text)
    assert set(page.areas) == {"cv-line", "signature", "embed"}
    for text in page.areas.values():
        assert f"http://localhost/c/{code}" in text
        assert "VALID" not in text
    embedded = Fields(page.areas["embed"])
    assert embedded.links == [f"http://localhost/c/{code}"]
    assert not {"<img", "<script", "<iframe"} & set(page.areas["embed"].split())


@pytest.mark.parametrize(
    ("language", "line", "check"),
    [
        ("en", "Top 10 % · Collaboration, Decile, valid until 23 November 2027, ", "Check this certificate: "),
        (
            "fr",
            "Top 10\N{NO-BREAK SPACE}% · Coopération, Decile, valable jusqu’au 23 novembre 2027, ",
            "Vérifiez ce certificat\N{NO-BREAK SPACE}: ",
        ),
    ],
)
def test_what_is_copied_reads_as_one_sentence_in_either_language(own, language, line, check) -> None:
    holder, code = own
    areas = Fields(holder.open(f"/credentials/{code}?language={language}").text).areas
    address = f"http://localhost/c/{code}"
    assert areas["cv-line"] == line + address
    assert areas["signature"].splitlines()[-1] == check + address


def attached(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return opened.attachments["credential.json"].get_file().read_bytes().decode()


def test_case_080_the_holder_downloads_every_carrier_of_a_private_certificate_and_nobody_else_does(
    own, app, database
) -> None:
    holder, code = own
    with database.reading() as session:
        row = session.query(Credential).filter_by(code=code).one()
        signed, token = row.signed_document, row.signed_jwt
    inside = {
        "json": lambda data: data.decode(),
        "png": png_carrier.carried,
        "svg": svg_carrier.carried,
        "pdf": attached,
    }
    links = Fields(holder.open(f"/credentials/{code}").text).links
    for suffix in ("json", "jwt", "png", "svg", "pdf"):
        path = f"/credentials/{code}.{suffix}"
        assert path in links
        answer = holder.open(path)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{codes.grouped(code)}.{suffix}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert (answer.text if suffix == "jwt" else inside[suffix](answer.data)) == (
            token if suffix == "jwt" else signed
        )
        assert app.test_client().get(f"/c/{code}.{suffix}").status_code == 404


def test_a_certificate_without_a_jwt_offers_none(own, database) -> None:
    holder, code = own
    with database.transaction() as session:
        session.query(Credential).filter_by(code=code).one().signed_jwt = None
    assert f"/credentials/{code}.jwt" not in Fields(holder.open(f"/credentials/{code}").text).links
    assert holder.open(f"/credentials/{code}.jwt").status_code == 404
