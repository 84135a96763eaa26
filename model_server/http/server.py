"""The serving process: listens at once, loads beside it, drains before it ends."""

import asyncio
import logging
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import disable_created_metrics

from model_server.contract import reasons
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, InputRefused, Outcome, TryAgain
from model_server.contract.termination import report
from model_server.http.asgi import App
from model_server.http.paths import HEALTH_ROUTES, ROUTES
from model_server.http.readiness import Readiness
from model_server.http.receiving import BoundedProtocol
from model_server.http.routes import Site
from model_server.settings import Settings
from model_server.version.served import ServedModel

KEEP_ALIVE_SECONDS = 75  # longer than a gateway keeps its idle connections
LISTEN_FAILED_EXIT = 3  # uvicorn's own, when the main port is taken
FINISH_SECONDS = 20  # for answers under way once the drain is over

Load = Callable[[], ServedModel]

logger = logging.getLogger("model_server")


class Server(uvicorn.Server):
    """uvicorn that loads a model while it listens, and on SIGTERM answers on until the drain is over.

    With `health`, the port of that configuration is open as long as the main one.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        health: uvicorn.Config | None,
        readiness: Readiness,
        load: Load,
        drain_seconds: float,
    ) -> None:
        super().__init__(config)
        self.health = health
        self.readiness = readiness
        self.load = load
        self.drain_seconds = drain_seconds
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
        if self.health:
            self.servers.append(await self.listen(self.health))
        ports = [server.sockets[0].getsockname()[1] for server in self.servers]
        logger.info("listening", extra={"port": ports[0], "metrics_port": ports[-1]})
        loop = asyncio.get_running_loop()
        threading.Thread(target=self.load_aside, args=(loop,), name="load", daemon=True).start()

    async def listen(self, config: uvicorn.Config) -> asyncio.Server:
        """Listen on one more port, whose connections end with those of the main one."""
        config.load()
        try:
            return await asyncio.get_running_loop().create_server(
                lambda: BoundedProtocol(config=config, server_state=self.server_state, app_state={}),
                host=config.host,
                port=config.port,
                backlog=config.backlog,
            )
        except OSError as error:
            logger.error("failing to listen", extra={"port": config.port, "error": str(error)})  # noqa: TRY400
            sys.exit(LISTEN_FAILED_EXIT)

    def load_aside(self, loop: asyncio.AbstractEventLoop) -> None:
        """Load the model, and tell the loop what came of it."""
        try:
            served = self.load()
        except InputRefused as refused:
            loop.call_soon_threadsafe(self.fail, refused.reason, refused.message, INPUT_REFUSED_EXIT)
        except TryAgain as pause:
            loop.call_soon_threadsafe(self.fail, pause.reason, pause.message, TRY_AGAIN_EXIT)
        except Exception as error:
            logger.exception("failing to load")
            loop.call_soon_threadsafe(self.fail, reasons.LOAD_FAILED, f"{type(error).__name__}: {error}", 1)
        else:
            loop.call_soon_threadsafe(self.start_serving, served)

    def start_serving(self, served: ServedModel) -> None:
        """Answer requests from now on."""
        # Both are written on the event loop, so that no request sees one without the other.
        self.readiness.served = served
        self.readiness.reason = ""
        identity = served.identity
        extra = {"model": identity.name, "version": identity.version, "digest": identity.digest}
        logger.info("serving", extra=extra)

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

    The first port answers everything, the second health and metrics alone; 0 or the first again means none.
    """
    allow_many_connections()
    disable_created_metrics()  # type: ignore[no-untyped-call]
    readiness = Readiness()
    port, metrics_port = ports
    config = configure(Site(ROUTES, readiness, settings), host, port)
    health = None
    if metrics_port not in (0, port):
        health = configure(Site(HEALTH_ROUTES, readiness, settings), host, metrics_port)
    server = Server(config, health, readiness, load, settings.drain_seconds)
    server.run()
    return server.exit_code


def configure(site: Site, host: str, port: int) -> uvicorn.Config:
    """Return how uvicorn answers one port."""
    return uvicorn.Config(
        App(site),
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


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one: a thousand slow clients must not lock out others."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
