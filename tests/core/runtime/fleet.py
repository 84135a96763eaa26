"""Pods on loopback: real HTTP, each under an address of its own, with counters that a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.core.evidence.pages import page, requests


@dataclass
class Server:
    """What one pod's process has counted, and how it answers."""

    version: str
    requests: int = 0  # answered well
    failed: int = 0
    more: str = ""  # further lines of the page
    started: float = 1000.0
    answers: str = "well"  # or: never, with HTML, not at all
    spoil: Callable[[bytes], bytes] = bytes  # what becomes of its page on the way
    profile: bytes = b""
    asked: list[str] = field(default_factory=list)

    def restart(self) -> None:
        """Start a new process, which counts from zero."""
        self.started += 1
        self.requests = self.failed = 0

    def page(self) -> bytes:
        """The metrics page."""
        more = requests(self.requests, version=self.version) + requests(
            self.failed, version=self.version, code=500
        )
        return self.spoil(
            page(self.requests, version=self.version, started=self.started, more=more + self.more)
        )


@dataclass
class Fleet:
    """Servers by address, all on one port."""

    port: int
    servers: dict[str, Server] = field(default_factory=dict)

    def address(self) -> str:
        """An address that no server has yet."""
        return f"127.0.1.{len(self.servers) + 1}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as the server of the address that was asked."""
        assert request.transport is not None
        server = self.servers[request.transport.get_extra_info("sockname")[0]]
        server.asked.append(request.path)
        if server.answers == "not at all":
            return web.Response(status=503)
        if server.answers == "never":
            await asyncio.Event().wait()
        if request.path == "/profile":
            found = web.Response(body=server.profile, content_type="application/json")
            return found if server.profile else web.Response(status=404)
        return web.Response(body=server.page() if server.answers == "well" else b"<html></html>")


@asynccontextmanager
async def fleet_serving() -> AsyncIterator[Fleet]:
    """A fleet that answers until the block ends."""
    fleet = Fleet(0)
    app = web.Application()
    app.router.add_get("/{path:.*}", fleet.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    address: Any = runner.addresses[0]
    fleet.port = address[1]
    try:
        yield fleet
    finally:
        await runner.cleanup()
