"""The ASGI application: a request in, one answer out, whatever the request is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from model_server.http.messages import Call, Reply, reply_json, reply_refusal
from model_server.http.readiness import Readiness, get_served
from model_server.http.routes import Route, find_route
from model_server.protocols.dialect import Dialect
from model_server.rows.refusal import Refusal, error_body
from model_server.settings import Settings
from model_server.version.served import ServedModel, answer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_HELD_BYTES = 64 << 20  # bodies that wait for a worker thread, all together

logger = logging.getLogger("model_server")


class Disconnected(Exception):  # noqa: N818  nobody is left to be told
    """The client went away before its request was complete."""


class App:
    """Answers HTTP requests from what `serving` holds; rows are answered in worker threads."""

    def __init__(self, serving: Readiness, settings: Settings) -> None:
        self.serving = serving
        self.settings = settings
        self.workers = ThreadPoolExecutor(settings.threads, thread_name_prefix="predict")
        self.held_bytes = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        try:
            reply = await self.reply(scope, receive)
        except Disconnected:
            logger.debug("losing a client", extra={"path": scope["path"][:200]})
            return
        await self.send(reply, send)
        log_access(scope, reply, perf_counter() - started)

    async def reply(self, scope: Message, receive: Receive) -> Reply:
        """Return the answer; every refusal and every fault has one."""
        try:
            route = find_route(scope["method"], scope["path"])
            headers = dict(scope["headers"])
            if isinstance(route.target, Dialect):
                return await self.predict(route, route.target, headers, receive)
            accept = headers.get(b"accept", b"").decode("latin-1")
            return route.target(self.serving, Call(route.params, accept))
        except Refusal as refusal:
            return reply_refusal(refusal)
        except Disconnected:
            raise
        except Exception:
            logger.exception("failing to answer", extra={"path": scope["path"][:200]})
            return Reply(500, error_body("the server failed; its log says why"))

    async def predict(
        self, route: Route, dialect: Dialect, headers: dict[bytes, bytes], receive: Receive
    ) -> Reply:
        """Return the model's answer, counted with its status code and time."""
        served = get_served(self.serving, route.params)
        started = perf_counter()
        status = 500
        try:
            reply = await self.ask(served, dialect, headers, receive)
            status = reply.status
        except Refusal as refusal:
            status = refusal.status
            raise
        except Disconnected:
            status = 499
            raise
        finally:
            served.metrics.requests(status).inc()
            served.metrics.seconds.observe(perf_counter() - started)
        return reply

    async def ask(
        self, served: ServedModel, dialect: Dialect, headers: dict[bytes, bytes], receive: Receive
    ) -> Reply:
        """Return the model's answer to the body, or raise `Refusal`."""
        refuse_encoded(headers)
        body = await receive_body(receive, headers, self.settings.max_body_bytes)
        if self.held_bytes + len(body) > MAX_HELD_BYTES:
            raise Refusal(503, "too many requests are waiting; try again")
        self.held_bytes += len(body)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self.workers, reply_rows, served, dialect, body, self.settings.max_rows
            )
        finally:
            self.held_bytes -= len(body)

    async def send(self, reply: Reply, send: Send) -> None:
        """Send the answer; while draining, ask the client to open its next connection elsewhere."""
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
            *reply.headers,
        ]
        if self.serving.served is not None and not self.serving.is_ready:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def reply_rows(served: ServedModel, dialect: Dialect, body: bytes, max_rows: int) -> Reply:
    """Return the answer as JSON; runs in a worker thread from the first byte parsed to the last written."""
    return reply_json(answer(served, dialect, body, max_rows))


def refuse_encoded(headers: dict[bytes, bytes]) -> None:
    """Raise `Refusal` (415) for a compressed body: small bytes may unpack to anything."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1")
    if encoding.strip().lower() not in ("", "identity"):
        raise Refusal(
            415, f"Content-Encoding {encoding[:40]} is not taken; send the body plain", "Content-Encoding"
        )


async def receive_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """Return the whole body, or raise `Refusal` (413) as soon as it is too large; the deadline is the protocol's."""
    if int(headers.get(b"content-length", b"0")) > limit:
        raise too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and message["type"] == "http.request" and len(body) <= limit:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if message["type"] == "http.disconnect":
        raise Disconnected
    if size > limit:
        raise too_large(limit)
    return b"".join(chunks)


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body over the limit."""
    return Refusal(413, f"the body is larger than {limit} bytes; send fewer rows in one request", "body")


def log_access(scope: Message, reply: Reply, seconds: float) -> None:
    """Log a request without its query and body: refused ones as info, failed ones as errors, others as debug."""
    level = logging.DEBUG if reply.status < 400 else logging.INFO if reply.status < 500 else logging.ERROR
    if reply.status == 503:
        level = logging.INFO
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "answering",
            extra={
                "method": scope["method"][:20],
                "path": scope["path"][:200],
                "status": reply.status,
                "milliseconds": round(seconds * 1000, 3),
                "bytes": len(reply.body),
            },
        )
