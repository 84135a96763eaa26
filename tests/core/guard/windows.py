"""Windows of a stable revision, as its pods' pages fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leeway.api.gates import Gate, Shown, Verdict
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.evidence.page import Page, Series
from leeway.core.evidence.round import ArmRound, PodSeen
from leeway.core.guard.judging import judge_guard
from leeway.core.guard.watched import Watched
from leeway.core.guard.window import Watch, add_round, begin_watch
from tests.core.gates.arms import STABLE, Counts, profile

HOUR = 3600
SHOWN = Shown(requests=2000, failed=20, timed=2000, slow=40, slow_from_millis=250, told=1000, wrong=100)


def spec(
    *gates: Gate, seconds: int = HOUR, rate: str = "0.01", on_fail: str = "Notify"
) -> ModelDeploymentSpec:
    """A spec with these gates and a guard."""
    return ModelDeploymentSpec.model_validate(
        {
            "modelName": "loan",
            "modelVersionName": STABLE,
            "gates": [gate.model_dump(by_alias=True, exclude_none=True) for gate in gates],
            "falseAlarmRate": rate,
            "guard": {"windowSeconds": seconds, "onFail": on_fail},
        }
    )


def round_of(counters: Mapping[Series, int], started: float = 1.0, **pod: Any) -> ArmRound:
    """A round in which one pod answers with these counters."""
    return ArmRound({"a": PodSeen("a", Page(started, STABLE, "aaaaaaaa", counters), **pod)})


def silent(pods: int = 1) -> ArmRound:
    """A round in which no pod answers."""
    return ArmRound({str(place): PodSeen(f"pod-{place}", None, "it timed out") for place in range(pods)})


def filled(parts: Sequence[Counts], seconds: float = HOUR, watch: Watch | None = None) -> Watch:
    """A window whose time is filled with these counts, one part after the other."""
    zero = {series: 0 for part in parts for series in part.counted(STABLE).totals}
    watch = watch or begin_watch(STABLE, round_of(zero), 0.0)
    assert watch is not None
    watch, _ = add_round(watch, round_of(dict(zero)), watch.time, seconds)
    totals = dict(zero)
    for part in parts:
        for series, count in part.counted(STABLE).totals.items():
            totals[series] += count
        watch, _ = add_round(watch, round_of(dict(totals)), watch.time + seconds / len(parts), seconds)
    return watch


def watched(watch: Watch | None, seen: ArmRound | None = None, seconds: int = HOUR, **facts: Any) -> Watched:
    """The stable revision with this window."""
    given = {"profile": profile("a"), "shown": SHOWN, **facts}
    return Watched(STABLE, seconds, seen or round_of({}), watch, **given)


def verdicts(of: Watched, *gates: Gate, **guard: Any) -> dict[str, Verdict]:
    """The guard's verdicts by metric."""
    return {one.metric: one for one in judge_guard(spec(*gates, seconds=of.seconds, **guard), of)}
