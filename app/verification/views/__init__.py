"""Pages of verification: one certificate, a list of them, links for single readers, and questions to the holder."""

from app.verification.views import asking, batch, certificate, shares
from app.verification.views.blueprint import bp

__all__ = ["asking", "batch", "bp", "certificate", "shares"]
