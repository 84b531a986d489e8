"""Awarding: which result earns the achievement, and every reason why one does not."""
