"""What the collector has published last of each ModelDeployment, for the reconciles to record."""

from __future__ import annotations

from collections.abc import Iterator

from leeway.api.deployment.guard import GuardStatus
from leeway.api.kinds import Key
from leeway.core.deployment.publication import Publication


class Publications:
    """The latest publication by ModelDeployment."""

    def __init__(self) -> None:
        self._latest: dict[Key, tuple[str, Publication]] = {}
        self._guards: dict[Key, tuple[str, GuardStatus]] = {}

    def put(self, key: Key, uid: str, publication: Publication) -> None:
        """Publish what is to be recorded of the object of this uid."""
        self._latest[key] = (uid, publication)

    def get(self, key: Key, uid: str) -> Publication | None:
        """Return what was published last of the object of this uid."""
        of, publication = self._latest.get(key, ("", None))
        return publication if of == uid else None

    def forget(self, key: Key) -> None:
        """Forget an object that is gone, or has no canary that is held."""
        self._latest.pop(key, None)

    def put_guard(self, key: Key, uid: str, guard: GuardStatus) -> None:
        """Publish what the guard sees of the object of this uid."""
        self._guards[key] = (uid, guard)

    def guard_of(self, key: Key, uid: str) -> GuardStatus | None:
        """Return what the guard has published last of the object of this uid."""
        of, guard = self._guards.get(key, ("", None))
        return guard if of == uid else None

    def forget_guard(self, key: Key) -> None:
        """Forget an object that is gone, or has no stable revision."""
        self._guards.pop(key, None)

    def all(self) -> Iterator[tuple[Key, Publication]]:
        """Yield what was published last of each object."""
        for key, (_, publication) in list(self._latest.items()):
            yield key, publication
