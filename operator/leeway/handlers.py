"""Kopf watches and feeds the intake; nothing is decided here, and kopf writes nothing anywhere."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import aiohttp
import kopf

from leeway.api.kinds import Key, Kind, key_of
from leeway.shell.telemetry import Telemetry, WatchActivity
from leeway.shell.watch.cache import CHILD_KINDS, CHILD_SELECTOR, OWNER_KINDS
from leeway.shell.watch.freshness import uid_of, version_of
from leeway.shell.watch.intake import Intake
from leeway.workqueue import WorkQueue

# A whole number, as the API server demands. The server ends a watch after it, so that asking again is a sign of life.
WATCH_SECONDS = 120
LONGEST_BACKOFF_SECONDS = 3.0
COLLECT_SECONDS = 0.2  # how long events of children wait for further ones

Add = Callable[[Key], None]
Login = Callable[[], tuple[str, aiohttp.ClientSession]]


class Backoffs:
    """Endless pauses between retries: 0.5 s, then growing, never longer than 3 s, all jittered."""

    # Endless, since kopf gives a request up when its pauses are used up. An API server that is away for an hour is no
    # reason to restart.
    def __iter__(self) -> Iterator[float]:
        pause = 0.5
        while True:
            yield pause * (0.8 + 0.4 * random.random())  # noqa: S311  (not a secret)
            pause = min(pause * 1.5, LONGEST_BACKOFF_SECONDS / 1.2)


class NoBase(kopf.DiffBaseStorage):
    """Remembers no earlier state, and computes none."""

    # kopf would keep the last state in an annotation of the user's object, to compute a diff. We compare desired with
    # observed instead, and building that state costs kopf half of each event.
    def build(self, *, body: kopf.Body, extra_fields: object = None) -> kopf.BodyEssence:
        """Return nothing of the object."""
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> None:
        """Return None."""

    def store(self, **_: object) -> None:
        """Store nothing."""


class NoProgress(kopf.ProgressStorage):
    """Keeps no progress of handlers, which kopf would write to the objects of users."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Return the essence as it is."""
        return essence

    def fetch(self, **_: object) -> None:
        """Return None."""

    def store(self, **_: object) -> None:
        """Store nothing."""

    def purge(self, **_: object) -> None:
        """Purge nothing."""

    def touch(self, **_: object) -> None:
        """Touch nothing."""


def make_registry(
    intake: Intake, activity: WatchActivity, queue: WorkQueue, login: Login
) -> kopf.OperatorRegistry:
    """Return a registry whose handlers feed the intake and add the keys that it returns to the queue."""
    # Our own one: kopf's default registry is a global, filled at import.
    registry = kopf.OperatorRegistry()
    # A Deployment that starts is a dozen events within a second, a user's change is one: children are collected.
    adds: list[tuple[Kind, Add]] = [
        *((kind, queue.add) for kind in OWNER_KINDS),
        *((kind, partial(queue.add_after, seconds=COLLECT_SECONDS)) for kind in CHILD_KINDS),
    ]
    for kind, add in adds:
        kopf.on.event(*_selector(kind), registry=registry, id=kind.plural)(
            _make_handler(kind, intake, activity, add)
        )

    @kopf.on.login(registry=registry)
    async def share_login(**_: Any) -> kopf.AiohttpSession:
        server, session = login()
        return kopf.AiohttpSession(server=server, aiohttp_session=session)

    return registry


def make_settings() -> kopf.OperatorSettings:
    """Return settings that make kopf a mere watcher: no Events, peering or scanning, endless short retries."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    # Peering is kopf's own election, with CRDs of its own; we have a Lease.
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = NoBase()
    settings.persistence.progress_storage = NoProgress()
    settings.process.ultimate_exiting_timeout = None
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = WATCH_SECONDS
    settings.watching.client_timeout = WATCH_SECONDS + 30
    settings.watching.connect_timeout = 3.0
    settings.queueing.idle_timeout = 1.0
    settings.networking.request_timeout = 30.0
    settings.networking.connect_timeout = 3.0
    settings.networking.enforce_retry_after = True
    settings.networking.error_backoffs = Backoffs()
    # Children by label, or the memory of the operator would grow with every pod of the cluster.
    for kind in CHILD_KINDS:
        settings.watching.label_selectors[_selector(kind)] = CHILD_SELECTOR
    return settings


async def watch(registry: kopf.OperatorRegistry, namespace: str | None, spawned: Callable[[], None]) -> None:
    """Watch until cancelled; raise when kopf gives up.

    `spawned` is called when kopf has installed its signal handlers, which are to be replaced.
    """
    ours = asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=make_settings(),
        standalone=True,
        clusterwide=namespace is None,
        namespaces=[namespace] if namespace else [],
    )
    spawned()
    await kopf.run_tasks(tasks, ignored=ours)


def make_note(telemetry: Telemetry) -> Callable[[aiohttp.ClientResponse], None]:
    """Return a listener to kopf's responses that counts them and notes accepted ones as signs of life."""
    plurals = {kind.plural: kind.kind for kind in (*OWNER_KINDS, *CHILD_KINDS)}

    def note(response: aiohttp.ClientResponse) -> None:
        kind = plurals.get(response.url.name)
        if kind is None:
            return  # discovery
        verb = "watch" if "watch" in response.url.query else "list"
        telemetry.count_request(verb, kind, response.status)
        if response.status == 200:
            telemetry.activity.note(kind)

    return note


def _selector(kind: Kind) -> tuple[str, str]:
    return kind.api_version, kind.plural


def _make_handler(
    kind: Kind, intake: Intake, activity: WatchActivity, add: Add
) -> Callable[..., Awaitable[None]]:
    async def on_event(event: kopf.RawEvent, **_: Any) -> None:
        activity.note(kind.kind)
        manifest: dict[str, Any] = dict(event["object"])
        if event["type"] == "DELETED":
            keys = intake.drop(key_of(manifest), uid_of(manifest), version_of(manifest))
        else:
            keys = intake.accept(manifest)
        for key in keys:
            add(key)

    return on_event
