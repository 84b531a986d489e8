"""Where a certificate's page stands for the world."""

from __future__ import annotations

from app.foundation.web.process import absolute_url


def certificate_address(code: str) -> str:
    """The whole address of the page. Asked while a request is answered: it follows the settings of the process."""
    return absolute_url("verification.certificate", typed=code)
