"""Keys that wait, in the order of their arrival, their namespaces taking turns."""

from __future__ import annotations

from leeway.api.kinds import Key


class Turns:
    """An ordered set of keys, each with the time since which it waits."""

    # One namespace with thousands of keys delays another one's by one key at a time, not by all of them.
    def __init__(self) -> None:
        # Dicts as ordered sets: first in, first out, and a key is found without a search.
        self._lines: dict[str, dict[Key, float]] = {}

    def __len__(self) -> int:
        """Return the number of keys."""
        return sum(len(line) for line in self._lines.values())

    def __bool__(self) -> bool:
        """Return whether there is a key."""
        return bool(self._lines)

    def __contains__(self, key: Key) -> bool:
        """Return whether the key waits."""
        return key in self._lines.get(key.namespace, {})

    def add(self, key: Key, since: float) -> None:
        """Add the key as the last one of its namespace; one that waits already keeps its place and time."""
        self._lines.setdefault(key.namespace, {}).setdefault(key, since)

    def remove(self, key: Key) -> float | None:
        """Remove the key; return since when it has waited, or None when it did not."""
        line = self._lines.get(key.namespace, {})
        since = line.pop(key, None)
        if not line:
            self._lines.pop(key.namespace, None)
        return since

    def pop(self) -> tuple[Key, float]:
        """Remove and return the first key of the namespace whose turn it is, and since when it has waited."""
        namespace = next(iter(self._lines))
        line = self._lines.pop(namespace)
        key = next(iter(line))
        since = line.pop(key)
        if line:
            self._lines[namespace] = line
        return key, since
