"""What stable lets expect of the canary over several steps: its shares, in the canary's mix of the steps.

In each step both arms get requests of one time, but not as many of each. Added up, an arm looks like the times in which
it had most; of the world that drifts while the share changes, canary and stable would show different mixtures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from leeway.core.judge.likelihood import Counts


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of the canary: shares, and of how many rows they are as uncertain as counts would be."""

    shares: tuple[float, ...]
    rows: float


def expected(rows_of_canary: Sequence[int], of_steps: Sequence[Expected]) -> Counts:
    """Return the shares that are expected over all steps, weighed by the canary's rows of each, as counts.

    Each step has rows of the canary. The counts have as many rows as the shares are worth. Where the step i has the
    part w_i of the canary's rows, and n_i rows let expect the share p_i there, the mean e has the variance
    sum of w_i² p_i (1 - p_i) / n_i. That is at most e (1 - e) / min(n_i / w_i), since p (1 - p) is concave.
    """
    total = sum(rows_of_canary)
    rows = min(one.rows * total / of_canary for one, of_canary in zip(of_steps, rows_of_canary, strict=True))
    return tuple(
        round(rows * sum(map(mul, rows_of_canary, shares)) / total)
        for shares in zip(*(one.shares for one in of_steps), strict=True)
    )


def as_it_is(stable: Counts) -> Expected:
    """Return that the canary is expected to be like stable."""
    rows = sum(stable)
    return Expected(tuple(count / rows for count in stable), rows)
