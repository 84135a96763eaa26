"""The port of probes and scrapers: a thread and an event loop of its own, kept busy by no prediction and no page."""

import asyncio
from concurrent.futures import Future
from threading import Thread

import uvicorn
from uvicorn.server import ServerState

from model_server.http.port.receiving import BoundedProtocol, drop_slow_readers

CLOSE_SECONDS = 2.0


class HealthPort:
    """Answers one port from a thread of its own between `open` and `close`."""

    def __init__(self, config: uvicorn.Config) -> None:
        self.config = config
        self.state = ServerState()
        self.opened: Future[int] = Future()
        self.loop: asyncio.AbstractEventLoop
        self.closing: asyncio.Event
        # A daemon: a page that takes long must not hold the exit.
        self.thread = Thread(target=self.run, name="health", daemon=True)

    def open(self) -> int:
        """Listen, and return the port; raise OSError when it is taken."""
        self.thread.start()
        return self.opened.result()

    def close(self) -> None:
        """Close the port and its connections."""
        self.loop.call_soon_threadsafe(self.closing.set)
        self.thread.join(CLOSE_SECONDS)

    def run(self) -> None:
        """Run an event loop until the port is closed."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve())

    async def serve(self) -> None:
        """Answer until the port is closed."""
        self.loop = asyncio.get_running_loop()
        self.closing = asyncio.Event()
        try:
            server = await self.listen()
        except OSError as error:
            self.opened.set_exception(error)
            return
        self.opened.set_result(server.sockets[0].getsockname()[1])
        while not self.closing.is_set():
            drop_slow_readers(self.state.connections, self.loop.time())
            await wait_for(self.closing, 1.0)
        server.close()
        for connection in list(self.state.connections):
            connection.transport.close()

    async def listen(self) -> asyncio.Server:
        """Return the listener of the configured port."""
        self.config.load()
        return await self.loop.create_server(
            lambda: BoundedProtocol(config=self.config, server_state=self.state, app_state={}),
            host=self.config.host,
            port=self.config.port,
            backlog=self.config.backlog,
        )


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than this."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
