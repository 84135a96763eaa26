"""`python -m leeway`: read the settings, wait for the Lease, run until a signal."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from pythonjsonlogger.json import JsonFormatter

from leeway import handlers
from leeway.api.kinds import Manifest
from leeway.core.pods.network import Network
from leeway.core.pods.platform import Platform, Store
from leeway.core.pods.template import Image
from leeway.leadership import Crew, Leadership
from leeway.reconcilers import Parts, reconcile
from leeway.settings import Settings, SettingsError, entries_of, read_settings
from leeway.shell.cluster import Cluster
from leeway.shell.connection import ApiServer, NoLoginError, open_api_server
from leeway.shell.evidence.collector import Clock, Collector
from leeway.shell.evidence.metrics import EvidenceMetrics
from leeway.shell.evidence.profiles import Profiles
from leeway.shell.evidence.publications import Publications
from leeway.shell.evidence.targets import Targets
from leeway.shell.health import health_served
from leeway.shell.lease import Lease, Seat, Time
from leeway.shell.observe import Observer
from leeway.shell.rate import Paces, TokenBucket
from leeway.shell.record_metrics import RecordMetrics
from leeway.shell.recorder import Recorder
from leeway.shell.telemetry import ScrapeTelemetry, Telemetry, WatchActivity
from leeway.shell.watch.cache import CHILD_KINDS, OWNER_KINDS, ChildCache, Strangers
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from leeway.shell.watch.resync import Resync
from leeway.workqueue import WorkQueue

WRITE_BURST_SECONDS = 1.5
EVENTS_PER_SECOND = 5.0
EVENT_BURST = 50

logger = logging.getLogger("leeway")


def main() -> int:
    """Run the operator; return the exit code: 0 after a signal, 1 on failure, 2 when misconfigured."""
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"leeway: {error}\n")
        return 2
    log_as_json(settings.log_level)
    # Manifests are trees without cycles: collecting them as often as Python would by default finds nothing, and
    # costs a fifth of a restart over 2,000 objects.
    gc.set_threshold(50_000, 20, 20)
    try:
        return asyncio.run(run(settings, os.environ.get("KUBECONFIG", "")))
    except NoLoginError as error:
        logger.critical("Stopping: %s", error)
        return 1


def log_as_json(level: str) -> None:
    """Log one JSON object a line on stderr; of kopf only warnings and errors."""
    formatter = JsonFormatter(
        "{levelname}{name}{message}", style="{", rename_fields={"levelname": "level"}, timestamp="time"
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("kopf").setLevel(logging.WARNING)


async def run(settings: Settings, kubeconfig: str) -> int:
    """Run the operator until a signal; return the exit code."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(open_api_server(kubeconfig))
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        stop = asyncio.Event()
        take_signals = functools.partial(_take_signals, stop)
        leadership = Leadership(_make_crew(settings, server, registry, take_signals))
        served = health_served(settings.port, registry, leadership.not_live, leadership.not_ready)
        port = await stack.enter_async_context(served)
        # Now for a standby, which does not run kopf; once more when kopf has started, which takes them for itself.
        take_signals()
        logger.info("Serving health and metrics on port %d", port)
        return await leadership.serve(stop)


def _make_crew(
    settings: Settings, server: ApiServer, registry: CollectorRegistry, take_signals: Callable[[], None]
) -> Crew:
    clock, namespace = time.monotonic, settings.watched_namespace
    telemetry = Telemetry(
        registry, WatchActivity(clock, [kind.kind for kind in (*OWNER_KINDS, *CHILD_KINDS)])
    )
    cache, owners = ChildCache(), Owners()
    intake = Intake(cache, owners)
    queue = WorkQueue(clock, random.random, owners.goes_first, telemetry.observe_wait)

    def learn(manifest: Manifest) -> None:
        for key in intake.accept_own(manifest):
            queue.add(key)

    cluster = Cluster(server, telemetry, _make_write_bucket(settings), wrote=learn)
    telemetry.follow(queue.__len__)
    registry.register(RecordMetrics(owners.deployments, owners.versions))
    # Unique for each process: whoever has the holder's identity counts as the holder.
    identity = f"{settings.pod_name}_{uuid.uuid4()}"
    seat = Seat(settings.pod_namespace, settings.lease_name, identity)
    # Events have a bucket of their own, so that a burst of them never delays a write that matters.
    events = TokenBucket(EVENTS_PER_SECOND, EVENT_BURST, clock, asyncio.sleep)
    paces = Paces(EVENTS_PER_SECOND / 2, EVENT_BURST // 2, clock)
    recorder = Recorder(cluster, events, paces, identity, _now)
    observer = Observer(cluster, cache, owners, Strangers(), _make_platform(settings), Publications())
    parts = Parts(cluster, intake, observer, recorder, learn)
    kopf_registry = handlers.make_registry(
        intake,
        telemetry.activity,
        queue,
        login=lambda: (server.url, server.make_session(handlers.make_note(telemetry))),
    )
    collector = _make_collector(settings, observer, queue, registry)
    return Crew(
        lease=Lease(cluster, seat, Time(clock, _now, asyncio.sleep)),
        resync=Resync(cluster, intake, namespace, queue.add),
        resync_seconds=settings.resync_seconds,
        watch=functools.partial(handlers.watch, kopf_registry, namespace, take_signals),
        collect=functools.partial(collector.run_forever, asyncio.sleep),
        queue=queue,
        reconcile=functools.partial(reconcile, parts=parts),
        workers=settings.workers,
        telemetry=telemetry,
    )


def _make_collector(
    settings: Settings, observer: Observer, queue: WorkQueue, registry: CollectorRegistry
) -> Collector:
    collector = Collector(
        owners=observer.owners,
        targets=Targets(observer.cluster, observer.cache),
        profiles=Profiles(time.monotonic),
        publications=observer.publications,
        telemetry=ScrapeTelemetry(registry),
        add=queue.add,
        clock=Clock(time.monotonic, time.time, random.random),
        interval=settings.scrape_seconds,
    )
    registry.register(EvidenceMetrics(collector.readings))
    return collector


def _make_platform(settings: Settings) -> Platform:
    """Return what the settings say about images, the default store and the pods' service account."""
    return Platform(
        trainer_image=Image(settings.trainer_image, settings.image_pull_policy),
        server_image=Image(settings.server_image, settings.image_pull_policy),
        store=Store(
            claim=settings.store_claim,
            size=settings.store_size,
            storage_class=settings.store_class,
            access_mode=settings.store_access_mode,
        ),
        service_account=settings.pod_service_account,
        fetch_allow=settings.fetch_allow,
        network=_make_network(settings) if settings.pod_network_policy else None,
    )


def _make_network(settings: Settings) -> Network:
    return Network(
        blocked=entries_of(settings.pod_network_blocked),
        operator_namespace=settings.pod_namespace,
        metrics_namespaces=entries_of(settings.pod_metrics_namespaces),
    )


def _make_write_bucket(settings: Settings) -> TokenBucket:
    rate = settings.writes_per_second
    return TokenBucket(rate, max(1.0, rate * WRITE_BURST_SECONDS), time.monotonic, asyncio.sleep)


def _take_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
