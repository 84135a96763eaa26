"""Failed and slow requests pod by pod and round by round: the most that one pod had in the time of an incident.

What is done about them is written in `core/judge/incidents.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from leeway.core.evidence.ledger import Uid
from leeway.core.evidence.page import LATENCY, Series
from leeway.core.evidence.pair import Incident
from leeway.core.evidence.table import REQUESTS, CountsRefused, read_errors, read_slow, read_table

INCIDENT_SECONDS = 30
_COUNTED = (REQUESTS, LATENCY)


@dataclass(frozen=True, slots=True)
class Round:
    """The incidents that a pod's page added, and when it was read, in seconds of Unix time."""

    time: float
    counts: Mapping[Incident, int]


@dataclass(frozen=True, slots=True)
class Incidents:
    """The incidents of an arm's pods in one step; a new step begins with none.

    `before` is what is left of the time before a restart of the operator, when it was not known any more which pod had
    how many: the most that one had. Each pod may have been that one.
    """

    worst: Mapping[Incident, int] = field(default_factory=dict)
    recent: Mapping[Uid, tuple[Round, ...]] = field(default_factory=dict)
    before: Round | None = None


def add_round(
    incidents: Incidents, pod: Uid, added: Mapping[Series, int], time: float, slow_from: float | None
) -> Incidents:
    """Return the incidents with what a page has added (`ledger.added_by`)."""
    earlier = incidents.recent.get(pod) or _before(incidents, time)
    # An incident that the last round saw the end of began less than its length before the round before that.
    since = (earlier[-1].time if earlier else time) - INCIDENT_SECONDS
    rounds = (*(one for one in earlier if one.time > since), Round(time, _count(added, slow_from)))
    worst = {kind: max(incidents.worst.get(kind, 0), total) for kind, total in _sum(rounds).items()}
    return replace(incidents, worst=worst, recent={**incidents.recent, pod: rounds})


def keep_recent(incidents: Incidents, alive: frozenset[Uid]) -> Incidents:
    """Return the incidents without the rounds of pods that are gone for good; the worst stays."""
    if incidents.recent.keys() <= alive:
        return incidents
    return replace(
        incidents, recent={pod: rounds for pod, rounds in incidents.recent.items() if pod in alive}
    )


def most_recent(incidents: Incidents, time: float) -> Mapping[Incident, int]:
    """Return the most incidents of one pod that an incident which goes on at that time can have had so far."""
    since = time - INCIDENT_SECONDS
    rounds = [*incidents.recent.values(), _before(incidents, time)]
    sums = [_sum(tuple(one for one in pod if one.time > since)) for pod in rounds]
    return {kind: max(one[kind] for one in sums) for kind in Incident}


def resume(worst: Mapping[Incident, int], recent: Mapping[Incident, int], time: float) -> Incidents:
    """Return the incidents as of a checkpoint that was made at that time."""
    return Incidents(worst=worst, before=Round(time, recent))


def _before(incidents: Incidents, time: float) -> tuple[Round, ...]:
    before = incidents.before
    return (before,) if before is not None and before.time > time - INCIDENT_SECONDS else ()


def _sum(rounds: tuple[Round, ...]) -> dict[Incident, int]:
    return {kind: sum(one.counts.get(kind, 0) for one in rounds) for kind in Incident}


def _count(added: Mapping[Series, int], slow_from: float | None) -> dict[Incident, int]:
    try:
        table = read_table({series: count for series, count in added.items() if series.startswith(_COUNTED)})
        slow = 0 if slow_from is None or not table.latency else read_slow(table, slow_from)[0]
    except CountsRefused:
        # The totals cannot be judged by then either.
        return {}
    return {Incident.ERRORS: read_errors(table)[0], Incident.SLOW: slow}
