"""Which version of each object we know, so that late and repeated news is told from real news."""

from __future__ import annotations

from leeway.api.kinds import Key, Manifest, key_of

REMEMBERED_DEATHS = 4096


class Freshness:
    """The newest known uid and resourceVersion of every object, and the uids of recently deleted ones.

    The API server gives resourceVersions of one kind out in ascending order, across all its objects.
    """

    def __init__(self) -> None:
        self._known: dict[Key, tuple[str, int]] = {}
        self._dead: dict[str, int] = {}

    def take(self, manifest: Manifest) -> bool:
        """The manifest is known from now on; answers False if it is no news: as old as, or older than, what we knew."""
        key, uid, version = key_of(manifest), uid_of(manifest), version_of(manifest)
        if version <= self._dead.get(uid, -1) or version <= self._known.get(key, ("", -1))[1]:
            return False
        self._known[key] = (uid, version)
        return True

    def drop(self, key: Key, uid: str, version: int) -> bool:
        """The object of this uid is known to be gone at this version; answers whether we believed it existed.

        It may come back with a newer version: an object that lost our label looks deleted to a watch by label.
        """
        self._dead[uid] = version
        if len(self._dead) > REMEMBERED_DEATHS:
            del self._dead[next(iter(self._dead))]
        if self._known.get(key, ("", 0))[0] != uid:
            return False
        del self._known[key]
        return True

    def ghosts(self, kind: str, listed: set[str], at: int) -> list[tuple[Key, str]]:
        """Return key and uid of objects that we know in a version up to `at`, but that a LIST of then lacks."""
        return [
            (key, uid)
            for key, (uid, version) in self._known.items()
            if key.kind == kind and version <= at and uid not in listed
        ]


def uid_of(manifest: Manifest) -> str:
    """Return the uid of a stored object."""
    return str(manifest["metadata"]["uid"])


def version_of(manifest: Manifest) -> int:
    """Return the resourceVersion of a stored object as the number it is."""
    return int(manifest["metadata"]["resourceVersion"])
