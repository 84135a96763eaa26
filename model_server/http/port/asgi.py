"""The ASGI application: what the event loop adds to `respond`, which is receiving, waiting and sending."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter

from model_server.counts.prometheus import Metrics
from model_server.http.lanes import Crowded, Lanes, Unwanted, Work
from model_server.http.messages import Presence, Reply, Request, reply_refusal
from model_server.http.port.bodies import (
    MAX_HELD_BYTES,
    SMALL_BYTES,
    Allowance,
    Message,
    Receive,
    receive_body,
)
from model_server.http.respond import CLIENT_LEFT, Asked, Told, answer_in_steps, begin, count
from model_server.http.routes import Site
from model_server.rows.refusal import Refusal

Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger("model_server")


class App:
    """Answers the HTTP requests of one port; rows are answered in worker threads."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.lanes: Lanes[Reply] = Lanes(site.settings.threads)
        self.bodies = Allowance(max(MAX_HELD_BYTES, site.settings.max_body_bytes))
        self.in_flight = 0

    def watch(self, metrics: Metrics) -> None:
        """Let the metrics of the loaded version tell how many requests are under way here."""
        metrics.set_traffic(lambda: self.in_flight, lambda: self.lanes.waiting)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; the protocol says in the scope's state whether its client is still there."""
        started = perf_counter()
        request = Request(scope["method"], scope["path"], dict(scope["headers"]))
        try:
            reply = await self.reply(request, receive, scope["state"]["client"])
        except Unwanted:
            logger.debug("losing a client", extra={"path": request.path[:200]})
            return
        await self.send(reply, send)
        log_access(request, reply, perf_counter() - started)

    async def reply(self, request: Request, receive: Receive, client: Presence) -> Reply:
        """Return the reply; the body is received only when path and headers call for it."""
        opened = begin(self.site, request)
        if isinstance(opened, Reply):
            return opened
        self.in_flight += 1
        status = 500
        try:
            reply = await self.answer(opened, receive, client)
            status = reply.status
        except Unwanted:
            status = CLIENT_LEFT
            raise
        finally:
            self.in_flight -= 1
            count(opened, status)
        return reply

    async def answer(self, asked: Asked | Told, receive: Receive, client: Presence) -> Reply:
        """Return the reply to a question whose body is to come."""
        try:
            with self.bodies.hold() as share:
                body = await receive_body(receive, self.site.settings.max_body_bytes, share)
                asked.times.received = perf_counter()
                return await self.compute(asked, body, client)
        except Crowded as crowded:
            return reply_refusal(Refusal(503, f"{crowded}; try again"))

    async def compute(self, asked: Asked | Told, body: bytes, client: Presence) -> Reply:
        """Return the reply made in worker threads, from the first byte read to the last written."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()

        def is_wanted() -> bool:
            return client.is_here

        def finish(outcome: Reply | Exception) -> None:
            with suppress(RuntimeError):  # the loop is closed: the process ends, and nobody waits
                loop.call_soon_threadsafe(settle, future, outcome)

        work = Work(answer_in_steps(asked, body), len(body) <= SMALL_BYTES, is_wanted, finish)
        self.lanes.put(work)
        try:
            reply = await future
        finally:
            asked.times.started = work.started
        if not client.is_here:  # it may have left since the last step
            raise Unwanted
        return reply

    async def send(self, reply: Reply, send: Send) -> None:
        """Send the reply; while draining, ask the client to open its next connection elsewhere."""
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
            *reply.headers,
        ]
        readiness = self.site.readiness
        if readiness.served is not None and not readiness.is_ready:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def settle(future: asyncio.Future[Reply], outcome: Reply | Exception) -> None:
    """Give the outcome to whoever waits for it, unless waiting was given up."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def log_access(request: Request, reply: Reply, seconds: float) -> None:
    """Log a request without its query and body: refused ones as info, failed ones as errors, others as debug."""
    level = logging.DEBUG if reply.status < 400 else logging.INFO if reply.status < 500 else logging.ERROR
    if reply.status == 503:
        level = logging.INFO
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "answering",
            extra={
                "method": request.method[:20],
                "path": request.path[:200],
                "status": reply.status,
                "milliseconds": round(seconds * 1000, 3),
                "bytes": len(reply.body),
            },
        )
