"""Requests of both arms in one scrape round: how many there are, and how many fail, are refused or are slow."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from leeway.cli.play.draws import binomial


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of an arm's requests that fail, are refused for their rows, and, if answered, are slow."""

    errors: float = 0.0
    invalid: float = 0.0
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Served:
    """What became of an arm's requests in a round."""

    requests: int
    failed: int
    invalid: int
    slow: int

    @property
    def answered(self) -> int:
        """Return how many got the model's answer."""
        return self.requests - self.failed - self.invalid


@dataclass(frozen=True, slots=True)
class Round:
    """One scrape round of a rollout; the first has number 0."""

    number: int
    canary: Served
    stable: Served

    @property
    def requests(self) -> int:
        """Return the requests of both arms."""
        return self.canary.requests + self.stable.requests


def draw_round(rng: Random, number: int, requests: int, weight: float, rates: tuple[Rates, Rates]) -> Round:
    """Return a round in which each request goes to the canary with the weight; rates are canary's and stable's."""
    canary = binomial(rng, requests, weight)
    return Round(number, _serve(rng, canary, rates[0]), _serve(rng, requests - canary, rates[1]))


def _serve(rng: Random, requests: int, rates: Rates) -> Served:
    invalid = binomial(rng, requests, rates.invalid)
    failed = binomial(rng, requests - invalid, rates.errors)
    slow = binomial(rng, requests - invalid - failed, rates.latency)
    return Served(requests, failed, invalid, slow)
