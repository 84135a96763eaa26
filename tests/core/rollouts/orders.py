"""In which order the world's changes and the operator's looks come, and when the operator dies."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from leeway.api.kinds import Key


class Order(Protocol):
    """What chance decides about a run; it never decides what becomes of it."""

    def looks(self) -> int:
        """Return how often the operator looks between two changes of one moment."""

    def mixed(self, keys: Sequence[Key]) -> Sequence[Key]:
        """Return the Deployments in the order in which their pods are brought up to date."""

    def is_killed(self, when: str, write: str) -> bool:
        """Return whether the operator dies at this write: before or after it."""


class Fixed:
    """Each change of one moment is there before the operator looks, and it never dies."""

    def looks(self) -> int:
        return 0

    def mixed(self, keys: Sequence[Key]) -> Sequence[Key]:
        return keys

    def is_killed(self, when: str, write: str) -> bool:
        return False


@dataclass
class KilledBefore(Fixed):
    """The operator dies before every write; the next process gets past it, and dies before the one that follows."""

    _past: set[str] = field(default_factory=set)

    def is_killed(self, when: str, write: str) -> bool:
        # Each process tells the recent Events again: dying before each of these, none would get any further.
        if when != "before" or (write.startswith("event") and write in self._past):
            return False
        self._past ^= {write}
        return write in self._past


@dataclass
class KilledAfter(Fixed):
    """The operator dies after every write."""

    _told: set[str] = field(default_factory=set)

    def is_killed(self, when: str, write: str) -> bool:
        if when != "after" or write in self._told:
            return False
        if write.startswith("event"):
            self._told.add(write)
        return True


@dataclass
class Seeded:
    """Looks between any two changes or none, in any order, and a death at one write in eight."""

    seed: int
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def looks(self) -> int:
        return self._chance.choice((0, 0, 1, 2))

    def mixed(self, keys: Sequence[Key]) -> Sequence[Key]:
        return self._chance.sample(keys, len(keys))

    def is_killed(self, when: str, write: str) -> bool:
        return self._chance.random() < 1 / 16
