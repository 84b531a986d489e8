"""Verification: is this credential good, and why; asked by anyone, without an account."""
