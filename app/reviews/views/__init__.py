"""Pages of reviews: asking a person, the desk, certificates of a compromised key, the register, rescorings."""

from app.reviews.views import cases, certificates, register, rescorings
from app.reviews.views.blueprint import bp

__all__ = ["bp", "cases", "certificates", "register", "rescorings"]
