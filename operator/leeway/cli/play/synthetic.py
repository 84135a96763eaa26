"""Synthetic traffic: rows drawn from the profile's shares, columns independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from random import Random

from leeway.cli.play.draws import binomial, multinomial
from leeway.cli.play.requests import Round, Served
from leeway.cli.play.traffic import Answers, Labels

Shares = tuple[float, ...]
_HALVINGS = 60
_STEEPEST = 50.0


@dataclass(frozen=True, slots=True)
class Source:
    """What one arm's rows and labels are drawn from: shares of each column's bins, and of the score's as the last."""

    shares: tuple[Shares, ...]
    labelled: float = 0.0  # share of the answers
    wrong: float = 0.0  # share of those

    def with_column(self, place: int, shares: Shares) -> Source:
        """Return the source with other shares of one column."""
        return replace(self, shares=(*self.shares[:place], shares, *self.shares[place + 1 :]))

    def answer(self, rng: Random, served: Sequence[Served]) -> Answers:
        """Return what is answered in some rounds."""
        rows = sum(one.answered for one in served)
        tables = [multinomial(rng, rows, shares) for shares in self.shares]
        return Answers(tables, tuple(self._labels(rng, one.answered) for one in served))

    def _labels(self, rng: Random, answered: int) -> Labels:
        labelled = binomial(rng, answered, self.labelled)
        wrong = binomial(rng, labelled, self.wrong)
        return Labels(labelled - wrong, wrong)


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Traffic without an end."""

    canary: Source
    stable: Source

    @property
    def rows(self) -> None:
        """Return that there is no end."""
        return None

    def answer(self, rng: Random, rounds: Sequence[Round], _: int) -> tuple[Answers, Answers]:
        """Return what canary and stable answer."""
        return (
            self.canary.answer(rng, [one.canary for one in rounds]),
            self.stable.answer(rng, [one.stable for one in rounds]),
        )

    def with_column_in(self, place: int, bin_: int) -> Synthetic:
        """Return the traffic with one column of the canary in one bin throughout."""
        shares = tuple(float(one == bin_) for one in range(len(self.canary.shares[place])))
        return replace(self, canary=self.canary.with_column(place, shares))


def shares_of(counts: Sequence[int]) -> Shares:
    """Return the shares that rows are drawn with; a bin that the reference never saw stays empty."""
    total = sum(counts)
    return tuple(count / total for count in counts)


def drifted(counts: Sequence[int], psi: float) -> Shares | None:
    """Return shares at this PSI from those of the counts, moved towards the later bins; None where there are none.

    Logarithms of the shares are moved in proportion to the bin's place, as a shift of a column's mean moves them.
    """
    occupied = [place for place, count in enumerate(counts) if count]
    if len(occupied) < 2:
        return None
    low, high = 0.0, _STEEPEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _psi(_tilted(counts, middle), counts) < psi else (low, middle)
    found = _tilted(counts, high)
    return found if _psi(found, counts) >= psi else None


def _tilted(counts: Sequence[int], by: float) -> Shares:
    last = max(place for place, count in enumerate(counts) if count)
    weights = [count * exp(by * (place - last) / last) for place, count in enumerate(counts)]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def _psi(live: Shares, counts: Sequence[int]) -> float:
    pairs = zip(live, shares_of(counts), strict=True)
    return sum((q - p) * log(q / p) for q, p in pairs if p)
