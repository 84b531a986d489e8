"""Structured logs, one JSON line each, on standard error; no names, addresses, tokens or codes in them."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer


class _Lossy:
    """Standard error, losing lines rather than the request they tell of: a full disk must not turn answers into errors.

    It is looked up for each line, for loggers are kept once used and outlive whoever redirects it.
    """

    def write(self, text: str) -> None:
        """Write it if that can be done."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it if that can be done; what could not go out goes with the next line that can."""
        with suppress(OSError):
            sys.stderr.flush()


def configure_logs(level: int = logging.INFO) -> None:
    """Set up structlog once, at a door."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line of its own kind for every request that waits
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),  # they hold addresses
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Lossy())),  # print needs no more of a file
        cache_logger_on_first_use=True,
    )
