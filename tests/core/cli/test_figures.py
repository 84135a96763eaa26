"""Figures of rollouts: rates with their intervals, and delays that are honest about what was never found."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from leeway.cli.figures import Quantiles, make_figures, wilson_interval
from leeway.cli.play.rollout import Ending, Outcome


@pytest.mark.parametrize(("found", "of"), [(0, 200), (1, 200), (50, 100), (200, 200)])
def test_the_interval_is_wilsons(found: int, of: int) -> None:
    reference = binomtest(found, of).proportion_ci(method="wilson")
    assert wilson_interval(found, of) == pytest.approx((reference.low, reference.high), abs=1e-6)


def ended(outcome: Outcome, seconds: float = 0.0, *gates: str) -> Ending:
    return Ending(outcome, seconds, int(10 * seconds), gates, tuple(f"{gate} said so" for gate in gates))


def test_delays_are_those_of_rollbacks_and_never_for_the_rest() -> None:
    endings = [ended(Outcome.ROLLED_BACK, seconds, "errors") for seconds in range(1, 9)]
    endings += [ended(Outcome.PROMOTED, 1.0), ended(Outcome.HELD, 60.0, "latency")]
    figures = make_figures("bad", endings)
    assert (figures.rolled_back, figures.promoted, figures.held) == (8, 1, 1)
    # Eight of ten were found: the median is one of them, nine of ten were never found.
    assert figures.seconds == Quantiles(5, None)
    assert figures.canary_requests == Quantiles(50, None)
    assert figures.rate == 0.8


def test_gates_are_counted_by_what_they_did() -> None:
    endings = [
        ended(Outcome.ROLLED_BACK, 5.0, "drift", "errors"),
        ended(Outcome.ROLLED_BACK, 5.0, "errors"),
        ended(Outcome.HELD, 60.0, "latency"),
        ended(Outcome.PROMOTED, 60.0),
    ]
    figures = make_figures("bad", endings)
    assert figures.failed == {"errors": 2, "drift": 1}
    assert figures.not_passed == {"latency": 1}
    assert figures.messages == {"latency": "latency said so"}
