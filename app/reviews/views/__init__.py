"""Pages of reviews: asking a person, the reviewers' desk, certificates of a compromised key, and the register."""

from app.reviews.views import cases, certificates, register
from app.reviews.views.blueprint import bp

__all__ = ["bp", "cases", "certificates", "register"]
