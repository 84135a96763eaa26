"""What traffic is made of: rows in bins and labels, whether drawn or recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from leeway.cli.play.requests import Round

Tables = list[list[int]]  # of each column, then of the score: rows in each bin


@dataclass(frozen=True, slots=True)
class Labels:
    """How many answers of an arm in a round turn out right, and how many wrong."""

    right: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """What an arm answered in some rounds, and of each of them the labels that will come."""

    tables: Tables
    labels: tuple[Labels, ...]


class Traffic(Protocol):
    """Where rows come from."""

    @property
    def rows(self) -> int | None:
        """Return how many requests there are, or None when there is no end to them."""
        ...

    def answer(self, rng: Random, rounds: Sequence[Round], first: int) -> tuple[Answers, Answers]:
        """Return what canary and stable answer in these rounds of a rollout that starts at a recorded row."""
        ...

    def with_column_in(self, place: int, bin_: int) -> Traffic:
        """Return the traffic with one column of the canary in one bin throughout."""
        ...
