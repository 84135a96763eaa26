"""The newest known version of each object, by which late and repeated news are recognised."""

from __future__ import annotations

from leeway.api.kinds import Key, Manifest, key_of

# A late event of a deleted object comes within seconds, from a watch or a list that was under way.
REMEMBERED_DEATHS = 4096


class Freshness:
    """The newest known uid and resourceVersion of every object, and the uids of recently deleted ones."""

    # Compared as numbers: the API server gives the resourceVersions of one kind out in ascending order, across all
    # objects of it.
    def __init__(self) -> None:
        self._known: dict[Key, tuple[str, int]] = {}
        self._dead: dict[str, int] = {}

    def take(self, manifest: Manifest) -> bool:
        """Remember the version of the manifest; return whether it is newer than what was known."""
        key, uid, version = key_of(manifest), uid_of(manifest), version_of(manifest)
        if version <= self._dead.get(uid, -1) or version <= self._known.get(key, ("", -1))[1]:
            return False
        self._known[key] = (uid, version)
        return True

    def drop(self, key: Key, uid: str, version: int) -> bool:
        """Forget the object of this uid, deleted at this version; return whether it was known."""
        # With the version, since it may come back: an object that loses our label looks deleted to a watch by label.
        self._dead[uid] = version
        if len(self._dead) > REMEMBERED_DEATHS:
            del self._dead[next(iter(self._dead))]
        if self._known.get(key, ("", 0))[0] != uid:
            return False
        del self._known[key]
        return True

    def ghosts(self, kind: str, listed: set[str], at: int) -> list[tuple[Key, str]]:
        """Return key and uid of the known objects of a kind that a LIST at the resourceVersion `at` lacks."""
        # Up to `at` only: what was created after the list was taken is not in it either.
        return [
            (key, uid)
            for key, (uid, version) in self._known.items()
            if key.kind == kind and version <= at and uid not in listed
        ]


def uid_of(manifest: Manifest) -> str:
    """Return the uid of a stored object."""
    return str(manifest["metadata"]["uid"])


def version_of(manifest: Manifest) -> int:
    """Return the resourceVersion of a stored object as a number."""
    return int(manifest["metadata"]["resourceVersion"])
