"""What a piece of news about one object means: it is remembered, and these keys want a look."""

from __future__ import annotations

from leeway.api.kinds import (
    GROUP,
    MODEL_DEPLOYMENT,
    MODEL_VERSION,
    TRAINING_JOB,
    Key,
    Manifest,
    key_of,
)
from leeway.core.names import LABEL_OWNER_KIND, LABEL_OWNER_NAME
from leeway.shell.cache import OWNER_KINDS, ChildCache, Owner, OwnerIndex, controller_of

_OWNER_KIND_NAMES = frozenset(kind.kind for kind in OWNER_KINDS)


class Intake:
    """Feeds the cache and the index, from watches and from lists alike."""

    def __init__(self, cache: ChildCache, owners: OwnerIndex) -> None:
        self.cache = cache
        self.owners = owners

    def accept(self, manifest: Manifest) -> tuple[Key, ...]:
        """The object is remembered in this version; answers who wants a look, nobody if it is no news."""
        key = key_of(manifest)
        if key.kind in _OWNER_KIND_NAMES:
            before = self.owners.get(key)
            return self._concerned(key, before) if self.owners.put(manifest) else ()
        return _owner_keys(manifest) if self.cache.put(manifest) else ()

    def drop(self, key: Key, uid: str, version: int) -> tuple[Key, ...]:
        """The object of this uid is forgotten; answers who wants a look, nobody if we did not know it."""
        if key.kind in _OWNER_KIND_NAMES:
            before = self.owners.get(key)
            return self._concerned(key, before) if self.owners.remove(key, uid, version) else ()
        held = self.cache.remove(key, uid, version)
        return () if held is None else _owner_keys(held)

    def ghosts(self, kind: str, listed: set[str], at: int) -> list[tuple[Key, str]]:
        """Return what we believe exists in a version up to `at`, although a LIST of then lacks its uid."""
        store = self.owners if kind in _OWNER_KIND_NAMES else self.cache
        return store.freshness.ghosts(kind, listed, at)

    def _concerned(self, key: Key, before: Owner | None) -> tuple[Key, ...]:
        if key.kind == MODEL_VERSION.kind:
            maker = Key(TRAINING_JOB.kind, key.namespace, key.name)
            makers = (maker,) if self.owners.get(maker) is not None else ()
            return (key, *makers, *self.owners.deployments_naming(key.namespace, key.name))
        if key.kind == MODEL_DEPLOYMENT.kind:
            return (key, *self._versions_affected(key, before))
        return (key,)

    def _versions_affected(self, key: Key, before: Owner | None) -> list[Key]:
        """A ModelVersion reports which deployments name it: both the one let go and the one taken up look again."""
        after = self.owners.get(key)
        names = {owner.version if owner else "" for owner in (before, after)}
        if len(names) == 1:
            return []
        keys = (Key(MODEL_VERSION.kind, key.namespace, name) for name in sorted(names) if name)
        return [version for version in keys if self.owners.get(version) is not None]


def _owner_keys(manifest: Manifest) -> tuple[Key, ...]:
    """A child belongs to its controller if that is ours; Pods, two steps away, say it by labels."""
    namespace = manifest["metadata"]["namespace"]
    reference = controller_of(manifest)
    if reference is not None and reference["apiVersion"].startswith(f"{GROUP}/"):
        return (Key(reference["kind"], namespace, reference["name"]),)
    labels = manifest["metadata"].get("labels") or {}
    kind, name = labels.get(LABEL_OWNER_KIND), labels.get(LABEL_OWNER_NAME)
    return (Key(kind, namespace, name),) if kind in _OWNER_KIND_NAMES and name else ()
