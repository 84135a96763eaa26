"""What `simulate` prints: a table with notes for people, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from leeway.cli.figures import Figures, Quantiles
from leeway.cli.play.looks import latest
from leeway.cli.play.rollout import Course
from leeway.cli.read.policy import Policy

_NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Report:
    """What was simulated, and its figures: those of the twin first."""

    policy: Policy
    course: Course
    traffic: str
    seed: int
    figures: tuple[Figures, ...]

    @property
    def title(self) -> str:
        """Return the policy in one line."""
        gates = (
            ", ".join(f"{gate.told_as} ({gate.metric})" for gate in self.policy.gates)
            or "only the built-in ones"
        )
        return (
            f"{self.policy.name}: gates {gates}; false-alarm rate {self.allowed};"
            f" canary weight {' -> '.join(f'{100 * share:.0f}' for share in self.policy.shares)} %"
        )

    @property
    def allowed(self) -> str:
        """Return the rate of false rollbacks that the policy allows."""
        return f"{100 * float(self.policy.false_alarm_rate):.3g} %"

    @property
    def subtitle(self) -> str:
        """Return the traffic in one line."""
        course = self.course
        return (
            f"{self.traffic}; {course.requests} requests every {course.seconds:g} s for"
            f" {_duration(course.rounds * course.seconds)}; {self.figures[0].rollouts} rollouts each, seed {self.seed}"
        )

    def table(self) -> Table:
        """Return a row for each scenario."""
        table = Table("WRONG WITH THE CANARY", "ROLLED BACK", "95 % INTERVAL", box=None, pad_edge=False)
        for heading in ("PROMOTED", "HELD", "DETECTED AFTER", "(90 %)", "CANARY REQUESTS", "(90 %)"):
            table.add_column(heading, justify="right")
        for one in self.figures:
            table.add_row(*_row(one, is_twin=one is self.figures[0]))
        return table

    def notes(self) -> Iterator[str]:
        """Yield what a reader must know to use the figures."""
        twin = self.figures[0]
        low, high = twin.interval
        yield (
            f"False-rollback rate: {_percent(twin.rate)} (95 % interval {_percent(low)} to {_percent(high)});"
            f" spec.falseAlarmRate allows {self.allowed}."
        )
        if len(self.course.looks) < self.course.rounds:
            yield (
                f"Looked at {len(self.course.looks)} times in {self.course.rounds} rounds. The operator looks after"
                f" every round: here what is wrong is found up to {100 * (latest(self.course.looks) - 1):.0f} %"
                f" later, and a good canary has fewer chances to be rolled back. --looks {self.course.rounds} does as"
                " it does."
            )
        for one in self.figures:
            yield from _gate_notes(one)
        yield from _held_notes(twin)

    def document(self) -> str:
        """Return everything as JSON."""
        document: Mapping[str, Any] = {
            "policy": {
                "name": self.policy.name,
                "gates": [gate.manifest() for gate in self.policy.gates],
                "falseAlarmRate": self.policy.false_alarm_rate,
                "weights": self.policy.shares,
            },
            "traffic": self.traffic,
            "requestsPerRound": self.course.requests,
            "secondsPerRound": self.course.seconds,
            "looksAfterRounds": self.course.looks,
            "seed": self.seed,
            "falseRollbackRate": self.figures[0].rate,
            "scenarios": [_scenario(one) for one in self.figures],
        }
        return json.dumps(document, indent=2)


def _row(figures: Figures, *, is_twin: bool) -> Sequence[str]:
    low, high = figures.interval
    times = (figures.seconds.median, figures.seconds.most)
    requests = (figures.canary_requests.median, figures.canary_requests.most)
    return (
        figures.scenario,
        _percent(figures.rate),
        f"{_percent(low)} - {_percent(high)}",
        _percent(figures.promoted / figures.rollouts),
        _percent(figures.held / figures.rollouts),
        # There is nothing to detect in a twin.
        *("-" if is_twin else _NOT_FOUND if time is None else _duration(time) for time in times),
        *("-" if is_twin else _NOT_FOUND if count is None else f"{count:,.0f}" for count in requests),
    )


def _gate_notes(figures: Figures) -> Iterator[str]:
    if figures.failed:
        counts = ", ".join(f"{gate} {count}" for gate, count in figures.failed.items())
        yield f"{figures.scenario}: rolled back by {counts}."


def _held_notes(twin: Figures) -> Iterator[str]:
    """Yield what good canaries were held for: what the policy needs to promote one."""
    for gate, count in twin.not_passed.items():
        yield f"A good canary was held {count} times for {gate}, e.g.: {twin.messages[gate]}"


def _scenario(figures: Figures) -> dict[str, Any]:
    return {
        "name": figures.scenario,
        "rollouts": figures.rollouts,
        "rolledBack": figures.rolled_back,
        "promoted": figures.promoted,
        "held": figures.held,
        "rollbackRate": figures.rate,
        "rollbackRateInterval": figures.interval,
        "secondsUntilRollback": _quantiles(figures.seconds),
        "canaryRequestsUntilRollback": _quantiles(figures.canary_requests),
        "failedGates": figures.failed,
        "gatesNotPassedWhenHeld": figures.not_passed,
    }


def _quantiles(found: Quantiles) -> dict[str, float | None]:
    return {"median": found.median, "p90": found.most}


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes and rest else f"{minutes}m" if minutes else f"{rest}s"
