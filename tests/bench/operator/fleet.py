"""Many objects at once: made, waited for, poked and taken away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

from tests.bench.operator import manifests
from tests.bench.operator.api import Api, do_each, until
from tests.bench.operator.manifests import NAMESPACES, Manifest

PATIENCE_SECONDS = 1800.0


@asynccontextmanager
async def namespace_made(api: Api, name: str) -> AsyncIterator[str]:
    """The namespace is new; afterwards it is gone with everything in it."""
    await remove_namespace(api, name)
    await api.create(NAMESPACES, manifests.make_namespace(name))
    try:
        yield name
    finally:
        await remove_namespace(api, name)


async def remove_namespace(api: Api, name: str) -> None:
    """The namespace does not exist, and nothing is left to clean up that would disturb what comes next."""
    for collection in (manifests.deployments_path(name), manifests.workloads_path(name)):
        # One request for all of them: the garbage collector would take twenty a second.
        await api.delete(collection)
    await api.delete(f"{NAMESPACES}/{name}")

    async def is_gone() -> bool:
        return await api.get(f"{NAMESPACES}/{name}") is None

    await until(is_gone, PATIENCE_SECONDS, 1.0)


async def make_versions(api: Api, namespace: str, names: Sequence[str]) -> None:
    """The ModelVersions exist and are verified; an operator at work meanwhile would start verifiers."""
    path = manifests.versions_path(namespace)

    async def make(name: str) -> None:
        version = await api.create(path, manifests.make_version(name))
        if version is not None:
            ready = {**version, "status": manifests.make_verified_status()}
            await api.replace(f"{path}/{name}/status", ready)

    await do_each(names, make)


async def deploy(api: Api, namespace: str, versions: dict[str, str]) -> float:
    """Create a ModelDeployment for each name and its version; return the seconds until all were Available."""
    path = manifests.deployments_path(namespace)

    async def make(name: str) -> None:
        await api.create(path, manifests.make_deployment(name, versions[name]))

    return await time_until(api, path, list(versions), make, manifests.is_ready)


async def deploy_workloads(api: Api, namespace: str, names: Sequence[str]) -> float:
    """Create plain Deployments; return the seconds until all had their pod."""
    path = manifests.workloads_path(namespace)

    async def make(name: str) -> None:
        await api.create(path, manifests.make_workload(name))

    return await time_until(api, path, names, make, manifests.is_workload_available)


async def time_until(
    api: Api,
    path: str,
    names: Sequence[str],
    make: Callable[[str], Awaitable[None]],
    is_done: Callable[[Manifest], bool],
) -> float:
    """Make the objects; return the seconds from the first request until every one was seen to be done."""
    started = time.monotonic()
    waiting = asyncio.create_task(await_all(api, path, names, is_done))
    await do_each(names, make)
    await waiting
    return time.monotonic() - started


async def await_all(api: Api, path: str, names: Sequence[str], is_done: Callable[[Manifest], bool]) -> None:
    """Each named object of the collection has been done at some moment."""
    left = set(names)
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(api.watch(path)) as seen:
        async for manifest in seen:
            if manifest["metadata"]["name"] in left and is_done(manifest):
                left.discard(manifest["metadata"]["name"])
                if not left:
                    return


async def poke(api: Api, namespace: str, names: Sequence[str], times: int, pause: float) -> None:
    """Change an annotation of one object after the other, with a pause in between."""
    path = manifests.deployments_path(namespace)
    for number in range(times):
        await api.patch(f"{path}/{names[number % len(names)]}", manifests.make_poke(number))
        await asyncio.sleep(pause)
