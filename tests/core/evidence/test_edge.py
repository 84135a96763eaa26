"""What is slow is fixed before it is asked, by what all pods of stable have answered until then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leeway.core.evidence.edge import find_slow_from
from leeway.core.evidence.page import Page
from leeway.core.evidence.round import ArmRound, PodSeen

LATENCY = 'leeway_model_request_duration_seconds_bucket{model="loan",version="1",profile="",le="%s"}'
EDGES = ("0.1", "0.25", "1.0", "+Inf")


def pod(below: Sequence[int]) -> PodSeen:
    """A pod with so many requests up to each edge."""
    return PodSeen(
        "pod", Page(1.0, "1", "", {LATENCY % edge: count for edge, count in zip(EDGES, below, strict=False)})
    )


# sentence: (requests up to each edge, pod by pod, from where on a request is slow)
CASES: dict[str, tuple[Sequence[Sequence[int]], float | None]] = {
    "above what 95 % are below": ([(90, 95, 99, 100)], 0.25),
    "of all pods together": ([(95, 95, 95, 100), (0, 95, 100, 100)], 0.25),
    "none of them is below an edge": ([(0, 0, 0, 100)], None),
    "stable has answered nothing": ([(0, 0, 0, 0)], None),
    "stable has answered too little": ([(20, 49, 49, 49)], None),
    "stable has answered just enough, its pods together": ([(20, 25, 25, 25), (20, 25, 25, 25)], 0.25),
    "there is no pod": ([], None),
    "the pages have no latency": ([()], None),
    "the buckets contradict each other": ([(5, 3, 9, 9)], None),
}


@pytest.mark.parametrize(("pods", "want"), CASES.values(), ids=CASES)
def test_slow_is(pods: Sequence[Sequence[int]], want: float | None) -> None:
    stable = ArmRound({str(number): pod(below) for number, below in enumerate(pods)})
    assert find_slow_from(stable) == want


def test_a_pod_that_does_not_answer_says_nothing() -> None:
    silent = PodSeen("pod", refusal="HTTP 503")
    assert find_slow_from(ArmRound({"a": pod((95, 96, 99, 100)), "b": silent})) == 0.1
