"""The serving process: listens at once, loads beside it, drains before it ends."""

import asyncio
import logging
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from prometheus_client import disable_created_metrics

from model_server.contract import reasons
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, InputRefused, Outcome, TryAgain
from model_server.contract.termination import report
from model_server.http.messages import version_header
from model_server.http.pages import make_pages
from model_server.http.paths import CLIENT_ROUTES, HEALTH_ROUTES, ROUTES
from model_server.http.port.asgi import App
from model_server.http.port.health import HealthPort
from model_server.http.port.receiving import MAX_CONNECTIONS, READ_SECONDS, BoundedProtocol, drop_slow_readers
from model_server.http.readiness import Readiness
from model_server.http.routes import Site
from model_server.settings import Settings
from model_server.version.served import ServedModel

KEEP_ALIVE_SECONDS = 75  # longer than a gateway keeps its idle connections
LISTEN_FAILED_EXIT = 3  # uvicorn's own, when the main port is taken
FINISH_SECONDS = 20  # for answers under way once the drain is over
LAST_READ_SECONDS = 2.0  # for clients that have not read their answers by then
OPEN_FILES = 4 * MAX_CONNECTIONS

Load = Callable[[], ServedModel]

logger = logging.getLogger("model_server")


class Server(uvicorn.Server):
    """uvicorn that loads a model while it listens, and on SIGTERM answers on until the drain is over.

    With `health`, that port is open as long as the main one.
    """

    def __init__(self, app: App, config: uvicorn.Config, health: HealthPort | None, load: Load) -> None:
        super().__init__(config)
        self.app = app
        self.health = health
        self.readiness = app.site.readiness
        self.load = load
        self.drain_seconds = app.site.settings.drain_seconds
        self.exit_code = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain on SIGTERM and SIGINT; the process then ends with our exit code, not by the signal."""
        # uvicorn's own handler stops at once, and raises the signal again when all is done.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then load in a thread of its own; a daemon, so that a slow download never holds the exit."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        metrics_port = self.open(self.health) if self.health else port
        logger.info("listening", extra={"port": port, "metrics_port": metrics_port})
        loop = asyncio.get_running_loop()
        threading.Thread(target=self.load_aside, args=(loop,), name="load", daemon=True).start()

    def open(self, health: HealthPort) -> int:
        """Open the second port and return it, or end the process when it is taken."""
        try:
            return health.open()
        except OSError as error:
            logger.error("failing to listen", extra={"port": health.config.port, "error": str(error)})  # noqa: TRY400
            sys.exit(LISTEN_FAILED_EXIT)

    async def on_tick(self, counter: int) -> bool:
        """Show that the event loop turns, ten times a second, and end connections that are not read."""
        self.readiness.turned = time.monotonic()
        if counter % 10 == 0:
            self.drop_slow_readers(READ_SECONDS)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, but wait no longer for clients that do not read, and close both ports."""
        watching = asyncio.ensure_future(self.drop_last_readers())
        await super().shutdown(sockets)
        watching.cancel()
        if self.health:
            self.health.close()

    async def drop_last_readers(self) -> None:
        """End connections that are not read in the time left for it, until cancelled."""
        while True:
            self.drop_slow_readers(LAST_READ_SECONDS)
            await asyncio.sleep(0.1)

    def drop_slow_readers(self, seconds: float) -> None:
        """End connections that are not read for so long."""
        drop_slow_readers(self.server_state.connections, asyncio.get_running_loop().time(), seconds)

    def load_aside(self, loop: asyncio.AbstractEventLoop) -> None:
        """Load the model, and tell the loop what came of it."""
        try:
            served = self.load()
            pages = make_pages(served, self.app.site.routes.table)
        except InputRefused as refused:
            loop.call_soon_threadsafe(self.fail, refused.reason, refused.message, INPUT_REFUSED_EXIT)
        except TryAgain as pause:
            loop.call_soon_threadsafe(self.fail, pause.reason, pause.message, TRY_AGAIN_EXIT)
        except Exception as error:
            logger.exception("failing to load")
            loop.call_soon_threadsafe(self.fail, reasons.LOAD_FAILED, f"{type(error).__name__}: {error}", 1)
        else:
            loop.call_soon_threadsafe(self.start_serving, served, pages)

    def start_serving(self, served: ServedModel, pages: Mapping[str, bytes]) -> None:
        """Answer requests from now on."""
        identity = served.identity
        self.app.watch(served.metrics)
        self.name_version(identity.version)
        self.readiness.pages = pages
        self.readiness.served = served
        self.readiness.reason = ""  # last: whoever sees none may use the rest
        extra = {"model": identity.name, "version": identity.version, "digest": identity.digest}
        logger.info("serving", extra=extra)

    def name_version(self, version: str) -> None:
        """Add the version to every answer of both ports from now on, those of uvicorn and of the parser included."""
        header = version_header(version)
        self.config.encoded_headers.append(header)  # of which uvicorn makes its default headers every second
        self.server_state.default_headers = [*self.server_state.default_headers, header]
        if self.health:
            self.health.state.default_headers = [header]

    def fail(self, reason: str, message: str, exit_code: int) -> None:
        """Report why nothing can be served, and end with the exit code."""
        self.readiness.reason = message
        logger.error("refusing to serve", extra={"reason": reason, "error": message})
        report(Outcome(outcome="Failed", reason=reason, message=message))
        self.stop(exit_code)

    def drain(self) -> None:
        """Report not ready, answer what still comes until the drain is over, then stop.

        A second signal, or one while the model is still loading, stops at once.
        """
        if not self.readiness.is_ready:
            self.stop(self.exit_code)
            return
        logger.info("draining", extra={"seconds": self.drain_seconds})
        self.readiness.reason = "the server is draining"
        asyncio.get_running_loop().call_later(self.drain_seconds, self.stop, 0)

    def stop(self, exit_code: int) -> None:
        """Finish what is under way and end with this exit code."""
        self.exit_code = exit_code
        self.should_exit = True


def serve(load: Load, settings: Settings, host: str, ports: tuple[int, int]) -> int:
    """Serve what `load` returns until a signal comes or loading fails, and return the exit code.

    The second port answers health and metrics alone, and the first everything but what tells of the data; 0 or the
    first again means that there is one for all.
    """
    allow_open_files(OPEN_FILES)
    disable_created_metrics()  # type: ignore[no-untyped-call]
    readiness = Readiness()
    port, metrics_port = ports
    has_two = metrics_port not in (0, port)
    app = App(Site(CLIENT_ROUTES if has_two else ROUTES, readiness, settings))
    health = None
    if has_two:
        health_app = App(Site(HEALTH_ROUTES, readiness, settings))
        health = HealthPort(configure(health_app, host, metrics_port))
    server = Server(app, configure(app, host, port), health, load)
    server.run()
    return server.exit_code


def configure(app: App, host: str, port: int) -> uvicorn.Config:
    """Return how uvicorn answers one port."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",  # loading is ours, since the port has to be open before it is over
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,  # which server this is helps nobody but an attacker
        proxy_headers=False,  # nobody asks who the client is, so no header is believed about it
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )


def allow_open_files(wanted: int) -> None:
    """Raise the soft limit of open files as far as wanted: a thousand slow clients must not lock out others."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft_limit(*limits, wanted), limits[1]))


def soft_limit(soft: int, hard: int, wanted: int) -> int:
    """Return the soft limit to set: what is wanted, within the hard one, and never less than there is."""
    # Some systems take no infinite limit of open files although they report one as the hard limit.
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
