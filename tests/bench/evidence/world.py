"""Held canaries as the operator knows them: objects, ReplicaSets and pods, without an API server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from prometheus_client import CollectorRegistry

from leeway.api.kinds import Key, Kind, Manifest, key_of
from leeway.core.names import LABEL_DEPLOYMENT, revision_deployment
from leeway.shell.cluster import Cluster
from leeway.shell.evidence.collector import Clock, Collector
from leeway.shell.evidence.profiles import Profiles
from leeway.shell.evidence.publications import Publications
from leeway.shell.evidence.targets import Targets
from leeway.shell.telemetry import ScrapeTelemetry
from leeway.shell.watch.cache import ChildCache
from leeway.shell.watch.owners import Owners
from tests.bench.evidence.pods import address_of, digest_of, profile_of

GATES = [
    {"name": "columns", "metric": "DataDrift"},
    {"name": "errors", "metric": "ErrorRate"},
    {"name": "latency", "metric": "Latency"},
]
REVISIONS = ("0000000000", "1111111111")  # stable and canary


@dataclass
class Shelf:
    """Objects that are read by name, as from an API server."""

    objects: dict[Key, Manifest]

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Return the object, or None."""
        return self.objects.get(Key(kind.kind, namespace, name))


def make_collector(
    pairs: int, port: int, interval: float, add: Callable[[Key], None], clock: Clock
) -> Collector:
    """Return the collector of an operator with so many held canaries, each arm of one pod."""
    owners, cache, shelf = Owners(), ChildCache(), Shelf({})
    for pair in range(pairs):
        put_pair(pair, owners, cache, shelf)
    return Collector(
        owners=owners,
        targets=Targets(cast(Cluster, shelf), cache, port),
        profiles=Profiles(clock.monotonic),
        publications=Publications(),
        telemetry=ScrapeTelemetry(CollectorRegistry()),
        add=add,
        clock=clock,
        interval=interval,
    )


def put_pair(pair: int, owners: Owners, cache: ChildCache, shelf: Shelf) -> None:
    """Let the operator know one held canary, its two versions and its two pods."""
    name = f"deployment-{pair}"
    numbers = (2 * pair, 2 * pair + 1)
    owners.put(make_deployment(name, numbers))
    for number, revision in zip(numbers, REVISIONS, strict=True):
        owners.put(make_version(number))
        workload = make(
            "Deployment", revision_deployment(name, revision), f"uid-of-{name}", "ModelDeployment"
        )
        replica_set = make("ReplicaSet", f"{workload['metadata']['name']}-x", uid_of(workload), "Deployment")
        pod = make(
            "Pod", f"pod-{number}", uid_of(replica_set), "ReplicaSet", of=replica_set["metadata"]["name"]
        )
        pod["metadata"]["labels"] = {LABEL_DEPLOYMENT: name}
        pod["status"] = {
            "phase": "Running", "podIP": address_of(number), "conditions": [{"type": "Ready", "status": "True"}],
        }  # fmt: skip
        cache.put(workload)
        cache.put(pod)
        shelf.objects[key_of(replica_set)] = replica_set


def make_deployment(name: str, numbers: tuple[int, int]) -> Manifest:
    """Return a ModelDeployment whose canary is held."""
    manifest = make("ModelDeployment", name)
    manifest["spec"] = {
        "modelName": "bench", "modelVersionName": f"version-{numbers[1]}", "gates": GATES,
        "rollout": {"steps": [{"weight": 50, "pause": True}]},
    }  # fmt: skip
    stable, canary = (
        {"modelVersionName": f"version-{number}", "revision": revision}
        for number, revision in zip(numbers, REVISIONS, strict=True)
    )
    manifest["status"] = {
        "stable": stable,
        "canary": canary | {"step": 1, "stepTime": "2026-11-21T12:00:00Z"},
    }
    return manifest


def make_version(number: int) -> Manifest:
    """Return a ModelVersion with a profile."""
    manifest = make("ModelVersion", f"version-{number}")
    manifest["spec"] = {"files": {"profile": {"digest": digest_of(profile_of(f"version-{number}"))}}}
    return manifest


def make(kind: str, name: str, owner: str = "", owner_kind: str = "", of: str = "owner") -> Manifest:
    """Return an object, and who controls it."""
    versions = {"ModelDeployment": "leeway.dev/v1alpha1", "ModelVersion": "leeway.dev/v1alpha1", "Pod": "v1"}
    metadata: dict[str, Any] = {
        "name": name, "namespace": "bench", "uid": f"uid-of-{name}", "resourceVersion": "1", "generation": 1,
    }  # fmt: skip
    if owner:
        api = versions.get(owner_kind, "apps/v1")
        reference = {"apiVersion": api, "kind": owner_kind, "name": of, "uid": owner, "controller": True}
        metadata["ownerReferences"] = [reference]
    return {"apiVersion": versions.get(kind, "apps/v1"), "kind": kind, "metadata": metadata}


def uid_of(manifest: Manifest) -> str:
    """Return an object's uid."""
    return str(manifest["metadata"]["uid"])
