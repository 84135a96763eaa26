"""Failed and slow requests of pods, in scrape rounds: independent of each other, and in bursts that hit one pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

import numpy as np
from numpy.typing import NDArray

from leeway.core.evidence.incidents import INCIDENT_SECONDS
from leeway.core.judge.arms import Stratum, log_e_worse
from leeway.core.judge.incidents import ERROR_RATIO, LATENCY_RATIO, without_incident

ALPHA = 0.05
PODS, REQUESTS = 20, 5  # requests of a pod in a round
ROUND_SECONDS = 5
ROUNDS = 120  # of a step: ten minutes
CANARY_PODS = (1, 4, 10)
WINDOW = INCIDENT_SECONDS // ROUND_SECONDS + 1  # an incident begins and ends between two rounds
Failed = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How often requests fail, or are slow, and how often something hits a pod for some rounds."""

    stable: float
    canary: float
    ratio: float
    incidents: float = 0.0  # of a pod in a round
    lasts: int = 4  # rounds
    share: float = 0.5  # of the requests, meanwhile


ERRORS = {
    "no request fails": Conditions(0.0, 0.0, ERROR_RATIO),
    "one in 200 fails, in both arms": Conditions(0.005, 0.005, ERROR_RATIO),
    "the same, and every pod fails half its requests for 20 s, every 2 hours": Conditions(
        0.005, 0.005, ERROR_RATIO, incidents=1 / 1440
    ),
    "one in 200; one in 50 in the canary": Conditions(0.005, 0.02, ERROR_RATIO),
    "one in 200; one in 5 in the canary": Conditions(0.005, 0.2, ERROR_RATIO),
    "none; all in the canary": Conditions(0.0, 1.0, ERROR_RATIO),
}
LATENCIES = {
    "5 % are slow, in both arms": Conditions(0.05, 0.05, LATENCY_RATIO),
    "the same, and every pod is slow for 20 s, every 30 minutes": Conditions(
        0.05, 0.05, LATENCY_RATIO, incidents=1 / 360, share=1.0
    ),
    "5 %; 7 % in the canary, which is tolerated": Conditions(0.05, 0.07, LATENCY_RATIO),
    "5 %; 10 % in the canary": Conditions(0.05, 0.1, LATENCY_RATIO),
    "5 %; 30 % in the canary": Conditions(0.05, 0.3, LATENCY_RATIO),
}
FORGIVING, COUNTING = "worst 30 s left out", "all counted"


def alarms(conditions: Conditions, seed: int) -> Mapping[str, int]:
    """Return after how many rounds the canary is found worse, or 0: as shipped, and without leaving anything out."""
    rng = np.random.default_rng(seed)
    first = {FORGIVING: 0, COUNTING: 0}
    forgiving = counting = 0.0
    for step, pods in enumerate(CANARY_PODS):
        failed = draw(rng, conditions, pods)
        looks = [look(failed, pods, rounds, conditions.ratio) for rounds in range(1, ROUNDS + 1)]
        for rounds, (left_out, counted) in enumerate(looks, start=step * ROUNDS + 1):
            if forgiving + left_out >= log(1 / ALPHA):
                first[FORGIVING] = first[FORGIVING] or rounds
            if counting + counted >= log(1 / ALPHA):
                first[COUNTING] = first[COUNTING] or rounds
        forgiving, counting = forgiving + looks[-1][0], counting + looks[-1][1]
    return first


def draw(rng: np.random.Generator, conditions: Conditions, canary_pods: int) -> Failed:
    """Return the failed requests of each pod in each round of a step; the canary's pods are the first."""
    rates = np.full((ROUNDS, PODS), conditions.stable)
    rates[:, :canary_pods] = conditions.canary
    for begun, pod in np.argwhere(rng.random(rates.shape) < conditions.incidents):
        rates[begun : begun + conditions.lasts, pod] = conditions.share
    return rng.binomial(REQUESTS, rates)


def look(failed: Failed, canary_pods: int, rounds: int, ratio: float) -> tuple[float, float]:
    """Return the evidence of the first rounds of a step: with the worst window left out, and with everything."""
    in_canary = failed[:rounds, :canary_pods]
    bad, stable_bad = int(in_canary.sum()), int(failed[:rounds, canary_pods:].sum())
    rows, stable_rows = rounds * canary_pods * REQUESTS, rounds * (PODS - canary_pods) * REQUESTS
    seen = Stratum(canary_pods / PODS, (bad, rows - bad), (stable_bad, stable_rows - stable_bad))
    worst = max(worst_window(pod, WINDOW) for pod in in_canary.T.tolist())
    left_out = without_incident(seen, worst)
    return log_e_worse([left_out], ratio), log_e_worse([seen], ratio)


def worst_window(rounds: Sequence[int], length: int) -> int:
    """Return the most failures of a pod in this many scrape rounds in a row."""
    total = [0, *accumulate(rounds)]
    return max((total[end] - total[max(0, end - length)] for end in range(1, len(total))), default=0)
