"""The operator's own HTTP port: /livez, /readyz and /metrics."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

Problems = Callable[[], list[str]]
Page = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def health_served(
    port: int, registry: CollectorRegistry, live: Problems, ready: Problems
) -> AsyncIterator[int]:
    """Serve the three endpoints and yield the port; an endpoint with problems answers 503 and lists them."""
    app = web.Application()
    app.router.add_get("/livez", _page(live))
    app.router.add_get("/readyz", _page(ready))
    app.router.add_get("/metrics", _metrics(registry))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        listener = _listen(port)
        await web.SockSite(runner, listener).start()
        yield listener.getsockname()[1]
    finally:
        await runner.cleanup()


def _listen(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def _page(problems: Problems) -> Page:
    async def answer(_: web.Request) -> web.Response:
        found = problems()
        return web.Response(status=503 if found else 200, text="\n".join(found or ["ok"]) + "\n")

    return answer


def _metrics(registry: CollectorRegistry) -> Page:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return answer
