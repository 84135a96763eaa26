"""A fake of our own seam to Kubernetes: objects in a dict, every write on a list, failures on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from leeway.api.kinds import Key, Kind, Manifest, key_of
from leeway.core.deployment.children.workload import CONTAINER
from leeway.core.pods.platform import Platform
from leeway.reconcilers import Parts
from leeway.shell.cluster import AlreadyExists, Cluster, Conflict, Listing
from leeway.shell.evidence.publications import Publications
from leeway.shell.observe import Observer, now
from leeway.shell.rate import Paces, TokenBucket
from leeway.shell.recorder import Recorder
from leeway.shell.watch.cache import ChildCache, Strangers
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from tests.core.worlds import PLATFORM

Failure = Callable[[str, Key], BaseException | None]


class Crash(BaseException):
    """The process dies here."""


def never(verb: str, key: Key) -> BaseException | None:
    return None


class FakeCluster:
    """Holds objects as an API server would, and tells the intake of each as the watch would.

    `fails` is asked before a write is stored, `dies` after it was.
    """

    def __init__(self, *objects: Manifest, fails: Failure = never, dies: Failure = never) -> None:
        self.intake = Intake(ChildCache(), Owners())
        self.objects: dict[Key, Manifest] = {}
        self.events: dict[str, Manifest] = {}
        self.writes: list[str] = []
        self.reads: list[str] = []
        self.woken: list[Key] = []
        self.fails = fails
        self.dies = dies
        self._version = 100
        for manifest in objects:
            self.store(manifest)

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        self.reads.append(f"{kind.kind} {name}")
        return _copied(self.objects.get(Key(kind.kind, namespace, name)))

    async def list_at(
        self, kind: Kind, namespace: str, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        self.reads.append(f"list {kind.kind}")
        if (failure := self.fails("list", Key(kind.kind, namespace, ""))) is not None:
            raise failure
        found = [o for key, o in self.objects.items() if (key.kind, key.namespace) == (kind.kind, namespace)]
        labels = _selected(label_selector).items()
        return Listing(
            [
                manifest
                for manifest in found
                if labels <= manifest["metadata"].get("labels", {}).items()
                and all(_field(manifest, path) == text for path, text in _selected(field_selector).items())
            ],
            self._version,
        )

    async def create(self, manifest: Manifest) -> Manifest:
        key = self._noted("create", manifest)
        if key in self.objects:
            raise AlreadyExists(str(key))
        return self._stored("create", manifest)

    async def apply(self, manifest: Manifest, *, is_new: bool = False) -> Manifest:
        if is_new:
            return await self.create(manifest)
        key = self._noted("apply", manifest)
        held = self.objects.get(key, {})
        merged = {**held, **manifest, "metadata": {**held.get("metadata", {}), **manifest["metadata"]}}
        if held and held.get("spec") != manifest.get("spec"):
            merged["metadata"]["generation"] = held["metadata"]["generation"] + 1
        return self._stored("apply", merged)

    async def delete(self, key: Key, uid: str) -> bool:
        self.writes.append(f"delete {key.kind} {key.name}")
        held = self.objects.get(key)
        if held is None or held["metadata"]["uid"] != uid:
            return False
        if (failure := self.fails("delete", key)) is not None:
            raise failure
        del self.objects[key]
        self._die("delete", held)
        self.woken += self.intake.drop(key, uid, self._version)
        return True

    async def write_status(self, manifest: Manifest) -> Manifest:
        key = self._noted("status", manifest)
        held = self.objects[key]
        if held["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise Conflict(str(key))
        return self._stored("status", {**held, "status": manifest["status"]})

    async def record(self, event: Manifest) -> None:
        self._noted("event", event | {"metadata": event["metadata"] | {"name": event["reason"]}})
        self.events.setdefault(event["metadata"]["name"], event)
        self._die("event", event)

    def store(self, manifest: Manifest) -> Manifest:
        """Store an object as somebody else's write would, and show it to the watch."""
        self._version += 1
        stored = cast(Manifest, _copied(manifest))
        stored["metadata"].setdefault("uid", f"uid-{self._version}")
        stored["metadata"].setdefault("generation", 1)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self.objects[key_of(stored)] = stored
        self.woken += self.intake.accept(cast(Manifest, _copied(stored)))
        return cast(Manifest, _copied(stored))

    def remove(self, key: Key) -> None:
        """Remove an object as somebody else's deletion would, and show that to the watch."""
        self._version += 1
        removed = self.objects.pop(key)
        self.woken += self.intake.drop(key, removed["metadata"]["uid"], self._version)

    def store_unseen(self, manifest: Manifest) -> None:
        """Store an object that no watch shows, such as one of somebody else under the name of a child."""
        self._version += 1
        metadata = {
            "uid": f"uid-{self._version}",
            **manifest["metadata"],
            "resourceVersion": str(self._version),
        }
        self.objects[key_of(manifest)] = {**manifest, "metadata": metadata}

    def make_available(self) -> None:
        """Let the Deployment controller bring every pod up."""
        for manifest in [o for o in self.objects.values() if o["kind"] == "Deployment"]:
            count = manifest["spec"]["replicas"]
            status = {
                "observedGeneration": manifest["metadata"]["generation"],
                "availableReplicas": count,
                "readyReplicas": count,
                "replicas": count,
            }
            self.store({**manifest, "status": status})

    def end_job(self, message: Mapping[str, object], *, container: str = CONTAINER) -> None:
        """Let every Job complete, with a pod that left this message behind."""
        for job in [o for o in self.objects.values() if o["kind"] == "Job"]:
            metadata = job["metadata"]
            owner = {
                "kind": "Job",
                "apiVersion": "batch/v1",
                "name": metadata["name"],
                "uid": metadata["uid"],
            }
            ended = {"exitCode": 0, "message": json.dumps(message), "finishedAt": "2026-11-21T12:00:00Z"}
            self.store(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {
                        "name": f"{metadata['name']}-x",
                        "namespace": metadata["namespace"],
                        "labels": metadata["labels"],
                        "ownerReferences": [{**owner, "controller": True}],
                    },
                    "spec": {"containers": [{"name": container}]},
                    "status": {
                        "phase": "Succeeded",
                        "containerStatuses": [{"name": container, "state": {"terminated": ended}}],
                    },
                }
            )
            condition = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-21T12:00:00Z"}
            self.store({**job, "status": {"conditions": [condition], "succeeded": 1}})

    def _stored(self, verb: str, manifest: Manifest) -> Manifest:
        self._version += 1
        stored = cast(Manifest, _copied(manifest))
        stored["metadata"].setdefault("uid", f"uid-{self._version}")
        stored["metadata"].setdefault("generation", 1)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self.objects[key_of(stored)] = stored
        self._die(verb, stored)
        self.woken += self.intake.accept_own(cast(Manifest, _copied(stored)))
        return cast(Manifest, _copied(stored))

    def _noted(self, verb: str, manifest: Manifest) -> Key:
        key = key_of(manifest)
        self.writes.append(f"{verb} {manifest['reason'] if verb == 'event' else f'{key.kind} {key.name}'}")
        if (failure := self.fails(verb, key)) is not None:
            raise failure
        return key

    def _die(self, verb: str, manifest: Manifest) -> None:
        if (death := self.dies(verb, key_of(manifest))) is not None:
            raise death


def make_parts(
    cluster: FakeCluster,
    publications: Publications | None = None,
    clock: Callable[[], datetime] = now,
    platform: Platform = PLATFORM,
) -> Parts:
    """Return what a process works with that has just listed everything."""
    cluster.intake = Intake(ChildCache(), Owners())
    for manifest in cluster.objects.values():
        if _is_watched(manifest):
            cluster.intake.accept(cast(Manifest, _copied(manifest)))
    seam = cast(Cluster, cluster)
    bucket = TokenBucket(1e6, 1e6, lambda: 0.0, _no_sleep)
    caches = cluster.intake.cache, cluster.intake.owners
    observer = Observer(seam, *caches, Strangers(), platform, publications or Publications(), clock)

    def learn(manifest: Manifest) -> None:
        cluster.woken += cluster.intake.accept_own(manifest)

    recorder = Recorder(seam, bucket, Paces(1e6, 1000, lambda: 0.0), "test", clock)
    return Parts(seam, cluster.intake, observer, recorder, learn)


async def _no_sleep(seconds: float) -> None:
    """A full bucket never waits."""


def _selected(selector: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in selector.split(",") if part)


def _field(manifest: Manifest, path: str) -> object:
    value: object = manifest
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _is_watched(manifest: Manifest) -> bool:
    is_ours = manifest["apiVersion"].startswith("leeway.dev/")
    label = manifest["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by")
    return bool(is_ours or label == "leeway")


def _copied(manifest: Manifest | None) -> Manifest | None:
    return cast(Manifest, json.loads(json.dumps(manifest))) if manifest is not None else None
