"""Judge a pair of arms by the gates of a rollout."""

from __future__ import annotations

from collections.abc import Sequence

from leeway.api.gates import Gate, Verdict
from leeway.core.evidence.pair import Pair


def judge(gates: Sequence[Gate], false_alarm_rate: str, pair: Pair) -> tuple[Verdict, ...]:
    """Return a verdict for each gate, and for the two that every rollout has, in this order; never raise."""
    raise NotImplementedError
