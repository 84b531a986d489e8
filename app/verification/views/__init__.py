"""Pages of verification: one certificate, a list of them, and what travels with them."""

from app.verification.views import batch, certificate
from app.verification.views.blueprint import bp

__all__ = ["batch", "bp", "certificate"]
