"""Arms as their pods' pages count them, pairs of them, and what their verdicts must be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from leeway.api.gates import Gate, GateMetric, Verdict, VerdictState
from leeway.core.evidence.pair import ArmSeen, Counted, Incident, Pair, Step
from leeway.core.evidence.profile import SCORE, Bridge, Column, Profile
from leeway.core.gates.judging import judge

EDGES = (0.1, 0.25, float("inf"))
TENTHS = (1000,) * 10
STABLE, CANARY = "loan-1", "loan-2"


def column(name: str, counts: Sequence[int] = TENTHS) -> Column:
    """A numeric column of so many bins, with nothing missing and nothing far outside."""
    bins = [str(place) for place in range(len(counts))]
    edges = tuple(float(place) for place in range(1, len(counts)))
    return Column(name, (*bins, "missing", "other"), (*counts, 0, 0), edges=edges, limits=(0.0, len(counts)))


def profile(
    digest: str = "a", columns: Sequence[Column] = (column("income"),), bridge: Bridge | None = None
) -> Profile:
    """A profile of these columns, and of scores in ten bins."""
    score = Column(SCORE, tuple(map(str, range(10))), TENTHS)
    return Profile(digest * 64, sum(TENTHS), tuple(columns), score, bridge)


@dataclass(frozen=True)
class Counts:
    """What one arm's pages count; the rows of columns and scores are the drawn ones."""

    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    scores: Sequence[int] = (0,) * 10
    codes: Mapping[str, int] = field(default_factory=lambda: {"200": 0})
    invalid: int = 0
    latency: Sequence[int] = (0, 0, 0)  # up to each of EDGES
    feedback: Mapping[tuple[str, str], int] = field(default_factory=dict)
    worst: Mapping[Incident, int] = field(default_factory=dict)

    def counted(self, version: str, of_profile: str = "aaaaaaaa") -> Counted:
        """These counts by series, with the label of a profile."""
        common = f'model="loan",version="{version}",profile="{of_profile}"'
        drawn = sum(self.scores)
        totals = {
            f"leeway_model_drawn_rows_total{{{common}}}": drawn,
            f"leeway_model_invalid_requests_total{{{common}}}": self.invalid,
        }
        for name, counts in self.columns.items():
            bins = [*map(str, range(len(counts))), "missing", "other"]
            for label, count in zip(bins, [*counts, 0, 0], strict=True):
                totals[f'leeway_model_feature_bin_total{{{common},feature="{name}",bin="{label}"}}'] = count
        for place, count in enumerate(self.scores):
            totals[f'leeway_model_score_bin_total{{{common},bin="{place}"}}'] = count
        for code, count in self.codes.items():
            totals[f'leeway_model_requests_total{{{common},code="{code}"}}'] = count
        for edge, count in zip(EDGES, self.latency, strict=True):
            le = "+Inf" if edge == float("inf") else edge
            totals[f'leeway_model_request_duration_seconds_bucket{{{common},le="{le}"}}'] = count
        for (of, outcome), count in self.feedback.items():
            labels = f'of_version="{of}",outcome="{outcome}"'
            totals[f"leeway_model_drawn_feedback_total{{{common},{labels}}}"] = count
        return Counted(totals, self.worst)


def spread(rows: int, shares: Sequence[float] = (0.1,) * 10) -> tuple[int, ...]:
    """So many rows in bins of these shares, the last bin taking what is left by rounding."""
    counts = [round(rows * share) for share in shares[:-1]]
    return (*counts, rows - sum(counts))


ONE_SIDE = (0.4, 0.3, 0.1, 0.05, 0.05, 0.02, 0.02, 0.02, 0.02, 0.02)


def inputs(rows: int, shares: Sequence[float] = (0.1,) * 10, **other: object) -> Counts:
    """An arm whose income has these shares, and whose scores lie even."""
    return Counts(columns={"income": spread(rows, shares)}, scores=spread(rows), **other)  # type: ignore[arg-type]


def arm(version: str = STABLE, **facts: object) -> ArmSeen:
    """An arm of two pods that answer."""
    base = ArmSeen(version, f"sha256:{version[-1] * 64}", profile("a"), pods=2, answered=2)
    return replace(base, **facts)  # type: ignore[arg-type]


def pair(
    canary: Counts,
    stable: Counts,
    *,
    arms: tuple[ArmSeen, ArmSeen] | None = None,
    weight: float = 0.2,
    slow_from: float | None = 0.25,
) -> Pair:
    """A pair in one step."""
    of_canary, of_stable = arms or (arm(CANARY, profile=profile("b")), arm(STABLE))
    labels = ["" if one.profile is None else one.profile.digest[:8] for one in (of_canary, of_stable)]
    step = Step(
        weight,
        canary.counted(of_canary.version, labels[0]),
        stable.counted(of_stable.version, labels[1]),
        slow_from,
    )
    return Pair(of_canary, of_stable, (step,))


def verdict_of(metric: str, seen: Pair, *, rate: str = "0.05", **gate: object) -> Verdict:
    """The verdict of one gate; of the built-in ones by their name."""
    gates = (
        []
        if metric in ("invalid-input", "arms-comparable")
        else [
            Gate(name="asked", metric=GateMetric(metric), **gate)  # type: ignore[arg-type]
        ]
    )
    name = metric if not gates else "asked"
    return next(one for one in judge(gates, rate, seen) if one.name == name)


Judged = tuple[str, Pair, VerdictState, str]  # a metric, a pair, and the verdict: its state, and what it says
PASS, FAIL, UNKNOWN = VerdictState.PASS, VerdictState.FAIL, VerdictState.UNKNOWN


def assert_judged(judged: Judged) -> None:
    """The verdict is as it must be."""
    metric, seen, state, says = judged
    verdict = verdict_of(metric, seen)
    assert (verdict.state, verdict.message) == (state, verdict.message)
    assert re.search(says, verdict.message), verdict.message


def scored(rows: int, shares: tuple[float, ...] = (0.1,) * 10) -> Counts:
    """An arm whose scores have these shares."""
    return Counts(columns={"income": spread(rows)}, scores=spread(rows, shares))


def bridge(**facts: object) -> Bridge:
    """A bridge by which the canary's scores turn stable's around."""
    turned = tuple(tuple(1000 * (here + there == 9) for there in range(10)) for here in range(10))
    base = Bridge(f"sha256:{STABLE[-1] * 64}", "a" * 64, turned)
    return replace(base, **facts)  # type: ignore[arg-type]


def bridged(**facts: object) -> tuple[ArmSeen, ArmSeen]:
    """Arms of unlike models, with that bridge between them."""
    return arm(CANARY, profile=profile("b", bridge=bridge(**facts))), arm()


# Two revisions of one version.
TWINS = (arm(), arm())
