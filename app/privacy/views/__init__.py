"""Pages of privacy: a person's own data, and two accounts of one person at the desk."""

from app.privacy.views import merges, own_data
from app.privacy.views.blueprint import bp

__all__ = ["bp", "merges", "own_data"]
