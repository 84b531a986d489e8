"""Credentials: an award becomes a signed Open Badges 3.0 document that anyone can check without us."""
