"""Pages of reviews: asking a person, the reviewers' desk, and certificates of a compromised key."""

from app.reviews.views import cases, certificates
from app.reviews.views.blueprint import bp

__all__ = ["bp", "cases", "certificates"]
