"""Reads pages as a browser without scripts does: forms with their fields, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it goes, what it would send untouched, and what may be chosen."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None and tag in ("input", "textarea", "select") and "name" in given:
            self._input(self._form, given)
        elif self._form is not None and tag == "button" and given.get("type", "submit") == "submit":
            self._form.buttons.append((given.get("name", ""), given.get("value", "")))

    def _input(self, form: Form, given: dict[str, str]) -> None:
        name, value = given["name"], given.get("value", "")
        if given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.fields[name] = value
        else:
            form.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def forms(html: str) -> list[Form]:
    """Every form of the page, in order."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def form_to(html: str, part_of_action: str) -> Form:
    """The first form whose action contains `part_of_action`."""
    found = [form for form in forms(html) if part_of_action in form.action]
    if not found:
        raise AssertionError(f"no form to {part_of_action!r}; there are {[form.action for form in forms(html)]}")
    return found[0]
