"""What the holder sees and decides, through the real pages."""

from __future__ import annotations

import re

from app.credentials.models import Credential
from app.foundation.db import Database
from tests.app.accounts.visitor import Visitor
from tests.app.credentials.awards import Desk
from tests.app.verification.register import HTML


def an_issued_code(database: Database, clock, entropy, jobs) -> tuple[str, str]:
    """A code and its holder's address."""
    with database.transaction() as session:
        credential = Desk(session, clock, entropy, jobs).issued()
        return credential.code, f"{credential.person_id}@example.org"


def test_the_holder_opens_and_hides_the_page(app, runtime, database, clock, entropy, jobs) -> None:
    code, address = an_issued_code(database, clock, entropy, jobs)
    holder, reader = Visitor(app, runtime), app.test_client()
    holder.sign_in(address)
    assert reader.get(f"/c/{code}", headers=HTML).status_code == 404
    page = f"/credentials/{code}"
    opened = holder.send(f"{page}/visibility", page=page, visibility="unlisted", shown_name="Zoë")
    assert (opened.status_code, opened.location) == (303, page)
    shown = reader.get(f"/c/{code}", headers=HTML)
    assert shown.status_code == 200
    assert "Zoë · Collaboration" in shown.text
    holder.send(f"{page}/visibility", page=page, visibility="private")
    assert reader.get(f"/c/{code}", headers=HTML).status_code == 404


def test_a_name_that_is_refused_stands_there_again_with_the_reason(
    app, runtime, database, clock, entropy, jobs
) -> None:
    code, address = an_issued_code(database, clock, entropy, jobs)
    holder, page = Visitor(app, runtime), f"/credentials/{code}"
    holder.sign_in(address)
    answer = holder.send(f"{page}/visibility", page=page, visibility="public", shown_name="Zoë \u202eLi")
    assert answer.status_code == 422
    assert "Use at most 200 characters, without invisible control characters." in answer.text
    assert 'value="Zoë \u202eLi"' in answer.text
    assert 'value="public" checked' in answer.text
    assert 'value="private" checked' in holder.open(page).text


def test_the_holder_keeps_the_signed_document_of_a_private_credential(
    app, runtime, database, clock, entropy, jobs
) -> None:
    code, address = an_issued_code(database, clock, entropy, jobs)
    holder = Visitor(app, runtime)
    holder.sign_in(address)
    answer = holder.open(f"/credentials/{code}.json")
    with database.reading() as session:
        assert answer.text == session.query(Credential.signed_document).filter_by(code=code).scalar()
    assert answer.headers["Cache-Control"] == "no-store"


def test_to_strangers_the_holders_pages_do_not_exist(app, runtime, database, clock, entropy, jobs) -> None:
    code, _ = an_issued_code(database, clock, entropy, jobs)
    stranger = Visitor(app, runtime)
    assert stranger.open(f"/credentials/{code}").status_code == 303
    stranger.sign_in("stranger@example.org")
    for path in (f"/credentials/{code}", f"/credentials/{code}.json"):
        assert stranger.open(path).status_code == 404
    sent = stranger.send(f"/credentials/{code}/visibility", page="/account", visibility="public")
    assert sent.status_code == 404


def test_a_form_with_another_word_or_without_its_token_changes_nothing(
    app, runtime, database, clock, entropy, jobs
) -> None:
    code, address = an_issued_code(database, clock, entropy, jobs)
    holder = Visitor(app, runtime)
    holder.sign_in(address)
    page = f"/credentials/{code}"
    assert holder.send(f"{page}/visibility", page=page, visibility="everyone").status_code == 422
    assert holder.client.post(f"{page}/visibility", data={"visibility": "public"}).status_code == 403
    assert re.search(r'value="private" checked', holder.open(page).text)
