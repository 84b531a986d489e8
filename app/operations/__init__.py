"""Looking after an installation: backup and restore, its health, what is kept how long. Sees every context."""
