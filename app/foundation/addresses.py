"""What settings that are addresses may say: each function gives its text back, or says what was expected.

What no program could reach is refused at the start, where somebody reads it, and not at the first letter or query. No
message quotes the text, for a password may stand in it.
"""

from __future__ import annotations

from email.utils import parseaddr
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit

DATABASES = ("postgresql+psycopg", "sqlite", "sqlite+pysqlite")


def origin(text: str) -> str:
    """The public origin, without a slash at its end."""
    parts, origin_alone = _parts(text), text.rstrip("/")
    is_whole = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    if not is_whole or origin_alone != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be an origin such as https://decile.example, without a path, a user or a fragment")
    return origin_alone


def database(text: str) -> str:
    """One of the two databases, with the driver that is installed; empty for the file in the data directory."""
    if not text:
        return text
    from sqlalchemy.engine import make_url  # noqa: PLC0415  the embedded default starts without it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the second is a port that is no number
        url = None
    in_memory = url is not None and url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}
    if url is None or url.drivername not in DATABASES or in_memory:
        raise ValueError(
            "must be postgresql+psycopg://user:password@host/name (postgres:// and postgresql:// name no driver of "
            "ours) or sqlite:////directory/file"
        )
    return text


def mail(text: str) -> str:
    """A mail server or a spool; empty for the spool in the data directory."""
    parts = _parts(text)
    if text and parts.scheme not in {"smtp", "smtps", "file"}:
        raise ValueError("must begin with smtp:, smtps: or file:")
    if parts.scheme in {"smtp", "smtps"} and not parts.hostname:
        raise ValueError("names no host: smtp://[user:password@]host[:port]")
    return text


def mailbox(text: str) -> str:
    """A mailbox, with or without a name, as it stands in the head of a letter."""
    if not text.isprintable() or "@" not in parseaddr(text)[1]:
        raise ValueError("must be one line with an address, such as Decile <no-reply@decile.example>")
    return text


def redis(text: str) -> str:
    """A Redis server, or none."""
    if text and _parts(text).scheme not in {"redis", "rediss", "redis+unix"}:
        raise ValueError("must be redis://[user:password@]host[:port][/number], rediss:// or redis+unix://")
    if text:
        _connection_of(text)
    return text


def _connection_of(text: str) -> None:
    """What the client would connect with; it takes a database that is no number for the first, and asks nobody."""
    from redis import ConnectionPool, RedisError  # noqa: PLC0415  the embedded default starts without it

    parts = urlsplit(text)
    if parts.scheme != "redis+unix" and not parts.path.strip("/").isdigit() and parts.path.strip("/"):
        raise ValueError("names a database by a word: Redis has numbers, as in redis://host:6379/0")
    try:
        ConnectionPool.from_url(text.removeprefix("redis+")).make_connection()
    except (TypeError, ValueError, RedisError):
        raise ValueError("says something after the ? that the Redis client does not know or cannot read") from None


def scheduler(text: str) -> str:
    """A Dask scheduler, or none."""
    if text and _parts(text).scheme not in {"tcp", "tls"}:
        raise ValueError("must be tls://host:port, or tcp://host:port on this machine")
    if text and find_spec("distributed") is None:
        raise ValueError("needs the extra that speaks Dask: install decile[scale]")
    return text


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise ValueError(
            "has a host or port that cannot be; in a password write / as %2F, ? as %3F, # as %23, @ as %40"
        ) from None
    return parts
