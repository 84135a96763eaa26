"""The generator counts what it should: against a server of this machine that fails in every way there is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cluster.generator import VERSION, Question, Tally, asking
from tests.cluster.kube import eventually

ENOUGH = 30


class Answers(BaseHTTPRequestHandler):
    """Answers by the path that is asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/drops":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, body = {"/fails": (503, b"1"), "/lies": (200, b"2"), "/babbles": (200, b"{")}.get(
            self.path, (200, b"1")
        )
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header(VERSION, "v1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the server listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def asked(path: str, port: int, *, keep_alive: bool) -> Tally:
    with asking(Question("127.0.0.1", path, {}, 1, port), 300, keep_alive=keep_alive) as tally:
        eventually(lambda: tally.sent >= ENOUGH, "enough requests were sent")
    return tally


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept", "closed"])
def test_right_answers_are_counted_by_version(port: int, keep_alive: bool) -> None:
    tally = asked("/", port, keep_alive=keep_alive)
    assert (tally.lost, tally.failures) == (0, [])
    assert tally.answered == {"v1": tally.sent}


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept", "closed"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/fails", "503"),
        ("/lies", "200 b'2'"),
        ("/babbles", "JSONDecodeError"),
        ("/drops", "RemoteDisconnected"),
    ],
)
def test_whatever_else_comes_back_is_a_failure(port: int, path: str, says: str, keep_alive: bool) -> None:
    tally = asked(path, port, keep_alive=keep_alive)
    assert tally.lost == len(tally.failures) == tally.sent
    assert all(says in failure for failure in tally.failures)


def test_a_refused_connection_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        tally = asked("/", taken.getsockname()[1], keep_alive=False)
    assert tally.lost == tally.sent
    assert all("Refused" in failure for failure in tally.failures)
