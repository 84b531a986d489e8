"""The front page, the skills, a candidate's own place, the help pages, and the design system on show."""

from app.home.views import design, help_pages, pages
from app.home.views.blueprint import bp

__all__ = ["bp", "design", "help_pages", "pages"]
