"""What the operator says of itself at one moment, and what changed between two."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "leeway_operator"
HEARTBEAT = "Lease"
OURS = frozenset({"TrainingJob", "ModelVersion", "ModelDeployment"})
STREAMS = frozenset({"watch"})
MISSING = "404"

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Counts since the start, the CPU time so far and the moment, both in seconds, and the memory in MiB."""

    passes: Counter[Labels]  # kind, result
    requests: Counter[Labels]  # verb, kind, code
    writes: Counter[Labels]  # verb, kind
    cpu: float
    at: float
    memory: float = 0.0

    def __sub__(self, before: Reading) -> Reading:
        """Return what happened since then; the memory is what it is."""
        return Reading(
            self.passes - before.passes,
            self.requests - before.requests,
            self.writes - before.writes,
            self.cpu - before.cpu,
            self.at - before.at,
            self.memory,
        )

    def without_idling(self, idle_rate: float) -> float:
        """Return the CPU seconds beyond what doing nothing for as long would have cost."""
        return self.cpu - idle_rate * self.at

    def count_passes(self, kind: str = "") -> int:
        """Return the passes over objects of a kind, or over all."""
        return sum(n for labels, n in self.passes.items() if kind in ("", labels[0]))

    def list_requests(self) -> Counter[Labels]:
        """Return requests by verb, kind and code; heartbeats and watches belong to no object."""
        return Counter(
            {at: n for at, n in self.requests.items() if at[1] != HEARTBEAT and at[0] not in STREAMS}
        )

    def count_missing(self) -> int:
        """Return how often something was asked for that does not exist."""
        return sum(n for labels, n in self.list_requests().items() if labels[2] == MISSING)

    def list_writes(self) -> Counter[Labels]:
        """Return accepted writes by verb and kind; heartbeats are none."""
        return Counter({labels: n for labels, n in self.writes.items() if labels[1] != HEARTBEAT})

    def count_status_writes(self) -> int:
        """Return how often a status of ours was written."""
        return sum(n for labels, n in self.writes.items() if labels[0] == "update" and labels[1] in OURS)


def parse_counts(page: str) -> dict[str, Counter[Labels]]:
    """Return the operator's counters from its metrics page, by name and label values."""
    counts: dict[str, Counter[Labels]] = {}
    wanted = {"reconcile": ("kind", "result"), "api_requests": ("verb", "kind", "code")}
    wanted |= {"writes": ("verb", "kind")}
    for family in text_string_to_metric_families(page):
        name = family.name.removeprefix(f"{PREFIX}_")
        if name in wanted:
            counts[name] = Counter(
                {
                    tuple(sample.labels[label] for label in wanted[name]): int(sample.value)
                    for sample in family.samples
                    if sample.name.endswith("_total")
                }
            )
    return counts
