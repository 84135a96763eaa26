"""More than the server can answer: clients that leave, that send too much, that read nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from model_server.http.lanes import Lanes
from model_server.http.messages import Request
from model_server.http.paths import ROUTES
from model_server.http.port.receiving import MAX_PIPELINED, BoundedProtocol
from model_server.http.readiness import Readiness
from model_server.http.respond import Asked, Times, begin, count
from model_server.http.routes import Site
from model_server.settings import Settings
from tests.server.conftest import SETTINGS, served_from
from tests.server.engines.stand_ins import WaitingEngine
from tests.server.listening import Client, HastyProtocol, listening, read_answer, until

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

BODY = b'{"features": [0, 0]}'
HEAD = b"POST /predict HTTP/1.1\r\ncontent-length: %d\r\n\r\n"
ASK = HEAD % len(BODY) + BODY
PING = b"GET /healthz HTTP/1.1\r\n\r\n"


async def ask(client: Client, raw: bytes = ASK) -> Stream:
    """Send these bytes on a connection of their own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(raw)
    return reader, writer


@asynccontextmanager
async def waiting(
    versions: dict[str, Path],
    protocol: type[BoundedProtocol] = BoundedProtocol,
    settings: Settings = SETTINGS,
) -> AsyncIterator[tuple[Client, WaitingEngine]]:
    """A server whose engine answers once it is allowed to."""
    engine = WaitingEngine()
    served = replace(served_from(versions["point"]), engine=engine)
    async with listening(served, settings, protocol) as client:
        try:
            yield client, engine
        finally:
            engine.allowed.set()


async def test_clients_that_left_are_neither_computed_for_nor_counted(versions: dict[str, Path]) -> None:
    async with waiting(versions) as (client, engine):
        reader, stays = await ask(client)
        await asyncio.to_thread(engine.asked.wait, 60)
        leaving = [await ask(client) for _ in range(5)]
        await until(lambda: client.traffic == (6, 5))
        assert await client.sample("leeway_model_requests_in_flight") == 6
        assert await client.sample("leeway_model_requests_queued") == 5
        for _, writer in leaving:
            writer.transport.abort()
        await until(lambda: len(client.connections) == 1)
        engine.allowed.set()
        assert (await read_answer(reader)).status == 200
        await until(lambda: client.traffic == (0, 0))
        stays.close()
        assert engine.rows == [1]
        assert await client.sample("leeway_model_requests_total", code="499") == 5
        assert await client.sample("leeway_model_requests_total", code="200") == 1
        assert await client.sample("leeway_model_rows_total") == 1
        assert await client.sample("leeway_model_request_duration_seconds_count") == 1


async def test_a_client_that_leaves_after_a_large_body_is_noticed(versions: dict[str, Path]) -> None:
    body = b'{"instances": [[0, 0]]' + b" " * 200_000 + b"}"
    async with waiting(versions, settings=replace(SETTINGS, max_body_bytes=1 << 20)) as (client, engine):
        _, writer = await ask(client, b"POST /v1/models/point:predict HTTP/1.1\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(body))
        await until(lambda: client.traffic == (1, 0))
        writer.write(body)
        await asyncio.to_thread(engine.asked.wait, 60)
        writer.transport.abort()
        await until(lambda: not client.connections)
        engine.allowed.set()
        await until(lambda: client.traffic == (0, 0))
        assert await client.sample("leeway_model_requests_total", code="499") == 1


async def test_an_answer_that_nobody_waits_for_any_more_is_not_counted(versions: dict[str, Path]) -> None:
    async with waiting(versions) as (client, engine):
        _, writer = await ask(client)
        await asyncio.to_thread(engine.asked.wait, 60)
        writer.transport.abort()
        await until(lambda: not client.connections)
        engine.allowed.set()
        await until(lambda: client.traffic == (0, 0))
        assert engine.rows == [1]
        assert await client.sample("leeway_model_requests_total", code="499") == 1
        assert await client.sample("leeway_model_rows_total") == 0


async def test_a_request_that_would_wait_too_long_is_sent_away(point: Client) -> None:
    assert point.app
    patient, point.app.lanes = point.app.lanes, Lanes(1, max_seconds=-1)
    answer = await point.post("/predict", {"features": [0, 0]})
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "wait for more than" in answer.json["error"]
    point.app.lanes.close()
    point.app.lanes = patient
    assert await point.sample("leeway_model_requests_total", code="503") == 1
    assert (await point.post("/predict", {"features": [0, 0]})).status == 200


LARGE = 19_000  # above what counts as small, below the limit of a body


async def test_unfinished_bodies_are_held_only_up_to_a_limit(point: Client) -> None:
    assert point.app
    bodies = point.app.bodies
    bodies.limit = 2 * LARGE
    unfinished = [await ask(point, HEAD % LARGE + b" " * (LARGE - 9)) for _ in range(2)]
    await until(lambda: bodies.held == 2 * (LARGE - 9))
    refused = await point.post("/predict", b" " * LARGE)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert "bytes of bodies" in refused.json["error"]
    assert (await point.post("/predict", {"features": [0, 0]})).status == 200
    for _, writer in unfinished:
        writer.transport.abort()
    await until(lambda: bodies.held == 0)
    assert (await point.post("/predict", b" " * LARGE)).status == 400


async def test_what_is_only_announced_takes_no_room_from_others(point: Client) -> None:
    assert point.app
    point.app.bodies.limit = LARGE
    announced = [await ask(point, HEAD % LARGE) for _ in range(5)]
    await until(lambda: point.traffic == (5, 0))
    assert (await point.post("/predict", b" " * LARGE)).status == 400
    for _, writer in announced:
        writer.close()


class SmallProtocol(BoundedProtocol):
    """The server's protocol for two clients."""

    max_connections = 2


async def test_connections_are_capped(versions: dict[str, Path]) -> None:
    async with listening(served_from(versions["point"]), SETTINGS, SmallProtocol) as client:
        held = [await ask(client, b"GET /healthz") for _ in range(2)]
        await until(lambda: len(client.connections) == 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        answer = await read_answer(reader)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.json == {"error": "2 connections are open; try again"}
        assert await reader.read() == b""
        writer.close()
        for _, held_writer in held:
            held_writer.close()
        await until(lambda: not client.connections)
        assert (await client.get("/healthz")).status == 200


async def test_requests_sent_ahead_are_answered_up_to_a_number_and_the_rest_not_taken(
    versions: dict[str, Path],
) -> None:
    async with waiting(versions) as (client, engine):
        reader, writer = await ask(client, ASK + PING * 100)
        await asyncio.to_thread(engine.asked.wait, 60)
        engine.allowed.set()
        answers = [await read_answer(reader) for _ in range(1 + MAX_PIPELINED)]
        assert {answer.status for answer in answers} == {200}
        assert answers[-1].headers["connection"] == "close"
        assert not any("connection" in answer.headers for answer in answers[:-1])
        assert await reader.read() == b""
        writer.close()


async def test_half_a_request_costs_nobody_the_answer_to_the_one_before(versions: dict[str, Path]) -> None:
    gave_up = asyncio.Event()

    class WatchedProtocol(HastyProtocol):
        def give_up(self) -> None:
            super().give_up()
            gave_up.set()

    async with waiting(versions, WatchedProtocol) as (client, engine):
        reader, writer = await ask(client, ASK + ASK[:9])
        await asyncio.to_thread(engine.asked.wait, 60)
        await gave_up.wait()
        engine.allowed.set()
        assert [(await read_answer(reader)).status for _ in range(2)] == [200, 408]
        writer.close()


def test_latency_starts_at_the_last_byte(versions: dict[str, Path]) -> None:
    site = Site(ROUTES, Readiness(served_from(versions["point"]), ""), SETTINGS)
    asked = begin(site, Request("POST", "/predict"))
    assert isinstance(asked, Asked)
    opened = asked.times.opened
    slow = replace(asked, times=Times(opened - 100, opened, opened))
    count(slow, 200)
    page = asked.served.metrics.page("")[1].decode()
    seconds = {
        line.partition("{")[0]: float(line.split()[-1]) for line in page.splitlines() if "_sum" in line
    }
    assert seconds["leeway_model_request_receive_duration_seconds_sum"] == 100
    assert seconds["leeway_model_request_queue_duration_seconds_sum"] == 0
    assert 0 <= seconds["leeway_model_request_duration_seconds_sum"] < 100


class FakeTransport:
    """A transport with this many bytes that the client has not read."""

    def __init__(self, unread: int) -> None:
        self.unread = unread
        self.is_aborted = False

    def get_write_buffer_size(self) -> int:
        """Return the bytes that are left."""
        return self.unread

    def abort(self) -> None:
        """Note it."""
        self.is_aborted = True


# What is unread, which answer that belongs to, and when it was looked at; and whether the connection is ended.
READERS: dict[str, tuple[list[tuple[int, int, float]], bool]] = {
    "one who reads all": ([(0, 1, 0), (0, 1, 20)], False),
    "one who reads nothing": ([(9, 1, 0), (9, 1, 10)], True),
    "one who has time left": ([(9, 1, 0), (9, 1, 9.9)], False),
    "one who reads a little": ([(9, 1, 0), (8, 1, 10)], True),
    "one who reads slowly, answer after answer": ([(9, 1, 0), (9, 2, 9), (9, 3, 18)], False),
    "one who had read all in between": ([(9, 1, 0), (0, 1, 9), (9, 1, 18)], False),
}


@pytest.mark.parametrize("case", READERS)
async def test_who_does_not_read_is_not_waited_for(point: Client, case: str) -> None:
    looks, is_ended = READERS[case]
    _, writer = await ask(point, b"GET")
    await until(lambda: bool(point.connections))
    [connection] = point.connections
    real, connection.transport = connection.transport, FakeTransport(0)
    for unread, answers, now in looks:
        connection.transport.unread, connection.answers = unread, answers
        connection.drop_slow_reader(now, 10)
    assert connection.transport.is_aborted == is_ended
    connection.transport = real
    writer.close()
