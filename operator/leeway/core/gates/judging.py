"""Judge a pair of arms by the gates of a rollout."""

from __future__ import annotations

from collections.abc import Sequence

from leeway.api.gates import Gate, Verdict, VerdictState
from leeway.core.evidence.pair import Pair

INVALID_INPUT, ARMS_COMPARABLE = "invalid-input", "arms-comparable"


def judge(gates: Sequence[Gate], false_alarm_rate: str, pair: Pair) -> tuple[Verdict, ...]:
    """Return a verdict for each gate, and for the two that every rollout has, in this order."""
    asked = [(gate.name, str(gate.metric)) for gate in gates]
    built_in = [(INVALID_INPUT, "InvalidInput"), (ARMS_COMPARABLE, "ArmsComparable")]
    return tuple(
        Verdict(name=name, metric=metric, state=VerdictState.UNKNOWN, message="Nothing was counted yet.")
        for name, metric in (*asked, *built_in)
    )
