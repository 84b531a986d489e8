"""A list of codes: order kept, bad lines reported, each line answered as it would be alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from app.credentials import codes
from app.credentials.states import Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy
from app.verification import batch_list
from app.verification import verify_batch as batch
from app.verification.batch_list import MOST_CODES, Line, lines_of, numbered, text_of
from app.verification.errors import BatchEmpty, BatchTooLong
from app.verification.verify_batch import RowProblem, verify_batch
from app.verification.verify_credential import CertificateVerification, verify_credential
from tests.app.verification.register import FRENCH, HTML

UNKNOWN = codes.code_from_bits(12345)
API = "/api/v1/verify/batch"


def mistyped(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_edge_055_bad_lines_are_reported_in_their_place_and_the_others_are_answered(register, runtime) -> None:
    good, private = register.issued(), register.issued(Visibility.PRIVATE)
    revoked = register.issued()
    register.revoke(revoked)
    sent = [good, "", mistyped(good), UNKNOWN, private, codes.grouped(revoked).lower(), f"http://x/c/{good}", "=1+1"]
    with runtime.reading() as session:
        rows = verify_batch(numbered(sent), session=session, clock=runtime.clock)
    assert [row.line for row in rows] == [Line(number, one) for number, one in enumerate(sent, 1)]
    assert [row.found.verdict.value if row.found else row.problem for row in rows] == [
        *("valid", RowProblem.TYPING_ERROR, RowProblem.TYPING_ERROR, RowProblem.NOT_SHOWN, RowProblem.NOT_SHOWN),
        *("revoked", "valid", RowProblem.TYPING_ERROR),
    ]
    assert {row.checked_at for row in rows} == {runtime.clock.now()}


def test_no_list_and_one_too_long_are_refused(runtime) -> None:
    with runtime.reading() as session:
        with pytest.raises(BatchEmpty):
            verify_batch((), session=session, clock=runtime.clock)
        with pytest.raises(BatchTooLong, match="1001"):
            verify_batch(numbered(["x"] * (MOST_CODES + 1)), session=session, clock=runtime.clock)


def test_a_code_that_stands_on_many_lines_is_asked_once_and_answered_on_each(register, runtime, monkeypatch) -> None:
    good, private = register.issued(), register.issued(Visibility.PRIVATE)
    asked: list[str] = []

    def counted(code: str, **more: Any) -> CertificateVerification:
        asked.append(code)
        return verify_credential(code, **more)

    monkeypatch.setattr(batch, "verify_credential", counted)
    sent = [good, private, codes.grouped(good).lower(), "x", UNKNOWN, private, f"http://x/c/{good}", UNKNOWN]
    with runtime.reading() as session:
        rows = verify_batch(numbered(sent), session=session, clock=runtime.clock)
    assert asked == [good, private, UNKNOWN]
    assert [row.line for row in rows] == list(numbered(sent))
    assert [row.found.verdict.value if row.found else row.problem for row in rows] == [
        *("valid", "credential-not-found", "valid", "code-typing-error"),
        *("credential-not-found", "credential-not-found", "valid", "credential-not-found"),
    ]


@pytest.mark.parametrize("line", ["x", ',,;\t ""', "A;" * 200])
def test_a_list_that_is_too_long_is_not_read_to_its_end(line, monkeypatch) -> None:
    read, slips = [], batch_list._slips

    def counted(cell: str) -> int:
        read.append(cell)
        return slips(cell)

    monkeypatch.setattr(batch_list, "_slips", counted)
    lines = lines_of(f"Code\n{line}\n" + f"x\n{line}\n" * 2_000)
    assert len(lines) == MOST_CODES + 1
    assert len(read) < 2 * (MOST_CODES + 1) * (batch_list.MOST_CELLS + 1)


def test_one_endless_line_is_looked_at_as_far_as_any_other(monkeypatch) -> None:
    read, slips = [], batch_list._slips
    monkeypatch.setattr(batch_list, "_slips", lambda cell: [read.append(cell), slips(cell)][1])
    assert [line.number for line in lines_of("A;" * 100_000)] == [1]
    assert len(read) <= 3 * batch_list.MOST_CELLS


@pytest.mark.parametrize("form", ["codes", "file"])
def test_a_list_that_is_too_long_is_refused_with_the_limit_and_not_repeated(client, form) -> None:
    listed = "1\n" * 100_000
    sent = {"codes": listed} if form == "codes" else {"file": (io.BytesIO(listed.encode()), "list.csv")}
    answer = client.post("/verify/batch", data=sent, headers=HTML)
    assert answer.status_code == 422
    assert "At most 1,000 codes are checked at once. Send the list in parts." in answer.text
    assert len(answer.data) < 10_000
    short = client.post("/verify/batch", data={"codes": "Code\n ,,\n"}, headers=HTML)
    assert "Code\n ,,\n</textarea>" in short.text


@pytest.mark.parametrize(
    "text",
    [
        "code\n{a}\n\n{b}\n",
        "\ufeffName;Code\r\nZoë;{a}\r\n;\r\nAnn;{b}\r\n",
        "Name\tCode\tNote\nZoë\t{a}\t\n\t\t\nAnn\t{b}\tx,y",
        '"Zoë ""Z"" O\'Neil",{a}\n,,\n"open,{b}',
        "{a}\n   \nhttp://localhost/c/{b}?x=1\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_lists_are_read_as_spreadsheets_write_them(text, encoding) -> None:
    first, second = codes.code_from_bits(1), codes.code_from_bits(2)
    written = text.format(a=codes.grouped(first), b=second)
    file = written.lstrip("\ufeff" if encoding != "utf-8" else "").encode(encoding)
    lines = lines_of(text_of(file))
    assert [codes.read_code(line.sent) if "open" not in line.sent else second for line in lines] == [first, second]
    assert lines[1].number - lines[0].number == 2


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Jean Dupont;{wrong}", "{wrong}"),
        ("{wrong};Jean Dupont", "{wrong}"),
        ("Christopher Smith;2026-11-23;{short};+33 6 12 34 56 78", "{short}"),
        ("Zoë;https://decile.example/s/AbC-d_e.fG9", "https://decile.example/s/AbC-d_e.fG9"),
        ("Jean Dupont;nothing", "Jean Dupont"),
    ],
)
def test_of_several_cells_the_one_most_like_a_code_is_shown(line, shown) -> None:
    wrong = mistyped(codes.grouped(codes.code_from_bits(2**79 + 12345)))
    words = {"wrong": wrong, "short": wrong[:-3]}
    (found,) = lines_of(line.format(**words))
    assert found.sent == shown.format(**words)


@pytest.mark.parametrize(
    "heading",
    ["Nom;Code du certificat", "Name;Certificate", "certificate_code,name", "CODE", "Codes", "N° de certificat"],
)
def test_a_heading_is_no_line_with_a_typing_error(heading) -> None:
    assert [line.number for line in lines_of(f"{heading}\nZoë;{UNKNOWN}\n")] == [2]


@pytest.mark.parametrize("first", ["Jean Codet", "code;{code}", "https://decile.example/s/code.x", "Nom;Prénom"])
def test_a_first_line_that_is_no_heading_is_answered(first) -> None:
    assert [line.number for line in lines_of(first.format(code=mistyped(UNKNOWN)))] == [1]


def test_the_api_answers_as_a_single_verification_does_in_json_and_in_csv(client, register) -> None:
    code = register.issued(shown_name='=HYPERLINK("http://evil.example")')
    alone = client.get(f"/api/v1/verify/{code}").json
    answer = client.post(API, json={"codes": [mistyped(code), code]})
    assert answer.status_code == 200
    assert [entry["problem"] for entry in answer.json["entries"]] == ["code-typing-error", None]
    assert answer.json["entries"][1]["verdict"] == alone
    as_csv = client.post(API, data=f"name;code\nx;{code}\nx;{UNKNOWN}\n", headers={"Content-Type": "text/csv"})
    assert as_csv.mimetype == "text/csv"
    good, unknown = table(as_csv.text)
    assert (good["line"], good["verdict"], good["code"]) == ("2", "valid", code)
    assert good["shown_name"] == '\'=HYPERLINK("http://evil.example")'
    assert good["percentile_rank"] == alone["facts"]["percentile-rank"]
    assert (unknown["problem"], unknown["verdict"], unknown["code"]) == ("credential-not-found", "", "")


@pytest.mark.parametrize(
    ("sent", "accept", "expected"),
    [
        ("application/json", "text/csv", "text/csv"),
        ("text/csv", "application/json", "application/json"),
        ("text/csv", "*/*", "text/csv"),
        ("application/json", "*/*", "application/json"),
    ],
)
def test_the_api_answers_in_the_form_asked_for(client, sent, accept, expected) -> None:
    body = '{"codes": ["x"]}' if sent == "application/json" else "x\n"
    answer = client.post(API, data=body, headers={"Content-Type": sent, "Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, expected)


def test_the_api_refuses_in_words(client) -> None:
    too_many = client.post(API, data="x\n" * (MOST_CODES + 1), headers={"Content-Type": "text/csv"})
    assert (too_many.status_code, too_many.json["code"]) == (422, "batch-too-long")
    empty = client.post(API, data="code\n\n", headers={"Content-Type": "text/csv"})
    assert (empty.status_code, empty.json["code"]) == (422, "batch-empty")
    assert client.post(API, json={"codes": ["x"] * 1001}).json["code"] == "body-invalid"
    assert client.post(API, data="x", headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_link_for_a_single_reader_is_named_and_not_opened(client) -> None:
    link = "https://decile.example/s/AbC-d_e.fG9"
    assert client.post(API, json={"codes": [link]}).json["entries"][0]["problem"] == "single-reader-link"
    page = client.post("/verify/batch", data={"codes": link}, headers=HTML).text
    assert '<a href="/s/AbC-d_e.fG9">a link for a single reader: open it</a>' in page
    assert "typing error" not in page


def test_a_private_and_an_unknown_code_give_the_same_row(client, register) -> None:
    private = register.issued(Visibility.PRIVATE)
    rows = client.post(API, json={"codes": [private, UNKNOWN]}).json["entries"]
    assert {name: value for name, value in rows[0].items() if name not in ("line", "sent")} == {
        name: value for name, value in rows[1].items() if name not in ("line", "sent")
    }


def test_the_page_takes_a_pasted_list_or_a_file_and_gives_csv_without_a_script(client, register) -> None:
    code = register.issued(shown_name="<script>alert(1)</script>")
    listed = f"{code}\n{mistyped(code)}\n</textarea><b>x\n"
    page = client.post("/verify/batch", data={"codes": listed}, headers=HTML)
    assert page.status_code == 200
    for part in (codes.grouped(code), "VALID", "typing error?", "3 lines checked", f'href="/c/{code}"'):
        assert part in page.text
    assert "<script" not in page.text
    assert "</textarea><b>" not in page.text
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in page.headers
    file = {"file": (io.BytesIO(f"Code\n{code}\n".encode()), "list.csv")}
    assert "VALID" in client.post("/verify/batch", data=file, headers=HTML).text
    saved = client.post("/verify/batch", data={"codes": listed, "form": "csv"}, headers=HTML)
    assert saved.headers["Content-Disposition"] == 'attachment; filename="certificates-checked.csv"'
    assert [row["problem"] for row in table(saved.text)] == ["", "code-typing-error", "code-typing-error"]
    assert "Vérifier une liste" in client.get("/verify/batch", headers=FRENCH).text
    counted = client.post("/verify/batch", data={"codes": code}, headers=FRENCH).text
    assert "VALABLE\N{NO-BREAK SPACE}: 1" in counted


@pytest.mark.parametrize(("codes_sent", "words"), [("", "There is no code"), ("x\n" * 1001, "At most 1,000 codes")])
def test_the_page_says_what_is_wrong_with_the_list(client, codes_sent, words) -> None:
    answer = client.post("/verify/batch", data={"codes": codes_sent}, headers=HTML)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_lists_are_limited_per_network_on_page_and_api_alike(runtime) -> None:
    with runtime.transaction() as session:
        values = {"batches_per_minute": 2}
        policies.set_policy(RatePolicy, values, session=session, at=runtime.clock.now(), actor=operator())
    client = create_app(runtime).test_client()
    assert [client.post(API, json={"codes": ["x"]}).status_code for _ in range(3)] == [200, 200, 429]
    assert client.post("/verify/batch", data={"codes": "x"}, headers=HTML).status_code == 429
