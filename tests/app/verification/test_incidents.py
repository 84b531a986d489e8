"""Incidents of other systems that concern what is printed, found and read again; each becomes one test."""

from __future__ import annotations

import json
import unicodedata
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from app.credentials import conformance, did, jwt, proof, status_list
from app.credentials.codes import grouped
from app.credentials.states import Visibility
from tests.app.credentials.documents import ISSUED_AT, ISSUER, SeedSigner, a_document, a_jwt_signer, some_facts
from tests.app.credentials.published_contexts import canonical_with_pyld
from tests.app.verification.foreign_verifiers import (
    ACCEPTED,
    Case,
    World,
    missing_for_node,
    node_says,
    openbadgeslib_says,
)
from tests.app.verification.register import HTML
from tests.app.verification.test_printed import pages_of, texts

sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
READERS = (  # of files and addresses, in the languages that papers and pages are made with
    '#read("{}")', '#image("{}")', '#include "{}"', "#import({})", "<img src=file://{}>", "@import url(file://{});",
    "<link rel=stylesheet href=file://{}>", "<iframe src=file://{}>", "<embed src={}>", "<?xml-stylesheet href='{}'?>",
    "<!ENTITY x SYSTEM 'file://{}'>", "\\input{{{}}}", "<xi:include href='{}'/>", "{{% include '{}' %}}",
)  # fmt: skip
WRITTEN_AGAIN = ({"sort_keys": True}, {"indent": 3}, {"ensure_ascii": False}, {"separators": (" ,", " :\n")})


@sqlite_alone
def test_case_028_the_printed_code_is_the_one_looked_up_however_it_is_typed(client, register) -> None:
    code = register.issued()
    printed = grouped(code)
    assert printed in texts(client.get(f"/c/{code}.svg").data)
    loose = code.lower().replace("0", "o").replace("1", "l")
    ways = (printed, printed.lower(), loose, f"  {printed.replace('-', ' ')} ", f"{code[:5]}-{code[5:]}")
    for number, typed in enumerate(ways):
        answer = client.post(
            "/verify", data={"code": typed}, headers=HTML, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}
        )
        assert (answer.status_code, answer.location) == (303, f"/c/{code}"), typed


@sqlite_alone
def test_case_077_no_name_makes_a_paper_or_picture_read_a_file(client, register, tmp_path: Path) -> None:
    """A renderer that reads fails where the file is missing, or draws one picture more where it is there."""
    there, missing = Path(__file__), tmp_path / "missing.png"
    code = register.issued(shown_name="Ada")
    plain = _drawn(client, code, 0)
    for number, reader in enumerate(READERS, 1):
        shapes = []
        for path in (there, missing):
            register.change(code, shown_name=reader.format(path)[:200])
            shapes.append(_drawn(client, code, number))
        assert shapes == [plain, plain], reader


def _drawn(client, code: str, number: int) -> tuple[object, ...]:
    """Of the PDF its pages, pictures and attachments; of all carriers that they were made."""
    network = {"REMOTE_ADDR": f"192.0.2.{number}"}
    made = [client.get(f"/c/{code}.{kind}", environ_base=network) for kind in ("pdf", "png", "svg")]
    with pages_of(made[0].data) as pdf:
        images = sum(isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image" for one in pdf.objects)
        return ([one.status_code for one in made], len(pdf.pages), images, len(pdf.attachments))


@sqlite_alone
def test_case_082_a_page_is_found_only_where_its_holder_chose_so_and_a_change_holds_at_once(client, register) -> None:
    code = register.issued(Visibility.PUBLIC, "Zoë O’Neil")
    seen = client.get(f"/c/{code}", headers=HTML)
    assert "X-Robots-Tag" not in seen.headers
    assert seen.headers["Cache-Control"] == "private, no-cache"
    known = {**HTML, "If-None-Match": seen.headers["ETag"]}
    register.change(code, visibility=Visibility.UNLISTED)
    unlisted = client.get(f"/c/{code}", headers=known)
    assert (unlisted.status_code, unlisted.headers["X-Robots-Tag"]) == (200, "noindex")
    assert "Zoë" in unlisted.text
    register.change(code, shown_name=None)
    assert "Zoë" not in client.get(f"/c/{code}", headers=known).text
    register.change(code, visibility=Visibility.PRIVATE)
    assert client.get(f"/c/{code}", headers=known).status_code == 404


def test_case_047_three_verifiers_accept_it_however_its_json_is_written_again() -> None:
    signer, rsa, at = SeedSigner(), a_jwt_signer(), ISSUED_AT + timedelta(days=1)
    listed = conformance.check(status_list.document(1, [], issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60))
    url = f"{ISSUER.base_url}/status/1"
    signed_list = proof.sign(listed, signer=signer, created=ISSUED_AT)
    world = World(
        did.did_document(ISSUER.did, [signer, rsa]), {url: json.loads(signed_list)}, {url: jwt.sign(listed, signer=rsa)}
    )
    cases = []
    for form in ("NFC", "NFD"):
        words = unicodedata.normalize(form, "Coopération à Zürich, 협력, ½ λ")
        document = json.loads(
            proof.sign(conformance.check(a_document(some_facts(skill_name=words))), signer=signer, created=ISSUED_AT)
        )
        written = [json.dumps(document, **how) for how in WRITTEN_AGAIN]
        cases.extend(Case("json", f"{form} {number}", text, at, "as it is") for number, text in enumerate(written))
        unsigned = {name: value for name, value in json.loads(cases[-1].content).items() if name != "proof"}
        assert conformance.check(unsigned).canonical == canonical_with_pyld(unsigned)
    worlds = {"as it is": world}
    assert set(openbadgeslib_says(cases, worlds)) == {ACCEPTED}
    if reason := missing_for_node():
        pytest.skip(f"two accept it; the third {reason}")
    assert set(node_says(cases, worlds)) == {ACCEPTED}
