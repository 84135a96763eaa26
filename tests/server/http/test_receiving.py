"""Slow, endless and garbled requests: the connection ends, others are served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model_server.http.port.receiving import MAX_HEADER_BYTES
from tests.server.conftest import SETTINGS, served_from
from tests.server.listening import Client, HastyProtocol, listening, read_answer

POST = b"POST /predict HTTP/1.1\r\nhost: test\r\n"


@pytest.fixture
async def hasty(versions: dict[str, Path]) -> AsyncIterator[Client]:
    """A server that waits a fifth of a second for a request."""
    async with listening(served_from(versions["point"]), SETTINGS, HastyProtocol) as client:
        yield client


NEVER_COMPLETE = {
    "no byte at all": b"",
    "half a request line": b"POST /pre",
    "headers without an end": POST,
    "an announced body that does not come": POST + b"content-length: 20\r\n\r\n",
    "half a body": POST + b"content-length: 20\r\n\r\n{",
    "a chunked body without an end": POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    "a client that waits for 100 and stays silent": POST
    + b"expect: 100-continue\r\ncontent-length: 9\r\n\r\n",
}


@pytest.mark.parametrize("case", NEVER_COMPLETE)
async def test_a_request_that_is_not_complete_in_time_is_refused(hasty: Client, case: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(NEVER_COMPLETE[case])
    received = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert b"HTTP/1.1 408 " in received
    assert b"not complete after 0.2 seconds" in received


async def test_drops_of_bytes_do_not_extend_the_deadline(hasty: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    answer = asyncio.ensure_future(read_answer(reader))
    drops = 0
    while not answer.done():
        writer.write(b"x: y\r\n" if drops else POST)
        drops += 1
        await asyncio.wait([answer], timeout=0.01)
    writer.close()
    assert (await answer).status == 408


async def test_an_answer_is_not_lost_to_bytes_that_still_arrive(hasty: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(b"hello there\r\n\r\n")
    assert await reader.readexactly(12) == b"HTTP/1.1 400"
    writer.write(b"x" * (1 << 20))  # these would reset a closed connection, and with it what is not read yet
    await writer.drain()
    assert b"send HTTP/1.1" in await reader.read()
    writer.close()


async def test_a_client_that_stays_after_a_refusal_is_closed_upon(hasty: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(b"hello there\r\n\r\n")
    await reader.read()
    with pytest.raises(ConnectionError):
        while True:  # until the server has closed its side, too
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)


async def test_the_deadline_starts_anew_with_each_request(hasty: Client) -> None:
    body = b'{"features": [0, 0]}'
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    for _ in range(3):
        writer.write(POST + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert (await read_answer(reader)).status == 200
    writer.write(POST)
    assert (await read_answer(reader)).status == 408
    assert await reader.read() == b""
    writer.close()


async def test_slow_clients_do_not_keep_others_waiting(hasty: Client) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", hasty.port) for _ in range(100)]
    for _, writer in slow:
        writer.write(POST)
    assert (await hasty.post("/predict", {"features": [1, 1]})).json["prediction"] == 1
    statuses = {(await read_answer(reader)).status for reader, _ in slow}
    for _, writer in slow:
        writer.close()
    assert statuses == {408}


GARBLED: dict[str, tuple[bytes, int]] = {
    "no HTTP": (b"hello there\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a header without a colon": (POST + b"nonsense\r\n\r\n", 400),
    "a negative content length": (POST + b"content-length: -1\r\n\r\n", 400),
    "a content length beyond 64 bits": (POST + b"content-length: 99999999999999999999\r\n\r\n", 400),
    "two content lengths": (POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
    "length and chunks": (POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk size that is no number": (POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n", 400),
    "a proxy's CONNECT": (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 400),
    "a path that is not ASCII": (b"GET /\xff\xfe HTTP/1.1\r\n\r\n", 400),
    "a path that is a query": (b"GET ?a HTTP/1.1\r\n\r\n", 400),
    "a hundred and one headers": (POST + b"x: y\r\n" * 101 + b"\r\n", 400),
    "a header of 17 KiB": (POST + b"x: " + b"y" * (17 << 10) + b"\r\n\r\n", 400),
    "a header without an end": (POST + b"x: " + b"y" * (MAX_HEADER_BYTES + 1), 431),
}


@pytest.mark.parametrize("case", GARBLED)
async def test_what_is_not_http_is_refused_and_the_connection_closed(hasty: Client, case: str) -> None:
    raw, status = GARBLED[case]
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(raw)
    answer = await read_answer(reader)
    assert (answer.status, set(answer.json)) == (status, {"error"})
    assert await reader.read() == b""
    writer.close()
    assert (await hasty.get("/healthz")).status == 200


async def test_a_client_that_leaves_in_the_middle_is_counted_not_feared(hasty: Client) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(POST + b"content-length: 20\r\n\r\n{")
    writer.transport.abort()
    served = hasty.readiness.served
    assert served is not None
    while b'code="499"' not in served.metrics.page("")[1]:  # noqa: ASYNC110  the socket tells nobody
        await asyncio.sleep(0)
    assert (await hasty.post("/predict", {"features": [0, 0]})).status == 200
