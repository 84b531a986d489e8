"""A server that cannot listen says where, why, and by which setting to mend it."""

from __future__ import annotations

import socket

import pytest

from app import up
from app.foundation.listening import AddressUnusable, PortTaken, listening_at
from app.foundation.settings import Settings
from app.operations.metrics import serve_metrics


@pytest.mark.parametrize("host", ["foo.invalid", "a..b", "192.0.2.1"])
def test_a_host_that_is_not_here_is_named_with_its_setting(host):
    with (
        pytest.raises(AddressUnusable, match=f"DECILE_HOST={host} is no address"),
        listening_at(host, 8450, setting="DECILE_"),
    ):
        socket.create_server((host, 8450))


def test_a_port_that_is_taken_is_named_with_its_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PortTaken, match=rf"Another program listens at 127.0.0.1:{port}\..*DECILE_PORT, or as PORT=8001 make up\."
        ):
            up.up(Settings(port=port))
        with pytest.raises(PortTaken, match=rf"127.0.0.1:{port}\..*DECILE_METRICS_PORT"):
            serve_metrics(Settings(metrics_port=port), None)  # type: ignore[arg-type]
    with pytest.raises(AddressUnusable, match="DECILE_METRICS_HOST"):
        serve_metrics(Settings(metrics_host="foo.invalid", metrics_port=8450), None)  # type: ignore[arg-type]
