"""Norming: a described sample becomes a norm version by calibrating, drafting, previewing, approving and publishing."""
