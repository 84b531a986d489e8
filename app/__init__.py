"""Decile: a candidate answers items, norms rank the result, a top result earns a credential anyone can verify.

The folders follow that sentence, and imports run only backwards along it::

    item_bank -> assessment -> norming -> results -> awarding -> credentials -> verification

`accounts` (people) and `foundation` (database, clock, jobs, web) lie below; `home` and `desk` are the
rooms above, for pages that read several contexts. `wsgi`, `worker` and `cli` are the three doors.
"""
