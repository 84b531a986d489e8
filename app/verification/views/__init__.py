"""Pages of verification: a certificate, a list, receipts, links for single readers, and questions to the holder."""

from app.verification.views import asking, batch, certificate, receipts, shares, verifying
from app.verification.views.blueprint import bp

__all__ = ["asking", "batch", "bp", "certificate", "receipts", "shares", "verifying"]
