"""A fake of our own seam to Kubernetes: objects in a dict, every write on a list, failures on demand."""

from __future__ import annotations

import json
from collections.abc import Callable

from leeway.api.kinds import Key, Kind, Manifest, key_of
from leeway.core.plan import Event
from leeway.shell.cache import ChildCache
from leeway.shell.cluster import AlreadyExists, Conflict, Listing

Failure = Callable[[str, Key], Exception | None]


def never(verb: str, key: Key) -> Exception | None:
    return None


class FakeCluster:
    """Holds objects as an API server would, and tells the cache of each child as the watch would."""

    def __init__(self, *objects: Manifest, fails: Failure = never) -> None:
        self.cache = ChildCache()
        self.objects: dict[Key, Manifest] = {}
        self.writes: list[str] = []
        self.fails = fails
        self._version = 100
        for manifest in objects:
            self._store(manifest)

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = self.objects.get(Key(kind.kind, namespace, name))
        return json.loads(json.dumps(found)) if found else None

    async def list_(self, kind: Kind, namespace: str, field_selector: str) -> list[Manifest]:
        field, _, value = field_selector.rpartition("=")
        keys = [key for key in self.objects if (key.kind, key.namespace) == (kind.kind, namespace)]
        return [
            self.objects[key]
            for key in keys
            if self.objects[key]["spec"][field.removeprefix("spec.")] == value
        ]

    async def list_at(self, kind: Kind, namespace: str, label_selector: str = "") -> Listing:
        found = [o for key, o in self.objects.items() if (key.kind, key.namespace) == (kind.kind, namespace)]
        wanted = dict([label_selector.split("=")]).items()
        return Listing([o for o in found if wanted <= o["metadata"].get("labels", {}).items()], self._version)

    async def create(self, manifest: Manifest) -> Manifest:
        key = self._noted("create", manifest)
        if key in self.objects:
            raise AlreadyExists(str(key))
        return self._store(manifest)

    async def apply(self, manifest: Manifest) -> Manifest:
        key = self._noted("apply", manifest)
        held = self.objects.get(key, {})
        merged = {**held, **manifest, "metadata": {**held.get("metadata", {}), **manifest["metadata"]}}
        return self._store(merged)

    async def delete(self, key: Key, uid: str) -> None:
        self.writes.append(f"delete {key.kind} {key.name}")
        held = self.objects.get(key)
        if held and held["metadata"]["uid"] == uid:
            del self.objects[key]
            self.cache.remove(key, uid, self._version)

    async def write_status(self, manifest: Manifest) -> Manifest:
        key = self._noted("status", manifest)
        held = self.objects[key]
        if held["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise Conflict(str(key))
        return self._store({**held, "status": manifest["status"]})

    def _noted(self, verb: str, manifest: Manifest) -> Key:
        key = key_of(manifest)
        self.writes.append(f"{verb} {key.kind} {key.name}")
        if (failure := self.fails(verb, key)) is not None:
            raise failure
        return key

    def _store(self, manifest: Manifest) -> Manifest:
        self._version += 1
        stored: Manifest = json.loads(json.dumps(manifest))
        stored["metadata"].setdefault("uid", f"uid-{self._version}")
        stored["metadata"].setdefault("generation", 1)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self.objects[key_of(stored)] = stored
        self.cache.put(json.loads(json.dumps(stored)))
        return json.loads(json.dumps(stored))  # type: ignore[no-any-return]


class FakeRecorder:
    """Keeps the reasons of Events."""

    def __init__(self, writes: list[str]) -> None:
        self._writes = writes

    async def record(self, regarding: Manifest, event: Event) -> None:
        self._writes.append(f"event {event.reason}")
