"""A held canary beside stable on the fake cluster, its pods on loopback, and the collector of one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry

from leeway.api.kinds import Key, Manifest
from leeway.core.names import revision_deployment
from leeway.reconcilers import Parts, reconcile
from leeway.shell.evidence.collector import Clock, Collector
from leeway.shell.evidence.profiles import Profiles
from leeway.shell.evidence.publications import Publications
from leeway.shell.evidence.scrape import make_scrape_session
from leeway.shell.evidence.targets import Targets
from leeway.shell.telemetry import ScrapeTelemetry
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, passes, run_rollout
from tests.core.runtime.fleet import Fleet, Server, fleet_serving
from tests.core.runtime.worlds import HandClock
from tests.core.worlds import NAMESPACE, model_deployment, model_version

STEP = {"steps": [{"weight": 50, "pause": True}]}
MINUTE = 75.0  # after which counts are due to be written, however the dice fell


@dataclass
class Process:
    """What dies with the operator."""

    parts: Parts
    collector: Collector
    registry: CollectorRegistry
    woken: list[Key]


@dataclass
class HeldCanary:
    """A ModelDeployment `iris` of two versions; stable has two pods, the canary one."""

    cluster: FakeCluster
    fleet: Fleet
    session: aiohttp.ClientSession
    clock: HandClock = field(default_factory=HandClock)
    process: Process = field(init=False)
    pods: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Let another process begin, which knows only what is stored."""
        cluster, registry, publications = self.cluster, CollectorRegistry(), Publications()
        woken: list[Key] = []
        parts = make_parts(cluster, publications, self.clock.now)
        observer = parts.observer
        collector = Collector(
            owners=observer.owners,
            targets=Targets(observer.cluster, observer.cache, self.fleet.port),
            profiles=Profiles(self.clock),
            publications=publications,
            telemetry=ScrapeTelemetry(registry),
            add=woken.append,
            clock=Clock(self.clock, lambda: self.clock.now().timestamp(), lambda: 0.5),
            interval=5,
        )
        self.process = Process(parts, collector, registry, woken)

    async def round(self, seconds: float = 5.0) -> None:
        """Let one scrape round pass, and then the reconciles that it asks for."""
        self.clock.seconds += seconds
        await self.process.collector.run_round(self.session)
        await self.reconcile()

    async def reconcile(self) -> None:
        """Reconcile what the collector asked for."""
        while self.process.woken:
            await reconcile(self.process.woken.pop(), self.process.parts)

    async def reconcile_own(self) -> None:
        """Reconcile the ModelDeployment, as after a change of its spec."""
        await reconcile(DEPLOYMENT, self.process.parts)

    @property
    def uid(self) -> str:
        """The ModelDeployment's uid."""
        return str(self.cluster.objects[DEPLOYMENT]["metadata"]["uid"])

    def change(self, **spec: Any) -> None:
        """Change the spec, as a user would."""
        manifest = self.cluster.objects[DEPLOYMENT]
        self.cluster.store({**manifest, "spec": {**manifest["spec"], **spec}})

    @property
    def status(self) -> dict[str, Any]:
        """The status as it is stored."""
        found: dict[str, Any] = self.cluster.objects[DEPLOYMENT]["status"]
        return found

    def requests(self) -> tuple[int, int]:
        """The requests of canary and stable that the status counts."""
        evidence = self.status["evidence"]
        return evidence["canary"]["requests"], evidence["stable"]["requests"]

    def add_pod(self, name: str, place: str, **status: Any) -> Server:
        """Let the cluster start a pod of `stable` or of the `canary`."""
        running = self.status[place]
        workload = revision_deployment("iris", running["revision"])
        deployment = self.cluster.objects[Key("Deployment", NAMESPACE, workload)]
        replica_set = owned("ReplicaSet", f"{workload}-x", deployment, uid=f"rs-{running['revision']}")
        self.cluster.store_unseen(replica_set)
        address = self.fleet.address()
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        pod = owned("Pod", name, replica_set, uid=f"uid-of-{name}", labels=labels)
        standing = {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": "True"}]}
        self.cluster.store({**pod, "spec": {}, "status": standing | status})
        self.pods[name] = self.fleet.servers[address] = Server(running["modelVersionName"])
        return self.pods[name]

    async def remove_pod(self, name: str) -> None:
        """Let a pod go; its server answers nobody any more."""
        await self.cluster.delete(Key("Pod", NAMESPACE, name), f"uid-of-{name}")
        self.pods[name].answers = "not at all"


def owned(kind: str, name: str, owner: Manifest, **metadata: Any) -> Manifest:
    """An object that another one controls."""
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True,
                 "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}  # fmt: skip
    return {
        "apiVersion": "apps/v1" if kind == "ReplicaSet" else "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [reference], **metadata},
    }


async def make_held(cluster: FakeCluster) -> None:
    """Roll the first version out, and the second one as far as its step."""
    parts = make_parts(cluster, clock=HandClock().now)
    await run_rollout(cluster, parts)
    manifest = cluster.objects[DEPLOYMENT]
    cluster.store({**manifest, "spec": {**manifest["spec"], "modelVersionName": "iris-2", "rollout": STEP}})
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    await passes(cluster, DEPLOYMENT, parts=parts)


@asynccontextmanager
async def held_canary(**spec: Any) -> AsyncIterator[HeldCanary]:
    """A canary that is held, with two pods of stable and one of its own, and nothing counted yet."""
    versions = (model_version("iris-1"), model_version("iris-2", uid="other"))
    cluster = FakeCluster(model_deployment(**spec), *versions)
    await make_held(cluster)
    async with fleet_serving() as fleet, make_scrape_session() as session:
        world = HeldCanary(cluster, fleet, session)
        for name, place in (("a", "stable"), ("b", "stable"), ("c", "canary")):
            world.add_pod(name, place)
        yield world
