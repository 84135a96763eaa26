"""What the watches have shown of the children, and which objects of ours there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from leeway.api.kinds import (
    DEPLOYMENT,
    JOB,
    MODEL_DEPLOYMENT,
    MODEL_VERSION,
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
from leeway.shell.freshness import Freshness

OWNER_KINDS: tuple[Kind, ...] = (MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB)
CHILD_KINDS: tuple[Kind, ...] = (
    JOB,
    DEPLOYMENT,
    SERVICE,
    POD_DISRUPTION_BUDGET,
    PERSISTENT_VOLUME_CLAIM,
    POD,
)
CHILD_SELECTOR = "app.kubernetes.io/managed-by=leeway"

_CHILD_KIND_NAMES = frozenset(kind.kind for kind in CHILD_KINDS)

_At = TypeVar("_At", bound=Hashable)
_Label = tuple[str, str, str]


class ChildCache:
    """The children as last seen, by key, by controlling owner, and the Pods by each of their labels.

    What the API server answers to our own writes is put in at once, so that we read what we wrote.
    """

    def __init__(self) -> None:
        self.freshness = Freshness()
        self._manifests: dict[Key, Manifest] = {}
        self._by_controller: dict[str, set[Key]] = defaultdict(set)
        self._pods: dict[_Label, set[Key]] = defaultdict(set)
        self._seen: set[str] = set()

    def put(self, manifest: Manifest) -> bool:
        """The child is held in this version; answers False if it is no news, or no kind of child."""
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
        """The child of this uid is not held any more, unless it comes back newer; answers what was held."""
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

    def mark_seen(self, kind: Kind) -> None:
        """All objects of this kind have been listed at least once."""
        self._seen.add(kind.kind)

    def seen(self, kind: Kind) -> bool:
        """Tell whether all objects of this kind have been listed at least once."""
        return kind.kind in self._seen

    def _unlink(self, key: Key) -> None:
        held = self._manifests.get(key)
        if held is None:
            return
        for label in _pod_labels(held):
            _discard(self._pods, label, key)
        if (uid := controller_uid(held)) is not None:
            _discard(self._by_controller, uid, key)


@dataclass(frozen=True, slots=True)
class Owner:
    """What we keep of one object of ours: which version it names, and whether it has been looked at."""

    version: str
    has_status: bool


class OwnerIndex:
    """Which TrainingJobs, ModelVersions and ModelDeployments there are, and who names which version."""

    def __init__(self) -> None:
        self.freshness = Freshness()
        self._owners: dict[Key, Owner] = {}
        self._naming: dict[tuple[str, str], set[Key]] = defaultdict(set)

    def put(self, manifest: Manifest) -> bool:
        """The object is known in this version; answers False if it is no news."""
        if not self.freshness.take(manifest):
            return False
        key = key_of(manifest)
        self._unlink(key)
        version = (
            (manifest.get("spec") or {}).get("modelVersionName", "")
            if key.kind == MODEL_DEPLOYMENT.kind
            else ""
        )
        self._owners[key] = Owner(version, bool(manifest.get("status")))
        if version:
            self._naming[key.namespace, version].add(key)
        return True

    def remove(self, key: Key, uid: str, version: int) -> bool:
        """The object of this uid is known to be gone; answers whether we believed it existed."""
        if not self.freshness.drop(key, uid, version):
            return False
        self._unlink(key)
        self._owners.pop(key, None)
        return True

    def get(self, key: Key) -> Owner | None:
        """Return what is kept of the object."""
        return self._owners.get(key)

    def deployments_naming(self, namespace: str, version: str) -> tuple[Key, ...]:
        """Return the ModelDeployments whose `spec.modelVersionName` is this ModelVersion, ordered by name."""
        return tuple(sorted(self._naming.get((namespace, version), ())))

    def goes_first(self, key: Key) -> bool:
        """Tell whether the key is a ModelDeployment already at work, which no burst of new objects may delay."""
        owner = self._owners.get(key)
        return key.kind == MODEL_DEPLOYMENT.kind and owner is not None and owner.has_status

    def _unlink(self, key: Key) -> None:
        held = self._owners.get(key)
        if held is not None and held.version:
            _discard(self._naming, (key.namespace, held.version), key)


def controller_uid(manifest: Manifest) -> str | None:
    """Return the uid of the object that controls this one."""
    reference = controller_of(manifest)
    return None if reference is None else str(reference["uid"])


def controller_of(manifest: Manifest) -> Manifest | None:
    """Return the ownerReference of the object that controls this one."""
    references = manifest["metadata"].get("ownerReferences") or ()
    return next((reference for reference in references if reference.get("controller")), None)


def _pod_labels(manifest: Manifest) -> list[_Label]:
    if manifest["kind"] != POD.kind:
        return []
    metadata = manifest["metadata"]
    return [(metadata["namespace"], *label) for label in (metadata.get("labels") or {}).items()]


def _discard(index: dict[_At, set[Key]], at: _At, key: Key) -> None:
    keys = index.get(at, set())
    keys.discard(key)
    if not keys:
        index.pop(at, None)
