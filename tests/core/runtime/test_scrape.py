"""Whatever a pod answers, a round ends, and says of each pod what it got."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from leeway.shell.evidence.scrape import MAX_BYTES, Answer, make_scrape_session, scrape_round

PAGE = b"leeway_model_rows_total 1\n# EOF\n"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def whole(request: web.Request) -> web.Response:
    wanted = request.headers["Accept"].startswith("application/openmetrics-text")
    return web.Response(body=PAGE) if wanted else web.Response(status=406)


async def broken(_: web.Request) -> web.Response:
    return web.Response(status=500)


async def redirected(_: web.Request) -> web.Response:
    raise web.HTTPFound("/whole")


async def silent(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def stream(request: web.Request, piece: bytes, pieces: int, pause: float) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(pieces):
        await response.write(piece)
        await asyncio.sleep(pause)
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    return await stream(request, b"x", 1000, 0.1)


async def endless(request: web.Request) -> web.StreamResponse:
    return await stream(request, b"x" * (1 << 16), 100_000, 0)


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(PAGE)
    assert request.transport is not None
    request.transport.close()
    return response


async def packed(_: web.Request) -> web.Response:
    bomb = gzip.compress(b"0" * (20 * MAX_BYTES))
    return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})


HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (whole, broken, redirected, silent, dripping, endless, cut, packed)
}


@pytest.fixture
async def pods() -> AsyncIterator[str]:
    app = web.Application()
    for name, handler in HANDLERS.items():
        app.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


REFUSALS = {
    "broken": "HTTP 500",
    "redirected": "HTTP 302",
    "silent": "no whole page within 2 s",
    "dripping": "no whole page within 2 s",
    "endless": "longer than",
    "cut": "no answer",
    "packed": "packed",
    "absent": "HTTP 404",
}


async def test_every_pod_has_an_answer_and_none_spoils_that_of_another(pods: str) -> None:
    async with make_scrape_session() as session:
        urls = {name: f"{pods}/{name}" for name in ("whole", *REFUSALS)}
        # Nobody listens on the discard port; the other is no address at all.
        urls |= {"refusing": "http://127.0.0.1:9/metrics", "nowhere": "http://[::/metrics"}
        answers = await scrape_round(session, urls)
    assert answers.pop("whole") == Answer(content=PAGE)
    for name, says in {**REFUSALS, "refusing": "no answer", "nowhere": "no answer"}.items():
        assert says in answers[name].refusal, name
        assert answers[name].content == b""


async def test_a_round_without_pods(pods: str) -> None:
    async with make_scrape_session() as session:
        assert await scrape_round(session, {}) == {}
