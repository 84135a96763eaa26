"""The figures of many rollouts: how often they were rolled back, after how long, after how many requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt

from leeway.cli.play.rollout import Ending, Outcome

_Z = 1.959964  # of the normal distribution, 95 % two-sided


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 90 % of all rollouts; None where as many were not rolled back."""

    median: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the rollouts of one scenario."""

    scenario: str
    rollouts: int
    rolled_back: int
    promoted: int
    held: int
    interval: tuple[float, float]  # 95 % of the rate of rollbacks
    seconds: Quantiles  # until the rollback
    canary_requests: Quantiles  # until the rollback
    failed: dict[str, int]  # rollbacks by the gate that failed
    not_passed: dict[str, int]  # held rollouts by the gate that was not Pass at the end
    messages: dict[str, str]  # an example of what each of these said

    @property
    def rate(self) -> float:
        """Return the share of rollouts that were rolled back."""
        return self.rolled_back / self.rollouts


def make_figures(scenario: str, endings: Sequence[Ending]) -> Figures:
    """Return the figures of some rollouts."""
    found = Counter(one.outcome for one in endings)
    ended = {outcome: [one for one in endings if one.outcome is outcome] for outcome in Outcome}
    back = found[Outcome.ROLLED_BACK]
    return Figures(
        scenario,
        len(endings),
        back,
        found[Outcome.PROMOTED],
        found[Outcome.HELD],
        wilson_interval(back, len(endings)),
        _quantiles([one.seconds if _is_back(one) else inf for one in endings]),
        _quantiles([one.canary_requests if _is_back(one) else inf for one in endings]),
        _gates(ended[Outcome.ROLLED_BACK]),
        _gates(ended[Outcome.HELD]),
        {
            gate: message
            for one in ended[Outcome.HELD]
            for gate, message in zip(one.deciding, one.messages, strict=True)
        },
    )


def wilson_interval(found: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    rate, z2 = found / of, _Z * _Z
    centre = (rate + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(rate * (1 - rate) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    # At no finding, and at nothing else, the ends are exact; rounding must not move them outside.
    return (0.0 if not found else centre - half, 1.0 if found == of else centre + half)


def _is_back(ending: Ending) -> bool:
    return ending.outcome is Outcome.ROLLED_BACK


def _quantiles(values: Sequence[float]) -> Quantiles:
    ordered = sorted(values)
    median, most = (ordered[ceil(share * len(ordered)) - 1] for share in (0.5, 0.9))
    return Quantiles(None if median == inf else median, None if most == inf else most)


def _gates(endings: Sequence[Ending]) -> dict[str, int]:
    return dict(Counter(gate for one in endings for gate in one.deciding).most_common())
