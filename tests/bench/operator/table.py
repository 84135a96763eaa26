"""The figures beside the goals and beside Argo Rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.operator.scenarios import Outcome, per_object

SOURCE = """\
Goals: for two cores that the API server, etcd, the controllers, the simulated node and the operator share.
Argo Rollouts 1.10.2: measured in November 2026 on such a machine (AMD EPYC, Zen 4), same kind of work
(Rollouts of one simulated pod), Kubernetes 1.35.4. Another machine has other figures: compare ratios.
"""
ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what is measured, its unit, the goal and Argo Rollouts' figure, where known."""

    figure: str
    words: str
    unit: str = ""
    goal: str = ABSENT
    argo: str = ABSENT


LINES = (
    Line("passes", "passes from apply to Available", goal="<= 4"),
    Line("deployment_passes", "  of them over the ModelDeployment"),
    Line("requests", "requests", goal="<= 15"),
    Line("writes", "  of them writes"),
    Line("status_writes", "  of them of a status"),
    Line("missing", "  of them for what does not exist", goal="0"),
    Line("cpu_ms", "CPU for one, alone", "ms", "<= 28 (20)", "28"),
    Line("seconds", "time for one, alone", "s"),
    Line("idle_pass_ms", "CPU of a pass with nothing to do", "ms", "<= 1.5", "2.8"),
    Line("idle_pass_requests", "  requests in it"),
    Line("idle_pass_writes", "  writes in it", goal="0"),
    Line("burst_seconds", "time for 300 at once, default rate", "s", "<= 75", "72"),
    Line("burst_cpu_ms", "  CPU for one of them", "ms", "<= 28 (20)", "28"),
    Line("burst_passes", "  passes for one of them"),
    Line("burst_requests", "  requests for one of them"),
    Line("burst_writes", "  writes for one of them"),
    Line("burst_memory", "  resident memory", "MiB"),
    Line("fast_burst_seconds", "time for 300 at once, 500 writes/s", "s", "<= 75", "72"),
    Line("fast_burst_cpu_ms", "  CPU for one of them", "ms", "<= 28 (20)", "28"),
    Line("fast_burst_passes", "  passes for one of them"),
    Line("fast_burst_requests", "  requests for one of them"),
    Line("fast_burst_memory", "  resident memory", "MiB"),
    Line("floor_seconds", "300 plain Deployments, no operator", "s"),
    Line("restart_cpu", "CPU of a restart over 2,000", "s", "<= 4", "3.0"),
    Line("restart_seconds", "  time until quiet", "s", argo="25"),
    Line("restart_passes", "  passes an object"),
    Line("restart_requests", "  requests an object"),
    Line("restart_writes", "  writes", goal="0", argo="1035"),
    Line("restart_memory", "  resident memory", "MiB", argo="227"),
    Line("start_ms", "CPU of a start with almost nothing", "ms"),
    Line("idle_ms_per_second", "CPU a second of doing nothing", "ms"),
    Line("machine_ms", "fixed work, to compare machines by", "ms"),
)


def make_table(figures: Mapping[str, float]) -> str:
    """Return the table of all figures that were measured."""
    rows = [("", "measured", "unit", "goal", "Argo Rollouts")]
    rows += [
        (line.words, format_figure(figures[line.figure]), line.unit, line.goal, line.argo)
        for line in LINES
        if line.figure in figures
    ]
    return "\n".join(
        f"{what:40} {value:>10} {unit:4} {goal:>12} {argo:>14}" for what, value, unit, goal, argo in rows
    )


def make_details(outcome: Outcome) -> str:
    """Return what the figures of one work were counted from."""
    lines = [f"\n{outcome.title} (each count for one of {outcome.objects})"]
    lines += [f"  {name} = {format_figure(value)}" for name, value in outcome.figures.items()]
    if outcome.reading is not None:
        lines += ["  passes by kind and result:", *per_object(outcome.reading.passes, outcome.objects)]
        lines += ["  requests by verb, kind and code:"]
        lines += per_object(outcome.reading.list_requests(), outcome.objects)
    return "\n".join(lines)


def format_figure(value: float) -> str:
    """Return three significant digits, and whole numbers as they are."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
