"""The objects of our kinds as the watch has shown them, and which deployments name or reject which version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leeway.api.condition import READY, STALLED
from leeway.api.kinds import MODEL_DEPLOYMENT, MODEL_VERSION, Key, Kind, Manifest, key_of
from leeway.shell.watch.cache import discard
from leeway.shell.watch.freshness import Freshness

_DESIRE = ("uid", "generation", "annotations", "deletionTimestamp")


@dataclass(frozen=True, slots=True)
class Owner:
    """One TrainingJob, ModelVersion or ModelDeployment, as last seen."""

    manifest: Manifest

    @property
    def desire(self) -> tuple[Any, ...]:
        """Return what a user can change of the object, by which its own key is woken; never its status."""
        # Annotations, which do not raise the generation; a uid, since an object may be deleted and created again
        # between two events.
        return tuple(self.manifest["metadata"].get(name) for name in _DESIRE)

    @property
    def standing(self) -> tuple[Any, ...]:
        """Return what a ModelVersion's status says to the ModelDeployments that name it."""
        # Only what they depend on: other changes of a version would wake every deployment of it for nothing.
        status = self.manifest.get("status") or {}
        is_current = status.get("observedGeneration") == self.manifest["metadata"].get("generation")
        conditions = (
            (c.get("type"), c.get("status"), c.get("reason"), c.get("message"))
            for c in status.get("conditions") or []
            if c.get("type") in {READY, STALLED}
        )
        return (is_current, *conditions)

    @property
    def version(self) -> str:
        """Return the ModelVersion that a ModelDeployment desires; an empty text for the other kinds."""
        if self.manifest["kind"] != MODEL_DEPLOYMENT.kind:
            return ""
        return str((self.manifest.get("spec") or {}).get("modelVersionName", ""))

    @property
    def rejections(self) -> frozenset[tuple[str, int]]:
        """Return version and decision of each rollback for what a model answered, as a ModelDeployment records it."""
        if self.manifest["kind"] != MODEL_DEPLOYMENT.kind:
            return frozenset()
        rejected = (self.manifest.get("status") or {}).get("rejected") or []
        return frozenset(
            (str(one.get("modelVersionName", "")), int(one.get("decisionId") or 0))
            for one in rejected
            if one.get("isAboutModel")
        )

    @property
    def rejected_versions(self) -> frozenset[str]:
        """Return the versions of these rejections."""
        return frozenset(version for version, _ in self.rejections)


class Owners:
    """The objects of our kinds by key."""

    # A reconcile plans from what is held here. That is safe, since a status write is fenced by the resourceVersion:
    # what was planned from an overtaken object cannot be recorded, and what is not recorded is not done (decision
    # 0011).
    def __init__(self) -> None:
        self.freshness = Freshness()
        self._owners: dict[Key, Owner] = {}
        self._naming: dict[tuple[str, str], set[Key]] = defaultdict(set)
        self._rejecting: dict[tuple[str, str], set[Key]] = defaultdict(set)

    def put(self, manifest: Manifest) -> bool:
        """Hold the object in this version; return whether it is news."""
        if not self.freshness.take(manifest):
            return False
        key = key_of(manifest)
        self._unlink(key)
        # Never read, and a good part of the memory that an object takes.
        manifest["metadata"].pop("managedFields", None)
        owner = Owner(manifest)
        self._owners[key] = owner
        if owner.version:
            self._naming[key.namespace, owner.version].add(key)
        for version in owner.rejected_versions:
            self._rejecting[key.namespace, version].add(key)
        return True

    def remove(self, key: Key, uid: str, version: int) -> bool:
        """Forget the object of this uid; return whether we believed that it existed."""
        if not self.freshness.drop(key, uid, version):
            return False
        self._unlink(key)
        self._owners.pop(key, None)
        return True

    def get(self, key: Key) -> Owner | None:
        """Return the object as last seen."""
        return self._owners.get(key)

    def find_version(self, namespace: str, name: str) -> Manifest | None:
        """Return a ModelVersion as last seen."""
        owner = self._owners.get(Key(MODEL_VERSION.kind, namespace, name))
        return owner.manifest if owner else None

    def deployments_naming(self, namespace: str, version: str) -> tuple[Key, ...]:
        """Return the ModelDeployments that desire this ModelVersion, ordered by name."""
        return tuple(sorted(self._naming.get((namespace, version), ())))

    def deployments_rejecting(self, namespace: str, version: str) -> tuple[Manifest, ...]:
        """Return the ModelDeployments that rolled this ModelVersion back for what it answered, ordered by name."""
        keys = sorted(self._rejecting.get((namespace, version), ()))
        return tuple(self._owners[key].manifest for key in keys)

    def deployments(self) -> Iterator[Manifest]:
        """Yield the ModelDeployments as last seen."""
        yield from self._of_kind(MODEL_DEPLOYMENT)

    def versions(self) -> Iterator[Manifest]:
        """Yield the ModelVersions as last seen."""
        yield from self._of_kind(MODEL_VERSION)

    def goes_first(self, key: Key) -> bool:
        """Return whether the key is a ModelDeployment that has a status."""
        # One with a status may serve already; a burst of new objects must not delay its rollout.
        owner = self._owners.get(key)
        return key.kind == MODEL_DEPLOYMENT.kind and owner is not None and bool(owner.manifest.get("status"))

    def _of_kind(self, kind: Kind) -> Iterator[Manifest]:
        return (owner.manifest for key, owner in self._owners.items() if key.kind == kind.kind)

    def _unlink(self, key: Key) -> None:
        held = self._owners.get(key)
        if held is None:
            return
        discard(self._naming, (key.namespace, held.version), key)
        for version in held.rejected_versions:
            discard(self._rejecting, (key.namespace, version), key)
