"""An offer to upgrade is passed over, and no byte of a body is touched for it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httptools
import numpy as np
import pytest

from model_server.contract.identity import Identity
from model_server.contract.signature import Signature
from model_server.engines.engine import Prediction
from model_server.http.port.upgrade import SteadyParser
from model_server.http.routes import Route, Routes
from model_server.protocols.dialect import Answer, Dialect, Headers, Question, Tokens
from model_server.rows.matrix import Matrix
from tests.server.conftest import SETTINGS, served_from
from tests.server.listening import Client, listening, read_answer

BODY = b"\x00\r\nupgrade: x\r\n\r\nPOST / HTTP/1.1\r\nUpgrade: h2c\r\nconnection: upgrade\r\n\r\n\xff"
PLAIN = b"POST /echo HTTP/1.1\r\nhost: test\r\n"
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
LENGTH = b"content-length: %d\r\n\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
REQUESTS: dict[str, bytes] = {
    "no offer": PLAIN + LENGTH + BODY,
    "an offer of HTTP/2": PLAIN + OFFER + LENGTH + BODY,
    "an offer of a web socket": PLAIN + b"upgrade: websocket\r\nconnection: upgrade\r\n" + LENGTH + BODY,
    "an offer in capitals, without blanks": PLAIN + b"CONNECTION:UPGRADE\r\nUPGRADE:H2C\r\n" + LENGTH + BODY,
    "an offer with a body in chunks": PLAIN + OFFER + CHUNKED,
}


class Recorder:
    """Takes a parser's events down, as uvicorn's protocol does."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.parser = SteadyParser(httptools.HttpRequestParser(self), self)

    def on_message_begin(self) -> None:
        """Start anew."""
        self.url, self.headers, self.body = b"", [], b""

    def on_url(self, url: bytes) -> None:
        """Note the path."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Note that a request has begun, unless it will come again."""
        if not self.parser.is_offered:
            self.heads.append(self.url)

    def on_body(self, body: bytes) -> None:
        """Note bytes of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        if not self.parser.is_offered:
            self.bodies.append(self.body)


@pytest.mark.parametrize("case", REQUESTS)
def test_wherever_the_wire_cuts_a_request_it_is_read_whole(case: str) -> None:
    raw = REQUESTS[case] * 2
    for cut in range(1, len(raw)):
        recorder = Recorder()
        recorder.parser.feed_data(raw[:cut])
        recorder.parser.feed_data(raw[cut:])
        assert (recorder.heads, recorder.bodies) == ([b"/echo"] * 2, [BODY] * 2), cut
        assert b"upgrade" not in dict(recorder.headers)


def test_connect_is_no_offer() -> None:
    recorder = Recorder()
    with pytest.raises(httptools.HttpParserUpgrade):
        recorder.parser.feed_data(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")


def read_bytes(body: bytes, _: Headers, signature: Signature, __: int) -> Question:
    """Take any body, and ask about one row."""
    return Question(Matrix(np.zeros((1, len(signature.inputs))), np.empty((1, 0), np.int32)), body)


def write_bytes(_: Identity, echo: Any, __: Prediction, ___: Tokens) -> Answer:
    """Write the body again."""
    return Answer(echo, "application/octet-stream")


@pytest.fixture
async def echo(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A server that answers with the bytes it was sent."""
    routes = Routes([Route("POST", "/echo", Dialect(read_bytes, write_bytes), "Answer the body.")])
    async with listening(served_from(versions["point"]), SETTINGS, routes=routes) as client:
        yield client


@pytest.mark.parametrize("case", REQUESTS)
async def test_a_body_arrives_as_it_was_sent(echo: Client, case: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    for _ in range(2):
        writer.write(REQUESTS[case])
        answer = await read_answer(reader)
        assert (answer.status, answer.body) == (200, BODY)
    writer.write(REQUESTS[case] * 2)
    assert [(await read_answer(reader)).body for _ in range(2)] == [BODY] * 2
    writer.close()
