"""Requests that reach the server at one instant: all but the last byte of each is sent, then all the last bytes."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import requests

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What one of them got."""

    status: int
    headers: dict[str, str]
    text: str


def prepared(browser: requests.Session, method: str, url: str, **options: Any) -> bytes:
    """The bytes this browser would send."""
    request = browser.prepare_request(requests.Request(method, url, **options))
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = {**request.headers, "Host": urlsplit(url).netloc, "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"{method} {request.path_url} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def send_together(address: tuple[str, int], messages: Sequence[bytes]) -> list[Answer]:
    """The answers, in the order of the messages."""
    barrier = Barrier(len(messages))

    def send(message: bytes) -> Answer:
        with socket.create_connection(address, timeout=PATIENCE_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(message[:-1])
            barrier.wait(PATIENCE_SECONDS)
            connection.sendall(message[-1:])
            response = http.client.HTTPResponse(connection)
            response.begin()
            return Answer(response.status, dict(response.getheaders()), response.read().decode())

    with ThreadPoolExecutor(len(messages)) as pool:
        return list(pool.map(send, messages))
