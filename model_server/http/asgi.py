"""The ASGI application: what the event loop adds to `respond`, which is receiving, waiting and sending."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from model_server.http.messages import Reply, Request, reply_refusal
from model_server.http.respond import Asked, answer, begin, count
from model_server.http.routes import Site
from model_server.rows.refusal import Refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_HELD_BYTES = 64 << 20  # bodies that wait for a worker thread, all together
CLIENT_LEFT = 499  # nginx's code for it; no such answer is ever sent

logger = logging.getLogger("model_server")


class Disconnected(Exception):  # noqa: N818  nobody is left to be told
    """The client went away before its request was complete."""


class App:
    """Answers the HTTP requests of one port; rows are answered in worker threads."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workers = ThreadPoolExecutor(site.settings.threads, thread_name_prefix="predict")
        self.held_bytes = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        request = Request(scope["method"], scope["path"], dict(scope["headers"]))
        try:
            reply = await self.reply(request, receive)
        except Disconnected:
            logger.debug("losing a client", extra={"path": request.path[:200]})
            return
        await self.send(reply, send)
        log_access(request, reply, perf_counter() - started)

    async def reply(self, request: Request, receive: Receive) -> Reply:
        """Return the reply; the body is received only when path and headers call for it."""
        opened = begin(self.site, request)
        if isinstance(opened, Reply):
            return opened
        status = 500
        try:
            body = await receive_body(receive, self.site.settings.max_body_bytes)
            reply = await self.answer(opened, body)
            status = reply.status
        except Disconnected:
            status = CLIENT_LEFT
            raise
        finally:
            count(opened, status)
        return reply

    async def answer(self, asked: Asked, body: bytes) -> Reply:
        """Return the reply to the body, made in a worker thread from the first byte read to the last written."""
        # The queue of a thread pool has no end: without a cap, bodies that wait would fill the memory.
        if self.held_bytes + len(body) > MAX_HELD_BYTES:
            return reply_refusal(Refusal(503, "too many requests are waiting; try again"))
        self.held_bytes += len(body)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.workers, answer, asked, body)
        finally:
            self.held_bytes -= len(body)

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


async def receive_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body, or of one over the limit as much as shows that; the deadline is the protocol's."""
    message = await receive()
    chunks = [message.get("body", b"")]
    size = len(chunks[0])
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if message["type"] == "http.disconnect":
        raise Disconnected
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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
