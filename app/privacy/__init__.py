"""A person's own data across all contexts: what happened, a copy to take along, and erasure."""
