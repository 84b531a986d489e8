"""Badge and certificate by their routes: the signed document inside, the face read back, names of all kinds."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import fields, replace
from functools import partial
from xml.etree import ElementTree as ET

import pikepdf
import pytest
import segno
from flask import render_template
from flask_babel import gettext
from openbadgeslib.ob3.verifier import OB3Verifier
from PIL import Image

from app.credentials import carriers, codes, open_badge, png_carrier, svg_carrier, typesetting
from app.credentials.face import Face, who_words
from app.credentials.states import Visibility
from app.credentials.text_fit import fitted
from app.item_bank.bank_files import read_skills
from tests.app.credentials.openbadges_verifier import verify_with_openbadgeslib
from tests.app.item_bank.bank_folders import ITEM_BANKS
from tests.app.verification.printed_page import square_of, text_of
from tests.app.verification.register import FRENCH, HTML

SMALLEST_READ = 20  # of a drawing of 640: what norm and term are written in
SVG_NAME = "{http://www.w3.org/2000/svg}"
SCRIPTS = (
    "Zoë O’Neil-García", "Ελένη Παπαδοπούλου", "Дарья Ильина", "محمد عبد الله", "יעל כהן", "हिन्दी नाम", "日本 花子",
    "김민준", "王小明", "สมชาย ใจดี", "ქეთევანი", "Հայկ", "বাংলা নাম", "தமிழ் பெயர்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം",
    "සිංහල", "ລາວ", "ខ្មែរ", "မြန်မာ", "አማርኛ", "ગુજરાતી", "ਪੰਜਾਬੀ", "ଓଡ଼ିଆ", "Nguyễn Thị Ánh", "Łukasz Żółć", "😀🎓",
    "نیم‌فاصله", "א" * 200,
)  # fmt: skip
NO_FONT_FOR = ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "བོད་ཡིག", "\U00012000\U00012001")
HOSTILE = (
    "<script>alert(1)</script>", "]]></openbadges:credential><x>", '#let x = read("/etc/passwd")',
    "*bold* $x^2$ @a <b>",
    "& &amp; \" ' `", "{{ 7 * 7 }} ${7*7}", "=HYPERLINK(1)", "\\ \\\\ #", "W" * 200, "日" * 200,
)  # fmt: skip


@pytest.fixture
def shown(client, register):
    """Ask for a carrier of a fresh credential with this name."""

    def ask(kind: str, name: str | None = None, headers=HTML, **award):
        code = register.issued(Visibility.UNLISTED, name, **award)
        return client.get(f"/c/{code}.{kind}", headers=headers), client.get(f"/c/{code}.json").text

    return ask


def pages_of(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def texts(svg: bytes) -> str:
    return " ".join(element.text or "" for element in ET.fromstring(svg).iter(f"{SVG_NAME}text"))


def test_the_svg_carries_the_signed_document_right_after_its_first_tag(shown, client, clock) -> None:
    answer, signed = shown("svg", "Zoë O’Neil")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    first = next(iter(ET.fromstring(answer.data)))
    assert (first.tag, first.text) == ("{https://purl.imsglobal.org/ob/v3p0}credential", signed)
    assert OB3Verifier.extract_token_from_svg(answer.data) == signed
    said = texts(answer.data)
    for fact in (
        "Top 10 %",
        "Collaboration",
        "Zoë O’Neil",
        "Norm COL-2026.2",
        "Valid until 23 November 2027",
        "localhost",
    ):
        assert fact in said
    keys, listed = client.get("/.well-known/did.json").json, client.get("/status/1").text
    assert verify_with_openbadgeslib(OB3Verifier.extract_token_from_svg(answer.data), keys, listed, at=clock.now())


def test_the_png_carries_it_in_one_uncompressed_chunk_and_is_the_same_every_time(shown, client, register) -> None:
    answer, signed = shown("png", "Zoë O’Neil")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert OB3Verifier.extract_token_from_png(answer.data) == signed
    assert answer.data.count(b"openbadgecredential") == 1
    assert b"iTXtopenbadgecredential\0\0\0\0\0{" in answer.data
    assert struct.unpack(">II", answer.data[16:24]) == (640, 640)
    assert png_carrier.bake(answer.data, signed) == answer.data


def test_the_certificate_is_tagged_archivable_and_carries_the_signed_document(shown) -> None:
    answer, signed = shown("pdf", "Zoë O’Neil")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with pages_of(answer.data) as pdf:
        assert len(pdf.pages) == 1
        width, height = pdf.pages[0].mediabox[2:]
        assert (round(width), round(height)) == (842, 595)  # A4, landscape
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert pdf.docinfo["/Title"] == "Certificate: Collaboration"
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfuaid:part"], metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == (
                "1",
                "3",
                "A",
            )
        (attached,) = pdf.attachments.values()
        assert attached.get_file().read_bytes() == signed.encode()
        assert attached.get_file().mime_type == "application/ld+json"
        assert str(pdf.Root.AF[0].AFRelationship) == "/Source"


def test_the_certificate_speaks_the_readers_language_and_the_same_facts_give_the_same_bytes(client, register) -> None:
    code = register.issued()
    french = client.get(f"/c/{code}.pdf", headers=FRENCH)
    with pages_of(french.data) as pdf:
        assert str(pdf.Root.Lang) == "fr"
        assert pdf.docinfo["/Title"] == "Certificat\N{NO-BREAK SPACE}: Coopération"
    assert client.get(f"/c/{code}.pdf", headers=FRENCH).data == french.data
    assert client.get(f"/c/{code}.pdf", headers=HTML).headers["ETag"] != french.headers["ETag"]


def test_every_name_is_printed_as_text_or_degrades_without_error(client, register) -> None:
    code = register.issued()
    signed = client.get(f"/c/{code}.json").text
    for number, name in enumerate((*SCRIPTS, *NO_FONT_FOR, *HOSTILE)):
        network = {"REMOTE_ADDR": f"192.0.2.{number}"}
        register.change(code, shown_name=name)
        drawn = client.get(f"/c/{code}.svg", environ_base=network).data
        assert svg_carrier.carried(drawn) == signed
        elements = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawn)}
        assert elements == {"credential", "title", "desc", "rect", "g"}, name
        assert name in (ET.fromstring(drawn).findtext(f"{SVG_NAME}title") or "")
        assert png_carrier.carried(client.get(f"/c/{code}.png", environ_base=network).data) == signed
        with pages_of(client.get(f"/c/{code}.pdf", environ_base=network).data) as pdf:
            assert len(pdf.pages) == 1, name
            (attached,) = pdf.attachments.values()
            assert attached.get_file().read_bytes() == signed.encode()


def test_a_name_without_a_font_is_said_to_be_incomplete_and_another_is_not() -> None:
    assert [name for name in SCRIPTS if typesetting.printable(name) != name] == []
    for name in NO_FONT_FOR:
        assert typesetting.FALLBACK in typesetting.printable(name)
    assert typesetting.printable("Ana ⵜⴰ") == "Ana □□"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_words_of_a_badge_stay_inside_its_border_whatever_the_skill_the_claim_and_the_site(app, language) -> None:
    described = read_skills(ITEM_BANKS / "skills.yaml")["skills"]
    blank = Face(**{field.name: "" for field in fields(Face)})  # type: ignore[arg-type]
    long = replace(blank, claim="Les 12,5 % les plus hauts", site="certificates.an-organisation.example.org")
    long = replace(long, language=language, mark=None, name=None, code="QRXJ-P7W2-X55E-A8S2-G")
    with app.test_request_context():
        for skill in described:
            one = replace(long, skill=skill["name"][language], skill_slug=skill["slug"])
            drawn = carriers.carry(carriers.PNG, one, "{}", draw=partial(render_template, "credentials/badge.svg"))
            assert written_beside_the_border(drawn) == [], skill["slug"]


@pytest.mark.parametrize(
    ("headers", "words", "whole"),
    [
        (HTML, "Identity not checked", "Identity not checked; taken unsupervised"),
        (FRENCH, "Identité non vérifiée", "Identité non vérifiée\u202f; évaluation passée sans surveillance"),
    ],
)
@pytest.mark.parametrize("is_specimen", [False, True])
def test_a_badge_says_in_words_that_nobody_checked_who_sat(shown, headers, words, whole, is_specimen) -> None:
    answer, _ = shown("svg", "Zoë O’Neil", headers, is_specimen=is_specimen)
    drawing = ET.fromstring(answer.data)
    lines = [one for one in drawing.iter(f"{SVG_NAME}text") if one.text == words]
    assert [float(one.attrib["font-size"]) >= SMALLEST_READ for one in lines] == [True]
    assert whole in (drawing.findtext(f"{SVG_NAME}desc") or "")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_known_of_who_sat_fits_on_one_line_of_a_badge(app, language) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        for mode in ("open", "controlled", "confirmed", "observed"):
            short = who_words(mode, gettext)
            fits = fitted(short, width=carriers.LINE_WIDTH, sizes=carriers.WHO_SIZES, most_lines=1)
            assert fits.lines == (short,)
            assert short != mode


def written_beside_the_border(png: bytes) -> list[tuple[int, int]]:
    """Where something stands outside the golden line, beside the words."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    ground = picture.getpixel((320, 305))
    places = [(x, y) for y in range(310, 560) for x in (*range(1, 10), *range(631, 639))]
    return [place for place in places if picture.getpixel(place) != ground]


@pytest.mark.parametrize(
    ("state", "mark"), [("specimen", "SPECIMEN"), ("revoked", "REVOKED"), ("suspended", "SUSPENDED"), ("valid", None)]
)
def test_case_048_edge_017_what_must_be_said_is_said_across_every_face(client, register, clock, state, mark) -> None:
    code = register.issued(is_specimen=state == "specimen")
    before = client.get(f"/c/{code}.svg", headers=HTML)
    if state == "revoked":
        register.revoke(code)
    if state == "suspended":
        register.change(code, suspended_at=clock.now())
    again = {**HTML, "If-None-Match": before.headers["ETag"]}
    answer = client.get(f"/c/{code}.svg", headers=again)
    assert answer.headers["Decile-Verdict"] == state
    assert answer.status_code == (200 if state in ("revoked", "suspended") else 304)
    said = texts(client.get(f"/c/{code}.svg", headers=HTML).data)
    marks = [one for one in ("SPECIMEN", "REVOKED", "SUSPENDED") if one in said]
    assert marks == ([mark] if mark else [])
    pixels = client.get(f"/c/{code}.png").data
    assert is_red_across(pixels) is (mark is not None)
    printed = client.get(f"/c/{code}.pdf")
    assert printed.status_code == 200
    words = text_of(printed.data)
    assert [one for one in ("SPECIMEN", "REVOKED", "SUSPENDED") if one in words] == marks
    sayings = {
        "SPECIMEN": "SPECIMEN: for demonstration only, it certifies nothing",
        "REVOKED": "It was revoked and certifies nothing any more.",
        "SUSPENDED": "SUSPENDED: under review",
    }
    assert [one for one, said in sayings.items() if squeezed(said) in words] == marks


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_case_028_the_certificate_prints_its_code_its_address_and_every_figure_and_the_square_leads_there(
    client, register
) -> None:
    code = register.issued(Visibility.UNLISTED, "Zoë O’Neil")
    printed = client.get(f"/c/{code}.pdf", headers=HTML).data
    words, document = text_of(printed), client.get(f"/c/{code}.json").json
    address, told = f"http://localhost/c/{code}", open_badge.told_facts(document)
    assert document["id"] == address
    assert f"localhost · {codes.grouped(code)}" in texts(client.get(f"/c/{code}.svg").data)
    assert squeezed(address) in words
    assert square_of(printed) == [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    assert words.count(codes.grouped(code)) == 2  # below the square and in the last line
    for line in (
        "Percentile rank{percentile-rank}, 90 % band {band-low} to {band-high}",
        "Decision confidence{decision-confidence}",
        "ModeIdentity not checked; taken unsupervised",
        "{statements} about own habits, {scenarios} about situations",
        "Norm version{norm-version}",
        "Norm group{norm-group}",
        "People in the norm5,120",
        "Norm window1 November 2024 to 31 October 2026",
        "percentile 90 of the norm group, at {cut} (standard error {cut-error})",
    ):
        assert squeezed(line.format_map(told)) in words, line


def test_an_altered_record_is_printed_by_no_carrier(client, register) -> None:
    code = register.issued()
    register.change(code, signed_document="{}")
    for kind in ("json", "jwt", "svg", "png", "pdf"):
        assert client.get(f"/c/{code}.{kind}").status_code == 409


def is_red_across(png: bytes) -> bool:
    """Whether the middle of the band has the band's colour."""
    red, green, blue, _ = Image.open(io.BytesIO(png)).convert("RGBA").getpixel((90, 260))
    return red > 2 * green and red > 2 * blue


def test_a_changed_pixel_chunk_is_noticed_before_anything_is_read() -> None:
    picture = png_carrier.SIGNATURE + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
        for kind, data in ((b"IHDR", b"x"), (b"IEND", b""))
    )
    baked = png_carrier.bake(picture, "{}")
    assert png_carrier.carried(baked) == "{}"
    with pytest.raises(Exception, match="damaged"):
        png_carrier.carried(baked.replace(b"{}", b"[]"))
