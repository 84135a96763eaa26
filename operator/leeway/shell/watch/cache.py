"""The children as the watches have shown them, and names of children that are taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeVar

from leeway.api.kinds import (
    DEPLOYMENT,
    JOB,
    MODEL_DEPLOYMENT,
    MODEL_VERSION,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    TRAINING_JOB,
    Key,
    Kind,
    Manifest,
    key_of,
)
from leeway.core.names import FIELD_MANAGER, LABEL_MANAGED_BY
from leeway.shell.watch.freshness import Freshness

OWNER_KINDS: tuple[Kind, ...] = (MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB)
CHILD_KINDS: tuple[Kind, ...] = (
    JOB,
    DEPLOYMENT,
    SERVICE,
    POD_DISRUPTION_BUDGET,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    POD,
)
# Watched by label: every pod of the cluster would be too much, and pods of other programs are none of our business.
CHILD_SELECTOR = f"{LABEL_MANAGED_BY}={FIELD_MANAGER}"

_CHILD_KIND_NAMES = frozenset(kind.kind for kind in CHILD_KINDS)

_At = TypeVar("_At", bound=Hashable)
_Label = tuple[str, str, str]


class ChildCache:
    """The children as last seen, by key, by controlling owner, and Pods by each of their labels."""

    # The answers to our own writes are put in at once. A watch may be behind, and a child that was just created would
    # look absent to the next reconcile.
    def __init__(self) -> None:
        self.freshness = Freshness()
        self._manifests: dict[Key, Manifest] = {}
        self._by_controller: dict[str, set[Key]] = defaultdict(set)
        self._pods: dict[_Label, set[Key]] = defaultdict(set)

    def put(self, manifest: Manifest) -> bool:
        """Hold the child in this version; return whether it is news and of a child's kind."""
        if manifest["kind"] not in _CHILD_KIND_NAMES or not self.freshness.take(manifest):
            return False
        key = key_of(manifest)
        self._unlink(key)
        manifest["metadata"].pop("managedFields", None)
        self._manifests[key] = manifest
        for label in _pod_labels(manifest):
            self._pods[label].add(key)
        if (uid := controller_uid(manifest)) is not None:
            self._by_controller[uid].add(key)
        return True

    def remove(self, key: Key, uid: str, version: int) -> Manifest | None:
        """Forget the child of this uid; return what was held, or None."""
        if not self.freshness.drop(key, uid, version):
            return None
        self._unlink(key)
        return self._manifests.pop(key, None)

    def get(self, key: Key) -> Manifest | None:
        """Return the child as last seen."""
        return self._manifests.get(key)

    def children_of(self, uid: str) -> tuple[Manifest, ...]:
        """Return the children that the object of this uid controls, ordered by key."""
        return tuple(self._manifests[key] for key in sorted(self._by_controller.get(uid, ())))

    def pods_of(self, namespace: str, labels: Mapping[str, str]) -> tuple[Manifest, ...]:
        """Return the Pods of a namespace that carry all these labels, ordered by name."""
        sets = [self._pods.get((namespace, *label), set()) for label in labels.items()]
        keys = set.intersection(*sorted(sets, key=len)) if sets else set()
        return tuple(self._manifests[key] for key in sorted(keys))

    def _unlink(self, key: Key) -> None:
        held = self._manifests.get(key)
        if held is None:
            return
        for label in _pod_labels(held):
            discard(self._pods, label, key)
        if (uid := controller_uid(held)) is not None:
            discard(self._by_controller, uid, key)


class Strangers:
    """Names of children that are taken by objects which the watch does not show."""

    # We learn of one when the API server refuses to create a child because it exists: an object of somebody else, or a
    # child that lost the label by which we watch. It is read in each reconcile until it is gone or the watch shows it.
    def __init__(self) -> None:
        self._keys: dict[Key, set[Key]] = defaultdict(set)

    def __len__(self) -> int:
        """Return the number of owners of which a name is taken."""
        return len(self._keys)

    def add(self, owner: Key, key: Key) -> None:
        """Remember that the name of a child of the owner is taken."""
        self._keys[owner].add(key)

    def of(self, owner: Key) -> tuple[Key, ...]:
        """Return the taken names of children of the owner, ordered."""
        return tuple(sorted(self._keys.get(owner, ())))

    def forget(self, owner: Key, key: Key) -> None:
        """Forget a name that is free again, or shown by the watch."""
        discard(self._keys, owner, key)

    def forget_all(self, owner: Key) -> None:
        """Forget the names of an owner that is gone."""
        self._keys.pop(owner, None)


def controller_uid(manifest: Manifest) -> str | None:
    """Return the uid of the object that controls this one."""
    reference = controller_of(manifest)
    return None if reference is None else str(reference["uid"])


def controller_of(manifest: Manifest) -> Manifest | None:
    """Return the ownerReference of the object that controls this one."""
    references = manifest["metadata"].get("ownerReferences") or ()
    return next((reference for reference in references if reference.get("controller")), None)


def discard(index: dict[_At, set[Key]], at: _At, key: Key) -> None:
    """Take a key out of an index, and its place with the last one."""
    keys = index.get(at, set())
    keys.discard(key)
    if not keys:
        index.pop(at, None)


def _pod_labels(manifest: Manifest) -> list[_Label]:
    if manifest["kind"] != POD.kind:
        return []
    metadata = manifest["metadata"]
    return [(metadata["namespace"], *label) for label in (metadata.get("labels") or {}).items()]
