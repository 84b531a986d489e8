"""Two norm admins at their browsers: they enrol a second factor, and take a norm from draft to publication."""

from __future__ import annotations

import re
import time

import pyotp

from tests.journeys.installation import Installation
from tests.journeys.pages import form_to
from tests.journeys.people import Person


def a_staff_member(installation: Installation, address: str, role: str) -> Person:
    """Granted a role by the operator, signed in, second factor enrolled."""
    installation.cli("person", "grant", address, role)
    person = Person(installation, address)
    person.sign_in()
    page = person.get("/second-factor")
    page = person.fill_in(page, "/second-factor")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert secret, page.text
    totp = pyotp.TOTP(secret.group(1).replace(" ", ""))
    form = next(form for form in _forms_with_code(page.text))
    answer = person.send(form, page.url, code=totp.now())
    assert answer.status_code == 200, answer.text[-2000:]
    return person


def _forms_with_code(html: str):
    from tests.journeys.pages import forms  # noqa: PLC0415

    return [form for form in forms(html) if "code" in form.fields]


def publish_a_norm(skill: str, editor: Person, approver: Person) -> str:
    """Recalibration by one, approval by the other, schedule, publish; the norm's id."""
    page = editor.fill_in(editor.get(f"/desk/norms/recalibrate/{skill}"), f"/recalibrate/{skill}")
    while "Refresh" in page.headers:
        time.sleep(0.2)
        page = editor.get(page.url)
    norm_id = re.search(r"/desk/norms/([0-9a-f-]{36})\"", page.text)[1]
    page = editor.get(f"/desk/norms/{norm_id}")
    refused = editor.send(form_to(page.text, "/approve"), page.url) if "/approve" in page.text else None
    assert refused is None or refused.status_code == 403
    page = approver.fill_in(approver.get(f"/desk/norms/{norm_id}"), "/approve")
    page = editor.fill_in(editor.get(f"/desk/norms/{norm_id}"), "/schedule")
    page = editor.get(f"/desk/norms/{norm_id}")
    if "/publish" in page.text:  # the worker may have been quicker
        editor.fill_in(page, "/publish")
    return norm_id
