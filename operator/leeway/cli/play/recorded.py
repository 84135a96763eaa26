"""Recorded traffic: rows in order of time, each of which goes to one of the arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from leeway.cli.play.requests import Round
from leeway.cli.play.traffic import Answers, Labels, Tables

RIGHT, WRONG, NO_LABEL = range(3)


@dataclass(frozen=True, slots=True)
class Rows:
    """Recorded rows: of each column, then of the score, the bin of each row; and what became of each answer."""

    columns: tuple[bytes, ...]
    bins: tuple[int, ...]  # how many each column has
    outcomes: bytes

    def with_column(self, place: int, bin_: int) -> Rows:
        """Return the rows with one column in one bin throughout."""
        broken = bytes([bin_]) * len(self.columns[place])
        return replace(self, columns=(*self.columns[:place], broken, *self.columns[place + 1 :]))

    def count(self, chosen: Sequence[Sequence[int]]) -> Answers:
        """Return the counts of the chosen rows, and the labels of each round."""
        rows = [row for of_round in chosen for row in of_round]
        tables: Tables = []
        for column, bins in zip(self.columns, self.bins, strict=True):
            found = Counter(map(column.__getitem__, rows))
            tables.append([found[bin_] for bin_ in range(bins)])
        return Answers(tables, tuple(map(self._labels, chosen)))

    def _labels(self, rows: Sequence[int]) -> Labels:
        found = Counter(map(self.outcomes.__getitem__, rows))
        return Labels(found[RIGHT], found[WRONG])


@dataclass(frozen=True, slots=True)
class Recorded:
    """The rows as stable answers them, and as the canary does."""

    canary: Rows
    stable: Rows

    @property
    def rows(self) -> int:
        """Return how many requests were recorded."""
        return len(self.stable.outcomes)

    def answer(self, rng: Random, rounds: Sequence[Round], first: int) -> tuple[Answers, Answers]:
        """Return what canary and stable answer; which row goes where is drawn, their order is kept."""
        orders = [_shuffled(rng, one, first) for one in rounds]
        pairs = list(zip(orders, rounds, strict=True))
        canary = [order[: one.canary.answered] for order, one in pairs]
        stable = [order[one.canary.requests :][: one.stable.answered] for order, one in pairs]
        return self.canary.count(canary), self.stable.count(stable)

    def with_column_in(self, place: int, bin_: int) -> Recorded:
        """Return the rows with one column of the canary in one bin throughout."""
        return replace(self, canary=self.canary.with_column(place, bin_))


def _shuffled(rng: Random, one: Round, first: int) -> list[int]:
    """Return the rows of a round in random order: the first ones go to the canary."""
    start = first + one.number * one.requests
    return rng.sample(range(start, start + one.requests), one.requests)
