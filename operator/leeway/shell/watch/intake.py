"""Remember what is new about one object, and return the keys that must be reconciled because of it."""

from __future__ import annotations

from leeway.api.kinds import GROUP, MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB, Key, Manifest, key_of
from leeway.core.names import LABEL_OWNER_KIND, LABEL_OWNER_NAME
from leeway.shell.watch.cache import OWNER_KINDS, ChildCache, controller_of
from leeway.shell.watch.freshness import version_of
from leeway.shell.watch.owners import Owner, Owners

_OWNER_KIND_NAMES = frozenset(kind.kind for kind in OWNER_KINDS)


class Intake:
    """Feeds the caches from watches, lists and the answers to our own writes."""

    def __init__(self, cache: ChildCache, owners: Owners) -> None:
        self.cache = cache
        self.owners = owners

    def accept(self, manifest: Manifest) -> tuple[Key, ...]:
        """Remember the object in this version; return the keys to reconcile, none if it is no news."""
        key = key_of(manifest)
        if key.kind not in _OWNER_KIND_NAMES:
            return _owner_keys(manifest) if self.cache.put(manifest) else ()
        before = self.owners.get(key)
        if not self.owners.put(manifest):
            return ()
        return self._concerned(key, before, self.owners.get(key))

    def accept_own(self, manifest: Manifest) -> tuple[Key, ...]:
        """Remember what our own write returned; return the other keys to reconcile because of it."""
        if manifest["kind"] in _OWNER_KIND_NAMES:
            return self.accept(manifest)
        self.cache.put(manifest)
        # The reconcile that wrote a child knows what it wrote. What becomes of it comes by the watch.
        return ()

    def drop(self, key: Key, uid: str, version: int) -> tuple[Key, ...]:
        """Forget the object of this uid; return the keys to reconcile, none if it was not known."""
        if key.kind in _OWNER_KIND_NAMES:
            before = self.owners.get(key)
            return self._concerned(key, before, None) if self.owners.remove(key, uid, version) else ()
        held = self.cache.remove(key, uid, version)
        return () if held is None else _owner_keys(held)

    def forget_child(self, key: Key, uid: str) -> None:
        """Forget a child of which the API server says that there is none of this uid."""
        held = self.cache.get(key)
        if held is not None:
            self.cache.remove(key, uid, version_of(held))

    def ghosts(self, kind: str, listed: set[str], at: int) -> list[tuple[Key, str]]:
        """Return key and uid of known objects that a LIST at the resourceVersion `at` lacks."""
        store = self.owners if kind in _OWNER_KIND_NAMES else self.cache
        return store.freshness.ghosts(kind, listed, at)

    def _concerned(self, key: Key, before: Owner | None, after: Owner | None) -> tuple[Key, ...]:
        """Return the keys to reconcile after a change of an object of our kinds."""
        # Its own key only when a user changed it, never for its status alone. We wrote that: waking on it would be a
        # second reconcile for each write, and a loop as soon as a status has numbers that change. A plan that needs
        # another reconcile says when.
        is_desired_anew = before is None or after is None or before.desire != after.desire
        own = (key,) if is_desired_anew else ()
        if key.kind == MODEL_VERSION.kind:
            return (*own, *self._followers(key, before, after))
        if key.kind == MODEL_DEPLOYMENT.kind:
            return (*own, *self._versions_affected(key, before, after))
        return own

    def _followers(self, key: Key, before: Owner | None, after: Owner | None) -> list[Key]:
        """Return the keys to reconcile after a change of a ModelVersion: its deployments, its TrainingJob."""
        naming = self.owners.deployments_naming(key.namespace, key.name)
        if before is not None and after is not None:
            return list(naming) if before.standing != after.standing else []
        # One that was created ends its TrainingJob, which waits for it under the same name.
        maker = Key(TRAINING_JOB.kind, key.namespace, key.name)
        return [*naming, *([maker] if self.owners.get(maker) is not None else [])]

    def _versions_affected(self, key: Key, before: Owner | None, after: Owner | None) -> list[Key]:
        """Return the ModelVersions that a change of a ModelDeployment concerns.

        Of `status.deploymentNames` these are the former and the new one named; of quarantine, those rejected now.
        """
        names = {owner.version if owner else "" for owner in (before, after)}
        concerned = names if len(names) > 1 else set()
        concerned |= {version for version, _ in _rejections(after) - _rejections(before)}
        keys = (Key(MODEL_VERSION.kind, key.namespace, name) for name in sorted(concerned) if name)
        return [version for version in keys if self.owners.get(version) is not None]


def _rejections(owner: Owner | None) -> frozenset[tuple[str, int]]:
    return owner.rejections if owner else frozenset()


def _owner_keys(manifest: Manifest) -> tuple[Key, ...]:
    """Return the key of a child's owner, by its controller or, for Pods, by its labels."""
    # A Pod's controller is a Job or a ReplicaSet. ReplicaSets are not watched, so the labels have to say it. They
    # wake a key and prove nothing: what a pod is taken for is decided by uid or by the revision's label.
    namespace = manifest["metadata"]["namespace"]
    reference = controller_of(manifest)
    # Anybody may write an ownerReference: one to a kind that we do not have is no key of ours.
    if (
        reference is not None
        and reference["apiVersion"].startswith(f"{GROUP}/")
        and reference["kind"] in _OWNER_KIND_NAMES
    ):
        return (Key(reference["kind"], namespace, reference["name"]),)
    labels = manifest["metadata"].get("labels") or {}
    kind, name = labels.get(LABEL_OWNER_KIND), labels.get(LABEL_OWNER_NAME)
    return (Key(kind, namespace, name),) if kind in _OWNER_KIND_NAMES and name else ()
