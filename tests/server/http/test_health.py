"""The port of probes is answered by a thread of its own."""

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_server.http.paths import HEALTH_ROUTES
from model_server.http.port.asgi import App
from model_server.http.port.health import HealthPort
from model_server.http.port.server import configure
from model_server.http.readiness import Readiness
from model_server.http.routes import Site
from tests.server.conftest import SETTINGS, served_from


@pytest.fixture
def health(versions: dict[str, Path]) -> Iterator[HealthPort]:
    """The health port of the classifier of two numbers."""
    site = Site(HEALTH_ROUTES, Readiness(served_from(versions["point"]), ""), SETTINGS)
    port = HealthPort(configure(App(site), "127.0.0.1", 0))
    yield port
    if port.thread.is_alive():
        port.close()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_probes_are_answered_while_the_event_loop_is_busy(health: HealthPort, path: str) -> None:
    port = health.open()
    # Not awaited: the event loop of this test stands still until the answer is here.
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:  # noqa: ASYNC210
        assert answer.status == 200


def test_a_closed_port_ends_its_connections(health: HealthPort) -> None:
    with socket.create_connection(("127.0.0.1", health.open())) as idle:
        idle.settimeout(60)
        health.close()
        assert idle.recv(1) == b""
    assert not health.thread.is_alive()


def test_a_port_that_is_taken_is_an_error_of_whoever_opens_it(health: HealthPort) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        health.config.port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            health.open()
