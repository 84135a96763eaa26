"""The operator's own HTTP port."""

from __future__ import annotations

import aiohttp
from prometheus_client import CollectorRegistry, Gauge

from leeway.shell.health import health_served


async def test_pages_say_ok_or_list_the_problems() -> None:
    registry = CollectorRegistry()
    Gauge("leeway_operator_leader", "x", registry=registry).set(1)
    problems: list[str] = []
    async with (
        health_served(0, registry, lambda: problems, lambda: []) as port,
        aiohttp.ClientSession() as session,
    ):
        url = f"http://localhost:{port}"
        assert await get(session, f"{url}/livez") == (200, "ok\n")
        problems.extend(["one", "two"])
        assert await get(session, f"{url}/livez") == (503, "one\ntwo\n")
        assert await get(session, f"{url}/readyz") == (200, "ok\n")
        code, page = await get(session, f"{url}/metrics")
        assert code == 200
        assert "leeway_operator_leader 1.0" in page


async def get(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with session.get(url) as response:
        return response.status, await response.text()
