"""The benchmark's own way to the API server: light, so that what it costs does not blur what it measures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from tests.bench.operator.manifests import Manifest

AT_ONCE = 16
MERGE = "application/merge-patch+json"
MISSING = 404
EXISTS = 409
BUSY = 429
LONGEST_LINE = 8 << 20  # bytes; a watch sends one object a line

T = TypeVar("T")


class RefusedError(Exception):
    """The API server said no."""


class Api:
    """Plain manifests in and out; a refusal raises."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def get(self, path: str) -> Manifest | None:
        """Return the object or list at a path, or None."""
        return await self._send("GET", path, fine=(MISSING,))

    async def create(self, path: str, manifest: Manifest) -> Manifest | None:
        """Create the object; return None when one of its name exists."""
        return await self._send("POST", path, manifest, fine=(EXISTS,))

    async def replace(self, path: str, manifest: Manifest) -> Manifest | None:
        """Replace what is at the path."""
        return await self._send("PUT", path, manifest)

    async def patch(self, path: str, change: Manifest) -> Manifest | None:
        """Merge the change into what is at the path."""
        return await self._send("PATCH", path, change, content_type=MERGE)

    async def delete(self, path: str) -> None:
        """Delete what is at the path, if it is there."""
        await self._send("DELETE", path, fine=(MISSING,))

    async def watch(self, path: str) -> AsyncGenerator[Manifest, None]:
        """Yield every object of a collection as it is now, and then each change, for ever."""
        while True:
            listing = await self.get(path)
            assert listing is not None
            for item in listing["items"]:
                yield item
            async for item in self._follow(path, listing["metadata"]["resourceVersion"]):
                yield item

    async def _follow(self, path: str, version: str) -> AsyncGenerator[Manifest, None]:
        query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "3000"}
        limit = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._url + path, params=query, timeout=limit) as answer:
            async for line in answer.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event["object"]

    async def _send(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        *,
        content_type: str = "application/json",
        fine: tuple[int, ...] = (),
    ) -> Manifest | None:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        while True:
            request = self._session.request(method, self._url + path, data=content, headers=headers)
            async with request as answer:
                text = await answer.text()
            if answer.status != BUSY:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))  # CRDs that are new start so
        if answer.status in fine:
            return None
        if not answer.ok:
            raise RefusedError(f"{method} {path}: {answer.status} {text[:500]}")
        found: Manifest = json.loads(text)
        return found


@asynccontextmanager
async def open_api(kubeconfig: str) -> AsyncIterator[Api]:
    """Log in as the kubeconfig says."""
    configuration = Configuration(client_session_kwargs={"trust_env": False})
    await config.load_kube_config(  # type: ignore[no-untyped-call]
        kubeconfig, client_configuration=configuration, persist_config=False
    )
    async with ApiClient(configuration) as client:
        headers: dict[str, str] = {}
        await client.update_params_for_auth(headers, None, ["BearerToken"], "", "", None)
        connector = aiohttp.TCPConnector(limit=0, ssl=client.rest_client.ssl_context)
        session = aiohttp.ClientSession(connector=connector, headers=headers, read_bufsize=LONGEST_LINE)
        async with session:
            yield Api(session, configuration.host)


async def do_each(items: Iterable[T], action: Callable[[T], Awaitable[Any]]) -> None:
    """Do the action with every item, a few at once."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def do(item: T) -> None:
        async with turns:
            await action(item)

    await asyncio.gather(*(do(item) for item in items))


async def until(question: Callable[[], Awaitable[bool]], patience: float, pause: float) -> None:
    """The question was answered yes; raises TimeoutError after so many seconds of patience."""
    async with asyncio.timeout(patience):
        while True:
            if await question():
                return
            await asyncio.sleep(pause)
