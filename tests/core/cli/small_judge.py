"""A small judge for tests of rollouts: it counts, and asks nothing of statistics."""

from __future__ import annotations

from collections.abc import Sequence

from leeway.api.gates import Gate, Verdict, VerdictState
from leeway.core.evidence.page import read_labels
from leeway.core.evidence.pair import Counted, Pair

ENOUGH = 1000  # canary requests


def counted(arm: Counted, name: str, **labels: str) -> int:
    """The sum of the series of a name that have these labels."""
    return sum(
        count
        for series, count in arm.totals.items()
        if series.startswith(f"{name}{{") and labels.items() <= read_labels(series).items()
    )


def judge(gates: Sequence[Gate], _: str, pair: Pair) -> tuple[Verdict, ...]:
    """Fail when a canary request failed, Pass after enough requests without one."""
    canary = pair.steps[0].canary
    failed = counted(canary, "leeway_model_requests_total", code="500")
    requests = counted(canary, "leeway_model_requests_total")
    state = VerdictState.FAIL if failed else VerdictState.PASS if requests >= ENOUGH else VerdictState.UNKNOWN
    return tuple(
        Verdict(name=gate.name, metric=gate.metric, state=state, message=f"{failed} failed") for gate in gates
    )
