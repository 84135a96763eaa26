"""What the collector would have counted of canary and stable: the pair that is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from leeway.cli.play.requests import Served
from leeway.cli.play.series import make_series
from leeway.cli.play.traffic import Answers, Labels, Tables
from leeway.core.evidence.incidents import Incidents, add_round
from leeway.core.evidence.page import LATENCY, Series
from leeway.core.evidence.pair import ArmSeen, Counted, Step
from leeway.core.evidence.profile import Profile

SLOW_FROM = 0.1  # seconds; which edge of the histogram it is makes no difference, since shares are simulated


@dataclass(frozen=True, slots=True)
class Names:
    """The series of one arm."""

    ok: Series
    failed: Series
    refused: Series
    failures: Series
    rows: Series
    drawn: Series
    invalid: Series
    fast: Series
    timed: Series
    right: Series
    wrong: Series
    tables: tuple[tuple[Series, ...], ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """Canary or stable."""

    model: str
    seen: ArmSeen
    profile: Profile
    names: Names

    def with_profile(self, profile: Profile) -> Arm:
        """Return the arm when its version has another profile."""
        seen = replace(self.seen, profile=profile)
        return Arm(self.model, seen, profile, _make_names(self.model, seen, profile))


def make_arm(model: str, role: str, digest: str, profile: Profile) -> Arm:
    """Return an arm of one pod, which answers in every round."""
    seen = ArmSeen(f"{model}-{role}", digest, profile, pods=1, answered=1)
    return Arm(model, seen, profile, _make_names(model, seen, profile))


def _make_names(model: str, seen: ArmSeen, profile: Profile) -> Names:
    common = {"model": model, "version": seen.version, "profile": profile.digest[:8]}

    def named(name: str, **labels: str) -> Series:
        return make_series(name, common | labels)

    def feedback(outcome: str) -> Series:
        return named("leeway_model_drawn_feedback_total", of_version=seen.version, outcome=outcome)

    features = tuple(
        tuple(
            named("leeway_model_feature_bin_total", feature=column.name, bin=label) for label in column.labels
        )
        for column in profile.features
    )
    score = tuple(named("leeway_model_score_bin_total", bin=label) for label in profile.score.labels)
    return Names(
        ok=named("leeway_model_requests_total", code="200"),
        failed=named("leeway_model_requests_total", code="500"),
        refused=named("leeway_model_requests_total", code="400"),
        failures=named("leeway_model_failures_total"),
        rows=named("leeway_model_rows_total"),
        drawn=named("leeway_model_drawn_rows_total"),
        invalid=named("leeway_model_invalid_requests_total"),
        fast=named(LATENCY, le=str(SLOW_FROM)),
        timed=named(LATENCY, le="+Inf"),
        right=feedback("right"),
        wrong=feedback("wrong"),
        tables=(*features, score),
    )


@dataclass(slots=True)
class Tally:
    """What the one pod of an arm has counted since a step began; each request has one row."""

    names: Names
    seconds: float  # of a round
    rounds: int = 0
    requests: Counter[Series] = field(default_factory=Counter)
    tables: Tables = field(default_factory=list)
    labels: list[Labels] = field(default_factory=list)  # by the round of the answer, not of the label
    incidents: Incidents = field(default_factory=Incidents)

    def add(self, served: Sequence[Served], answers: Answers) -> None:
        """Count some rounds."""
        for one in served:
            added = _count(self.names, one)
            self.requests.update(added)
            self.rounds += 1
            self.incidents = add_round(self.incidents, "pod", added, self.rounds * self.seconds, SLOW_FROM)
        self.labels.extend(answers.labels)
        self.tables = [
            [before + more for before, more in zip(column, added, strict=True)]
            for column, added in zip(self.tables or _empty(answers.tables), answers.tables, strict=True)
        ]

    @property
    def served(self) -> int:
        """Return the arm's requests so far."""
        return sum(self.requests[series] for series in (self.names.ok, self.names.failed, self.names.refused))

    def counted(self, told_rounds: int) -> Counted:
        """Return the counts by series, with the labels of the answers of so many rounds."""
        names, labels = self.names, self.labels[: max(0, told_rounds)]
        told = {
            names.right: sum(one.right for one in labels),
            names.wrong: sum(one.wrong for one in labels),
        }
        rows: dict[Series, int] = {}
        for series, counts in zip(names.tables, self.tables, strict=True):
            rows.update(zip(series, counts, strict=True))
        return Counted({**self.requests, **rows, **told}, self.incidents.worst)


def make_step(weight: float, canary: Counted, stable: Counted) -> Step:
    """Return what was counted in a time of constant weight."""
    return Step(weight, canary, stable, slow_from=SLOW_FROM)


def _count(names: Names, served: Served) -> dict[Series, int]:
    return {
        names.ok: served.answered,
        names.failed: served.failed,
        names.refused: served.invalid,
        names.failures: served.failed,
        names.rows: served.answered,
        names.drawn: served.answered,
        names.invalid: served.invalid,
        names.fast: served.answered - served.slow,
        names.timed: served.answered,
    }


def _empty(tables: Tables) -> Tables:
    return [[0] * len(column) for column in tables]
