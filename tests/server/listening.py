"""A real listener in the test's own event loop, and a client that speaks bytes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from uvicorn.server import ServerState

from model_server.http.messages import version_header
from model_server.http.paths import ROUTES
from model_server.http.port.asgi import App
from model_server.http.port.receiving import BoundedProtocol
from model_server.http.readiness import Readiness
from model_server.http.routes import Routes, Site
from model_server.settings import Settings
from model_server.version.served import ServedModel


class HastyProtocol(BoundedProtocol):
    """The server's protocol with a deadline short enough for a test."""

    receive_seconds = 0.2


@dataclass(frozen=True)
class Answer:
    """A response as it came over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Speaks to one listener; every request has a connection of its own."""

    port: int
    readiness: Readiness
    app: App | None = None
    connections: Collection[Any] = ()

    @property
    def traffic(self) -> tuple[int, int]:
        """How many predictions are under way, and how many of them wait for a thread."""
        assert self.app
        return self.app.in_flight, self.app.lanes.waiting

    async def sample(self, name: str, **labels: str) -> float:
        """The value of a sample on the metrics page; 0 when there is none."""
        page = (await self.get("/metrics")).body.decode()
        found = (
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )
        return next(found, 0.0)

    async def send(self, raw: bytes) -> Answer:
        """Send these bytes, close nothing, and read one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        try:
            return await read_answer(reader, has_body=not raw.startswith(b"HEAD"))
        finally:
            writer.close()

    async def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request with these headers (`_` stands for `-`)."""
        lines = [f"{method} {path} HTTP/1.1", "host: test", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def get(self, path: str, **headers: str) -> Answer:
        """Send a GET."""
        return await self.request("GET", path, b"", **headers)

    async def post(self, path: str, document: Any) -> Answer:
        """Send a POST; bytes as they are, anything else as JSON."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return await self.request("POST", path, body)


async def until(is_true: Callable[[], bool]) -> None:
    """Wait for what the server does by itself; the time limit of a test ends it."""
    while not is_true():  # noqa: ASYNC110  nobody tells a client what the server has noticed
        await asyncio.sleep(0.001)


async def read_answer(reader: asyncio.StreamReader, has_body: bool = True) -> Answer:
    """Return the next response of a connection."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode()
    status_line, *lines = head.strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    size = int(headers["content-length"]) if has_body else 0
    body = await asyncio.wait_for(reader.readexactly(size), 30)
    return Answer(int(status_line.split()[1]), headers, body)


@asynccontextmanager
async def listening(
    served: ServedModel | None,
    settings: Settings,
    protocol: type[BoundedProtocol] = BoundedProtocol,
    routes: Routes = ROUTES,
) -> AsyncIterator[Client]:
    """Listen on a free port with the real protocol and application, until the block ends."""
    readiness = Readiness(served, "" if served else "the model is loading")
    app = App(Site(routes, readiness, settings))
    state = ServerState()
    if served:
        app.watch(served.metrics)
        state.default_headers = [version_header(served.identity.version)]
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    try:
        yield Client(listener.sockets[0].getsockname()[1], readiness, app, state.connections)
    finally:
        listener.close()
        for connection in list(state.connections):
            connection.transport.abort()
        app.lanes.close()
