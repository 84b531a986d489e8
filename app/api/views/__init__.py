"""The operations of the API, by resource; the door they all go through; and the pages that describe them."""

from app.api.views import certificates, docs, norms, results, sittings, skills, token, verification
from app.api.views.door import bp

__all__ = ["bp", "certificates", "docs", "norms", "results", "sittings", "skills", "token", "verification"]
