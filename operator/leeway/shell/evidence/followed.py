"""One pair of arms that the collector follows: what is counted, judged and published of it so far."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leeway.api.deployment.record import RunningRevision
from leeway.api.gates import ArmCounts, Evidence, Verdict
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.held import Held
from leeway.core.deployment.publication import Publication
from leeway.core.evidence.checkpoint import CheckpointRefused, pack, unpack
from leeway.core.evidence.gathered import Gathered, add, begin
from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.page import Series
from leeway.core.evidence.pair import ArmSeen, Counted, Pair
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.round import ArmRound, see_pod
from leeway.core.evidence.shown import show
from leeway.core.evidence.table import REQUESTS, total_of
from leeway.core.gates.judging import judge, unknown_for_all
from leeway.core.gates.score import drift_scores
from leeway.shell.evidence.scrape import Answer
from leeway.shell.evidence.targets import Target

logger = logging.getLogger(__name__)

LABEL_DIGITS = 8
ROWS = "leeway_model_rows_total"

# A profile, or why there is none.
Known = tuple[Profile | None, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts on a pair, and the drift of each version's columns as measured."""

    verdicts: tuple[Verdict, ...] = ()
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(slots=True)
class Followed:
    """A pair of arms; written by the event loop alone."""

    held: Held
    targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)  # by revision
    gathered: Gathered | None = None
    canary: ArmRound = field(default_factory=ArmRound)
    stable: ArmRound = field(default_factory=ArmRound)
    judged: Judged = field(default_factory=Judged)
    has_news: bool = True  # since it was judged
    is_unpublished: bool = True  # something that was judged
    judged_at: float = 0.0
    publish_at: float = 0.0  # not before
    published: tuple[object, ...] = ()  # what is published at once when it changes

    @property
    def states(self) -> tuple[object, ...]:
        """Return what is published at once when it changes: what a reconcile may wait for."""
        verdicts = ((one.name, one.state) for one in self.judged.verdicts)
        return (self.gathered is not None, self._samples, *verdicts)

    @property
    def _samples(self) -> int | None:
        """Return the requests that the present step asks for, once they are there."""
        wanted = self.held.samples
        if wanted is None or self.gathered is None:
            return None
        return wanted if total_of(self.gathered.canary.totals, REQUESTS) >= wanted else None


def take_round(
    held: Held,
    gathered: Gathered | None,
    targets: dict[str, tuple[Target, ...]],
    answers: dict[str, Answer],
    now: float,
) -> tuple[Gathered | None, ArmRound, ArmRound]:
    """Return the evidence with the answers of a round added, and what each pod of canary and stable answered."""
    canary = see(targets.get(held.canary.revision, ()), answers)
    stable = see(targets.get(held.stable.revision, ()), answers)
    if gathered is None:
        gathered = _resumed(held)
    if gathered is None:
        named = (held.canary.model_version_name, canary), (held.stable.model_version_name, stable)
        gathered = begin(*named, now)
    return (None, canary, stable) if gathered is None else add(gathered, canary, stable, now)


def see(targets: tuple[Target, ...], answers: dict[str, Answer]) -> ArmRound:
    """Return what the pods of one revision answered, each page read."""
    pods = {}
    for target in targets:
        answer = answers.get(target.uid, Answer(refusal=target.refusal or "it was not asked"))
        pods[target.uid] = see_pod(
            target.name,
            answer.content,
            answer.refusal,
            is_leaving=target.is_leaving,
            is_ready=target.is_ready,
        )
    return ArmRound(pods)


def has_changed(before: Gathered | None, after: Gathered | None) -> bool:
    """Return whether anything was counted, or counting has begun."""
    if before is None or after is None:
        return before is not after
    return any(
        one.totals != other.totals
        for one, other in ((before.canary, after.canary), (before.stable, after.stable))
    )


def make_pair(followed: Followed, canary: Known, stable: Known) -> Pair:
    """Return what is judged of a pair, given what is known of the two profiles."""
    gathered, held = followed.gathered, followed.held
    return Pair(
        canary=_arm_seen(held.canary, followed.canary, gathered.canary if gathered else None, canary),
        stable=_arm_seen(held.stable, followed.stable, gathered.stable if gathered else None, stable),
        steps=gathered.steps if gathered else (),
    )


def judge_pair(spec: ModelDeploymentSpec, pair: Pair) -> Judged:
    """Return the verdicts on a pair by the gates of its spec, and the drift scores of its versions."""
    verdicts = judge(spec.gates, spec.false_alarm_rate, pair)
    measured = (
        (arm.version, drift_scores(_sum(counted), arm.profile))
        for arm, counted in (
            (pair.stable, [step.stable for step in pair.steps]),
            (pair.canary, [step.canary for step in pair.steps]),
        )
    )
    return Judged(verdicts, {version: scores for version, scores in measured if scores})


def judge_nothing(spec: ModelDeploymentSpec, reason: str) -> Judged:
    """Return that nothing is known, for the reason: an earlier verdict is none on what was counted since."""
    return Judged(unknown_for_all(spec.gates, spec.false_alarm_rate, reason))


def make_publication(followed: Followed, now: float) -> Publication:
    """Return the verdicts with the evidence as it stands."""
    gathered, held = followed.gathered, followed.held
    fields: dict[str, Any] = (
        {"start_time": _time(gathered.start), "time": _time(gathered.time), "shown": show(gathered)}
        if gathered
        else {"time": _time(now)}
    )
    evidence = Evidence(
        **fields,
        canary=_arm_counts(held.canary, followed.canary, gathered.canary if gathered else None),
        stable=_arm_counts(held.stable, followed.stable, gathered.stable if gathered else None),
        checkpoint=_packed(held, gathered) if gathered else "",
    )
    return Publication(followed.judged.verdicts, evidence)


def _resumed(held: Held) -> Gathered | None:
    """Return the evidence that the status records, if it is of this pair."""
    recorded = held.recorded.evidence.checkpoint if held.recorded else ""
    if not recorded:
        return None
    try:
        kept = unpack(recorded)
    except CheckpointRefused as error:
        logger.warning("Counting anew: %s", error, extra={"key": str(held.key)})
        return None
    names = held.canary.model_version_name, held.stable.model_version_name
    return kept if (kept.canary.version, kept.stable.version) == names else None


def _packed(held: Held, gathered: Gathered) -> str:
    try:
        return pack(gathered)
    except CheckpointRefused as error:
        # The verdicts stand; after a restart counting starts anew.
        logger.warning("Keeping no checkpoint: %s", error, extra={"key": str(held.key)})
        return ""


def _arm_seen(revision: RunningRevision, seen: ArmRound, arm: Arm | None, known: Known) -> ArmSeen:
    profile, why_none = known
    # The server labels its counts with the profile that it counts by.
    if profile is not None and arm is not None and profile.digest[:LABEL_DIGITS] != arm.profile:
        counted_by = arm.profile or "none"
        why_none = (
            f"the pods count by profile {counted_by}, and the version's is {profile.digest[:LABEL_DIGITS]}"
        )
        profile = None
    return ArmSeen(
        version=revision.model_version_name,
        digest=revision.digest or "",
        profile=profile,
        why_no_profile=why_none,
        pods=seen.asked,
        answered=seen.answered,
        refusals=seen.refusals,
    )


def _arm_counts(revision: RunningRevision, seen: ArmRound, arm: Arm | None) -> ArmCounts:
    totals = arm.totals if arm else {}
    return ArmCounts(
        revision=revision.revision,
        requests=total_of(totals, REQUESTS),
        rows=total_of(totals, ROWS),
        pods=seen.asked,
        answered=seen.answered,
    )


def _sum(counted: Iterable[Counted]) -> Mapping[Series, int]:
    summed: Counter[Series] = Counter()
    for one in counted:
        summed.update(one.totals)
    return summed


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
