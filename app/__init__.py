"""Decile: a candidate answers items, norms rank the result, a top result earns a credential anyone can verify.

The folders follow that sentence, and imports run only backwards along it::

    item_bank -> assessment -> norming -> results -> awarding -> credentials -> verification

`accounts` (people) and `foundation` (database, clock, jobs, web) lie below; `home` and `desk` are the
rooms above, for pages that read several contexts. `wsgi`, `worker` and `cli` are the three doors.
"""

import os

# Before NumPy is loaded. Spinning threads of the matrix library cost the demonstration half its time and the pages a
# processor; and how many there are shows in the last digits of a norm, so each process must have the same number.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
