"""Files handed over at /verify: every carrier in every state, anything changed, anything hostile."""

from __future__ import annotations

import io
import json
import re
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from openbadgeslib.ob3.verifier import OB3Verifier
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.credentials import codes, jwt, open_badge, png_carrier, svg_carrier
from app.credentials.models import IssuerKey
from app.credentials.states import Visibility
from app.verification.carried import LARGEST_DOCUMENT_BYTES
from tests.app.credentials.documents import leaves, value_at, with_value
from tests.app.credentials.test_jwt import part, with_part
from tests.app.verification import limited_reader
from tests.app.verification.hostile_files import BOMB, DECLARED, HOSTILE_FILES, a_pdf_with
from tests.app.verification.papers import in_a_pdf
from tests.app.verification.printed_page import text_of
from tests.app.verification.register import FRENCH, HTML
from tests.journeys.installation import ROOT

CARRIERS = ("json", "jwt", "svg", "png", "pdf")
JSON = {"Accept": "application/json"}


def hand_over(client, content: bytes, headers=JSON, network="192.0.2.1"):
    """Post the file as a browser would.

    The form is encoded here, in memory: the test client would spool a large one to a temporary file
    that nobody closes, and whichever test runs next would be blamed for it.
    """
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), "certificate")})
    return client.post(
        "/verify",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers=headers,
        environ_base={"REMOTE_ADDR": network},
    )


def verdict(client, content: bytes, network="192.0.2.1") -> str:
    answer = hand_over(client, content, network=network)
    return answer.json["verdict"] if answer.status_code == 200 else answer.json["code"]


REACHES = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"}
NAMED_ADDRESSES = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://someone@127.0.0.1/",
    "http://127.0.0.1:80\\@decile.example/",
    "https://rebind.example/",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1/",
]


@pytest.fixture(scope="module")
def watched() -> dict[str, list[str] | None]:
    """An audit hook stays for ever, so it writes only while there is a list."""
    place: dict[str, list[str] | None] = {"list": None}

    def note(event: str, _arguments: object) -> None:
        if event in REACHES and (reached := place["list"]) is not None:
            reached.append(event)

    sys.addaudithook(note)
    return place


@pytest.fixture
def reaching_out(watched) -> Iterator[list[str]]:
    """What the process tries to reach."""
    watched["list"] = reached = []
    yield reached
    watched["list"] = None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_edge_054_every_carrier_in_every_state_has_its_verdict(client, register, clock, carrier) -> None:
    files = {}
    for state in ("valid", "suspended", "revoked", "specimen"):
        code = register.issued(is_specimen=state == "specimen")
        files[state] = client.get(f"/c/{code}.{carrier}", environ_base={"REMOTE_ADDR": "192.0.2.2"}).data
        if state == "suspended":
            register.change(code, suspended_at=clock.now())
        if state == "revoked":
            register.revoke(code)
    assert {state: verdict(client, file) for state, file in files.items()} == {state: state for state in files}
    clock.advance(timedelta(days=365))
    assert verdict(client, files["valid"]) == "expired"
    assert verdict(client, files["specimen"]) == "specimen"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_edge_047_a_change_of_any_one_leaf_is_altered_in_every_carrier(client, register, carrier) -> None:
    code = register.issued()
    original = client.get(f"/c/{code}.{carrier}").data
    signed = client.get(f"/c/{code}.{'jwt' if carrier == 'jwt' else 'json'}").text
    told = part(signed, 1) if carrier == "jwt" else json.loads(signed)
    for number, path in enumerate(leaves(told)):
        value = value_at(told, path)
        changed = with_value(told, path, value + (1 if isinstance(value, int) else "0"))
        text = with_part(signed, 1, changed) if carrier == "jwt" else json.dumps(changed)
        file = {
            "json": lambda text=text: text.encode(),
            "jwt": lambda text=text: text.encode(),
            "svg": lambda text=text: original.replace(signed.encode(), text.encode()),
            "png": lambda text=text: png_carrier.bake(original, text),
            "pdf": lambda text=text: in_a_pdf(text.encode()),
        }[carrier]()
        found = verdict(client, file, network=f"192.0.{number}.3")
        # Under a key that nobody published nothing can be said, which is not "valid" either.
        assert found == ("unknown" if path[-1] == "verificationMethod" else "altered"), path


def test_edge_047_the_page_repeats_the_signed_facts_links_the_live_page_and_speaks_french(client, register) -> None:
    code = register.issued(shown_name="Zoë O’Neil")
    file = client.get(f"/c/{code}.pdf").data
    page = hand_over(client, file, HTML).text
    for fact in (
        "✓",
        "VALID until",
        "23 November 2027, 12:00",
        "Identity not checked; taken unsupervised",
        "93.4",
        "COL-2026.2",
        "5,120",
        "0.81",
        code,
        f'href="http://localhost/c/{code}"',
    ):
        assert fact in page
    assert "Zoë" not in page
    assert "<script" not in page
    assert "Ce que porte ce fichier" in hand_over(client, file, FRENCH).text
    answer = hand_over(client, file, HTML)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers


def document_in(file: bytes, carrier: str) -> dict[str, Any]:
    """The signed document that the carrier holds, taken out by other readers than ours where there are any."""
    if carrier == "pdf":
        with pikepdf.open(io.BytesIO(file)) as pdf:
            (attached,) = pdf.attachments.values()
            return json.loads(attached.get_file().read_bytes())
    reader = {"svg": OB3Verifier.extract_token_from_svg, "png": OB3Verifier.extract_token_from_png}.get(carrier)
    text = reader(file) if reader else file.decode()
    return dict(jwt.document_of(text)) if carrier == "jwt" else json.loads(text)


def test_a_file_says_when_and_why_it_was_revoked_as_the_page_does_and_that_a_specimen_is_over(
    client, register, clock
) -> None:
    revoked, specimen = register.issued(), register.issued(is_specimen=True)
    files = [client.get(f"/c/{code}.pdf").data for code in (revoked, specimen)]
    register.revoke(revoked)
    verdict_line = re.search(r"REVOKED on .+?: [^<]+", client.get(f"/c/{revoked}", headers=HTML).text)
    assert verdict_line is not None
    assert verdict_line[0] in hand_over(client, files[0], HTML).text
    assert "Its term ended on" not in hand_over(client, files[1], HTML).text
    clock.advance(timedelta(days=365))
    assert "Its term ended on" in hand_over(client, files[1], HTML).text


@pytest.mark.parametrize("headers", [JSON, HTML], ids=["program", "page"])
def test_a_forged_file_is_answered_to_the_byte_alike_for_a_hidden_a_revoked_an_erased_and_an_unknown_code(
    client, register, headers
) -> None:
    hidden, revoked, erased = (register.issued(Visibility.PRIVATE) for _ in range(3))
    template = json.loads(client.get(f"/c/{register.issued()}.json").data)
    register.revoke(revoked)
    register.erase(erased)
    answers = set()
    for number, code in enumerate((hidden, revoked, erased, codes.code_from_bits(12345)), 1):
        told = template | {"id": f"http://localhost/c/{code}", "name": "x", "issuer": {"id": "did:web:evil.example"}}
        told["proof"] = [template["proof"][0] | {"verificationMethod": "did:web:evil.example#k1"}]
        answer = hand_over(client, json.dumps(told).encode(), headers, network=f"192.0.2.{number}")
        kept = sorted(header for header in answer.headers if not header[0].startswith(("X-RateLimit", "Retry")))
        answers.add((answer.status_code, answer.data, tuple(kept)))
    assert [status for status, _, _ in answers] == [200]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_facts_of_a_file_have_the_labels_and_the_writing_of_the_certificate_s_page(
    client, register, carrier
) -> None:
    code = register.issued()
    file = client.get(f"/c/{code}.{carrier}").data
    for headers in (HTML, FRENCH):
        pages = (client.get(f"/c/{code}", headers=headers).text, hand_over(client, file, headers).text)
        of_certificate, of_file = (facts_of(page) for page in pages)
        assert len(of_file) >= 14
        assert {label: of_certificate[label] for label in of_file} == of_file


def facts_of(page: str) -> dict[str, str]:
    pairs = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {label: re.sub(r"<[^>]+>", "", value).strip() for label, value in pairs}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_edge_066_every_carrier_says_that_nobody_checked_who_sat(client, register, carrier) -> None:
    file = client.get(f"/c/{register.issued()}.{carrier}").data
    assert ("Mode of the sitting", "open") in open_badge.told_lines(document_in(file, carrier))
    assert carrier != "pdf" or "Identitynotchecked;takenunsupervised" in text_of(file)
    assert "Identity not checked; taken unsupervised" in hand_over(client, file, HTML).text


def test_what_is_altered_or_signed_by_a_stranger_is_repeated_nowhere(client, register) -> None:
    document = json.loads(client.get(f"/c/{register.issued()}.json").text)
    document["name"] = "Top 1% - <script>alert(1)</script>"
    for change in (document, {**document, "proof": [{**document["proof"][0], "verificationMethod": "did:web:x#1"}]}):
        page = hand_over(client, json.dumps(change).encode(), HTML).text
        assert "Top 1%" not in page
        assert "<script" not in page


@pytest.mark.parametrize("carrier", CARRIERS)
def test_case_051_a_file_under_a_key_that_others_had_says_so_and_repeats_nothing(
    client, register, clock, carrier
) -> None:
    file = client.get(f"/c/{register.issued()}.{carrier}").data
    with register.database.transaction() as session:
        for key in session.query(IssuerKey):
            key.declare_compromised(clock.now(), at=clock.now())
    answer = hand_over(client, file).json
    assert (answer["verdict"], answer["reasons"][0]) == ("unknown", "key-compromised")
    assert (answer["code"], answer["name"], answer["lines"]) == (None, None, {})
    page = hand_over(client, file, HTML).text
    assert "UNKNOWN: the key that signed it was in other hands" in page
    assert "93.4" not in page


@pytest.mark.parametrize(
    "text", ['{"a": 1}', "[1]", '{"id": "did:web:localhost", "verificationMethod": []}', '{"type": "Assertion"}']
)
def test_a_json_file_that_claims_to_be_no_credential_is_not_called_altered(client, register, text: str) -> None:
    register.issued()
    answer = hand_over(client, text.encode())
    assert (answer.status_code, answer.json["code"]) == (422, "nothing-carried")


def test_a_receipt_is_checked_by_the_credential_within(client, register) -> None:
    code = register.issued()
    file = client.get(f"/c/{code}/receipt.json").data
    assert (hand_over(client, file).json["verdict"], hand_over(client, file).json["code"]) == ("valid", code)
    register.revoke(code)
    assert verdict(client, file) == "revoked"
    assert verdict(client, file.replace(b"93.4", b"99.4")) == "altered"


def test_another_issuers_credential_of_another_form_is_unknown_and_not_altered(client, register) -> None:
    document = json.loads(client.get(f"/c/{register.issued()}.json").text)
    foreign = {**document, "proof": [{**document["proof"][0], "verificationMethod": "did:web:x.example#1"}]}
    for name in ("validUntil", "name", "credentialStatus"):
        del foreign[name]
    answer = hand_over(client, json.dumps(foreign).encode()).json
    assert (answer["verdict"], answer["reasons"]) == ("unknown", ["key-unknown"])


def test_what_nobody_signed_says_nothing_of_itself(client, register) -> None:
    document = json.loads(client.get(f"/c/{register.issued(is_specimen=True)}.json").text)
    document["proof"][0]["verificationMethod"] = "did:web:x.example#1"
    assert hand_over(client, json.dumps(document).encode()).json["reasons"] == ["key-unknown"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_program_may_send_the_file_as_the_body_under_its_own_type(client, register, carrier) -> None:
    file = client.get(f"/c/{register.issued()}.{carrier}")
    answer = client.post("/verify", data=file.data, content_type=file.mimetype, headers=JSON)
    assert (answer.status_code, answer.json["verdict"]) == (200, "valid")
    broken = client.post("/verify", data=b"nothing", content_type=file.mimetype, headers=JSON)
    assert (broken.status_code, broken.json["code"]) == (422, "nothing-carried")


@pytest.mark.parametrize("host", ["exam[ple", "[::1", "decile\u2100example"])
def test_an_issuer_whose_address_is_none_is_altered_and_no_fault_of_ours(client, register, host: str) -> None:
    document = json.loads(client.get(f"/c/{register.issued()}.json").data)
    document["issuer"]["url"] = f"https://{host}"
    assert verdict(client, json.dumps(document).encode()) == "altered"


def test_a_jwt_in_the_verify_attribute_of_an_svg_is_read(client, register) -> None:
    token = client.get(f"/c/{register.issued()}.jwt").text
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:ob="https://purl.imsglobal.org/ob/v3p0">'
        f'<ob:credential verify="{token}"/></svg>'
    )
    assert verdict(client, drawing.encode()) == "valid"
    assert jwt.document_of(token)["id"] in hand_over(client, drawing.encode()).json["credential"]


def test_a_file_that_another_program_saved_still_carries_it_or_says_that_it_does_not(client, register) -> None:
    code = register.issued()
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(client.get(f"/c/{code}.pdf").data)) as pdf:
        pdf.save(saved, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)
    assert verdict(client, saved.getvalue()) == "valid"
    assert verdict(client, in_a_pdf()) == "nothing-carried"
    assert verdict(client, b"\xef\xbb\xbf" + client.get(f"/c/{code}.json").data) == "valid"


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xfe\x00", b"a.b", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_a_file_without_a_credential_is_said_to_have_none(client, content) -> None:
    answer = hand_over(client, content, HTML)
    assert answer.status_code == 422
    assert "There is no signed credential in this file" in answer.text


def test_a_file_that_says_two_things_says_nothing(client, register) -> None:
    one, two = (client.get(f"/c/{register.issued()}.json").data for _ in range(2))
    picture = png_carrier.bake(client.get(f"/c/{register.issued()}.png").data, one.decode())
    chunk = picture[picture.index(b"iTXt") - 4 :][: 12 + int.from_bytes(picture[picture.index(b"iTXt") - 4 :][:4])]
    doubled = picture[:33] + chunk + picture[33:]
    inside = "".join(f"<ob:credential><![CDATA[{text.decode()}]]></ob:credential>" for text in (one, two))
    drawing = f'<svg xmlns:ob="{svg_carrier.NAMESPACE}">{inside}</svg>'
    assert verdict(client, in_a_pdf(one, one)) == "valid"
    for file in (in_a_pdf(one, two), doubled, drawing.encode()):
        assert verdict(client, file) == "carrier-unreadable"


@pytest.mark.parametrize(
    ("name", "content"),
    HOSTILE_FILES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_case_079_edge_083_a_hostile_file_is_refused_at_once(client, name, content) -> None:
    assert len(content) < 960_000
    started = time.process_time()
    found = verdict(client, content)
    assert found in ("carrier-unreadable", "nothing-carried", "altered")
    assert time.process_time() - started < 2.0


def test_case_079_every_hostile_file_is_refused_in_a_process_of_little_memory_and_time() -> None:
    done = _read_in_a_limited_process()
    assert done.returncode == 0, done.stderr
    said = [line.split("\t") for line in done.stdout.splitlines()]
    assert [name for name, *_ in said] == [name for name, _ in HOSTILE_FILES]
    assert {outcome for _, outcome, _ in said} == {"carrier-unreadable", "nothing-carried"}


def test_the_limit_of_memory_is_one() -> None:
    done = _read_in_a_limited_process(limited_reader.GREEDY)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def _read_in_a_limited_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", limited_reader.__name__, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_case_079_an_entity_is_never_expanded_even_where_it_would_be_harmless(client) -> None:
    assert verdict(client, DECLARED) == "carrier-unreadable"


def test_case_079_a_bomb_is_not_inflated(client) -> None:
    tracemalloc.start()
    try:
        assert verdict(client, a_pdf_with(BOMB)) == "carrier-unreadable"
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_case_078_no_address_that_a_document_names_is_reached(client, register, reaching_out) -> None:
    document = json.loads(client.get(f"/c/{register.issued()}.json").text)
    places = [path for path in leaves(document) if str(value_at(document, path)).startswith("http")]
    assert len(places) >= 5
    for address in NAMED_ADDRESSES:
        everywhere = document
        for path in places:
            everywhere = with_value(everywhere, path, address)
        assert verdict(client, json.dumps(everywhere).encode()) in ("altered", "nothing-carried", "unknown")
    assert reaching_out == []


def test_a_look_at_an_address_would_be_noticed(reaching_out) -> None:
    with suppress(OSError), socket.create_connection(("127.0.0.1", 9), timeout=0.1):
        pass
    assert reaching_out


def test_more_than_a_megabyte_is_not_read(client) -> None:
    assert hand_over(client, b"x" * 1_000_001).status_code == 413
    page = hand_over(client, b"x" * 1_000_001, headers={"Accept": "text/html"})
    assert (page.status_code, "This file is too large: at most 1 MB." in page.text) == (413, True)
    assert 'href="/verify">Back to the form</a>' in page.text


def test_a_text_of_more_than_a_megabyte_is_not_called_a_file(client) -> None:
    page = client.post("/verify/batch", data={"codes": "x" * 1_000_000}, headers={"Accept": "text/html"})
    assert (page.status_code, "This is more than we take at once." in page.text) == (413, True)
    assert 'href="/verify/batch">Back to the form</a>' in page.text


def test_a_document_of_a_known_key_made_to_be_slow_is_answered_at_once(client, register) -> None:
    document = json.loads(client.get(f"/c/{register.issued()}.json").text)
    plain = {"type": ["Alignment"], "targetUrl": "x", "targetFramework": "x"}
    document["credentialSubject"]["achievement"]["alignment"] = [
        {**plain, "targetName": str(number)} for number in range(600)
    ]
    content = json.dumps(document, separators=(",", ":")).encode()
    assert len(content) < LARGEST_DOCUMENT_BYTES
    started = time.process_time()
    assert verdict(client, content) == "altered"
    assert time.process_time() - started < 2.0
