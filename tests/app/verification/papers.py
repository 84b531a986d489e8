"""Papers that we did not print."""

from __future__ import annotations

import io

import pikepdf


def in_a_pdf(*contents: bytes) -> bytes:
    """The contents as attachments of a paper that we did not print."""
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for number, content in enumerate(contents):
            pdf.attachments[f"{number}.json"] = content
        pdf.save(made)
    return made.getvalue()
