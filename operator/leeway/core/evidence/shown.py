"""What a canary has shown in its whole time: what the guard holds it to once it is stable."""

from __future__ import annotations

from leeway.api.gates import Shown
from leeway.core.evidence.gathered import Gathered
from leeway.core.evidence.table import (
    REQUESTS,
    CountsRefused,
    Table,
    read_errors,
    read_feedback,
    read_slow,
    read_table,
    total_of,
)


def show(gathered: Gathered) -> Shown:
    """Return what the canary has shown; what its pages do not tell is zero."""
    try:
        canary, stable = map(read_table, (gathered.canary.totals, gathered.stable.totals))
    except CountsRefused:
        return Shown(requests=total_of(gathered.canary.totals, REQUESTS))
    failed, answered = read_errors(canary)
    slow, timed = _slow(canary, gathered.slow_from)
    # Feedback is told to any pod, also to one of stable.
    told = [read_feedback(table, gathered.canary.version) for table in (canary, stable)]
    wrong, right = (sum(part) for part in zip(*told, strict=True))
    return Shown(
        requests=failed + answered,
        failed=failed,
        timed=timed,
        slow=slow,
        slow_from_millis=round(1000 * gathered.slow_from) if timed and gathered.slow_from else 0,
        told=wrong + right,
        wrong=wrong,
    )


def _slow(table: Table, edge: float | None) -> tuple[int, int]:
    """Return the slow requests and all that were timed; none while no edge is fixed."""
    if edge is None:
        return 0, 0
    try:
        slow, fast = read_slow(table, edge)
    except CountsRefused:
        return 0, 0
    return slow, slow + fast
