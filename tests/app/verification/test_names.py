"""Whatever a holder chooses as a name stays a name: on the page, in lists and snippets, in every script."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from app.credentials.models import Credential
from app.credentials.set_visibility import LONGEST_NAME
from tests.app.verification.register import HTML
from tests.app.verification.test_printed import HOSTILE, NO_FONT_FOR, SCRIPTS

sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TAGS = (
    "script",
    "img src=x onerror",
    "svg onload",
    "iframe src",
    "a href=javascript:",
    "style",
    "meta http-equiv",
    "base",
)
BREAKS = ("", '"', "'", "-->", "</title>", "</textarea>", "]]>")
PAYLOADS = (
    *(f"{out}<{tag}=alert(1)>" for tag in TAGS for out in BREAKS),
    *('" onmouseover="alert(1)', "' autofocus onfocus='alert(1)", "</script><script>alert(1)</script>", "&#60;b&#62;"),
    *("%(day)s %s {0}", "{{ config }}", "{% raw %}", "${7*7}", "file:///etc/passwd", '#image("/etc/passwd")'),
    *("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "＝1+1", "Ada;=1+1", "Ada,-1"),
)
NAMES = (*SCRIPTS, *NO_FONT_FOR, *HOSTILE, *PAYLOADS, "𝕬" * LONGEST_NAME)


class Shape(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_there_are_names_in_thirty_scripts_and_sixty_attacks() -> None:
    assert len(SCRIPTS) >= 30
    assert len({*HOSTILE, *PAYLOADS}) >= 60
    assert max(len(name) for name in NAMES) == LONGEST_NAME


@sqlite_alone
def test_case_076_every_name_is_text_on_the_page_of_the_certificate_and_in_lists(client, register) -> None:
    code = register.issued(shown_name="Ada")
    plain = {path: Shape(ask(client, path, code, 0).text).elements for path in ("page", "list")}
    for number, name in enumerate(NAMES, 1):
        register.change(code, shown_name=name)
        for path, elements in plain.items():
            shape = Shape(ask(client, path, code, number).text)
            assert shape.elements == elements, (path, name)
            assert name in shape.text, (path, name)


@sqlite_alone
def test_case_075_every_name_is_inert_in_csv_and_whole_in_json(client, register) -> None:
    code = register.issued()
    for number, name in enumerate(NAMES, 1):
        register.change(code, shown_name=name)
        network = {"REMOTE_ADDR": f"198.51.100.{number}"}
        told = client.get(f"/api/v1/verify/{code}", environ_base=network).json
        assert told["shown_name"] == name
        table = client.post("/verify/batch", data={"codes": code, "form": "csv"}, environ_base=network).text
        (row,) = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))
        assert row["shown_name"].replace("'", "") == name.replace("'", ""), name
        assert row["shown_name"].strip()[:1] not in ("=", "+", "-", "@", "＝"), name


@sqlite_alone
def test_a_hostile_record_of_the_issuer_is_text_too(client, register) -> None:
    """What the display facts say comes from bank and norm, whose editors may err: it is escaped all the same."""
    code = register.issued()
    display = {"skill_names": {"en": "<script>alert(1)</script>"}, "norm_population": {"en": "<img src=x onerror=a>"}}
    with register.database.reading() as session:
        row = session.scalars(select(Credential.display).where(Credential.code == code)).one()
    register.change(code, display={**row, **{name: {**row[name], **words} for name, words in display.items()}})
    page = client.get(f"/c/{code}", headers=HTML).text
    assert "<script" not in page
    assert "<img src=x" not in page


def ask(client, path: str, code: str, number: int):
    network = {"REMOTE_ADDR": f"192.0.2.{number}"}
    if path == "page":
        return client.get(f"/c/{code}", headers=HTML, environ_base=network)
    return client.post("/verify/batch", data={"codes": code}, headers=HTML, environ_base=network)
