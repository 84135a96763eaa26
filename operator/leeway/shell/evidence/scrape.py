"""Fetch the metrics pages of pods: in one round, within bounds, whatever a pod answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from leeway.core.evidence.page import PageRefused

# A pod that needs longer is not well, and a page that is longer is not one of our servers'.
SECONDS = 2.0
MAX_BYTES = 1 << 20
# Pods that are asked at the same time. The time of a pod starts when it is asked: waiting is not its fault.
CONNECTIONS = 256
_ACCEPT = "application/openmetrics-text;version=1.0.0"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pod answered: its page, or why there is none."""

    content: bytes = b""
    refusal: str = ""


def make_scrape_session() -> aiohttp.ClientSession:
    """Return the session of all scrapes; close it at the end."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        # Neither cookies nor proxies: a pod's page is read from the pod itself and from nowhere else.
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        # Unpacking could make gigabytes of a page of kilobytes.
        auto_decompress=False,
        headers={"Accept": _ACCEPT, "Accept-Encoding": "identity"},
    )


async def scrape_round(session: aiohttp.ClientSession, urls: Mapping[str, str]) -> dict[str, Answer]:
    """Return the answer of each pod, by uid; as many as can be are asked at the same time."""
    places = asyncio.Semaphore(CONNECTIONS)

    async def scrape(url: str) -> Answer:
        async with places:
            return await scrape_pod(session, url)

    return dict(zip(urls, await asyncio.gather(*map(scrape, urls.values())), strict=True))


async def scrape_pod(session: aiohttp.ClientSession, url: str) -> Answer:
    """Return one pod's page, or why there is none; never raise."""
    try:
        async with session.get(url, allow_redirects=False) as response:
            return Answer(content=await _body(response))
    except PageRefused as refusal:
        return Answer(refusal=str(refusal))
    except TimeoutError:
        return Answer(refusal=f"no whole page within {SECONDS:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answer(refusal=f"no answer ({type(error).__name__})")


async def _body(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:
        raise PageRefused(f"HTTP {response.status}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise PageRefused("the page is packed, though that was not asked for")
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise PageRefused(f"the page is longer than {MAX_BYTES} bytes")
    return bytes(content)
