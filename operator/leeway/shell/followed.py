"""One pair of arms that the collector follows: what is counted, judged and published of it so far."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leeway.api.gates import ArmCounts, Evidence, Verdict
from leeway.api.model_deployment import RunningRevision
from leeway.core.deployment.held import Held
from leeway.core.deployment.publication import Publication
from leeway.core.evidence.checkpoint import CheckpointRefused, Kept, pack, unpack
from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.pair import ArmSeen, Counted, Pair, Step
from leeway.core.evidence.profile import Profile
from leeway.core.evidence.round import ArmRound, add, begin, see_pod
from leeway.core.evidence.sums import REQUESTS, ROWS, sum_of
from leeway.shell.scrape import Answer
from leeway.shell.targets import Target

logger = logging.getLogger(__name__)

LABEL_DIGITS = 8

# A profile, or why there is none.
Known = tuple[Profile | None, str]


@dataclass(slots=True)
class Followed:
    """A pair of arms; written by the event loop alone."""

    held: Held
    targets: dict[str, tuple[Target, ...]] = field(default_factory=dict)  # by revision
    kept: Kept | None = None
    canary: ArmRound = field(default_factory=ArmRound)
    stable: ArmRound = field(default_factory=ArmRound)
    verdicts: tuple[Verdict, ...] = ()
    has_news: bool = True  # since it was judged
    is_unpublished: bool = True  # something that was judged
    judged_at: float = 0.0
    publish_at: float = 0.0  # not before
    published: tuple[object, ...] = ()  # what is published at once when it changes

    @property
    def states(self) -> tuple[object, ...]:
        """Return what is published at once when it changes."""
        return (self.kept is not None, *((one.name, one.state) for one in self.verdicts))


def take_round(
    held: Held,
    kept: Kept | None,
    targets: dict[str, tuple[Target, ...]],
    answers: dict[str, Answer],
    now: float,
) -> tuple[Kept | None, ArmRound, ArmRound]:
    """Return the evidence with the answers of a round added, and what each pod of canary and stable answered."""
    canary = _see(targets.get(held.canary.revision, ()), answers)
    stable = _see(targets.get(held.stable.revision, ()), answers)
    if kept is None:
        kept = _resumed(held)
    if kept is None:
        named = (held.canary.model_version_name, canary), (held.stable.model_version_name, stable)
        kept = begin(*named, held.weight, now)
    return (None, canary, stable) if kept is None else add(kept, canary, stable, now)


def has_changed(before: Kept | None, after: Kept | None) -> bool:
    """Return whether anything was counted, or counting has begun."""
    if before is None or after is None:
        return before is not after
    return any(
        one.totals != other.totals
        for one, other in ((before.canary, after.canary), (before.stable, after.stable))
    )


def make_pair(followed: Followed, canary: Known, stable: Known) -> Pair:
    """Return what is judged of a pair, given what is known of the two profiles."""
    kept, held = followed.kept, followed.held
    steps: tuple[Step, ...] = ()
    if kept is not None:
        counted = Counted(kept.canary.totals, kept.worst), Counted(kept.stable.totals)
        steps = (Step(kept.weight, *counted, slow_from=kept.slow_from),)
    return Pair(
        canary=_arm_seen(held.canary, followed.canary, kept.canary if kept else None, canary),
        stable=_arm_seen(held.stable, followed.stable, kept.stable if kept else None, stable),
        steps=steps,
    )


def make_publication(followed: Followed, now: float) -> Publication:
    """Return the verdicts with the evidence as it stands."""
    kept, held = followed.kept, followed.held
    times = {"start_time": _time(kept.start), "time": _time(kept.time)} if kept else {"time": _time(now)}
    evidence = Evidence(
        **times,
        canary=_arm_counts(held.canary, followed.canary, kept.canary if kept else None),
        stable=_arm_counts(held.stable, followed.stable, kept.stable if kept else None),
        checkpoint=pack(kept) if kept else "",
    )
    return Publication(followed.verdicts, evidence)


def _see(targets: tuple[Target, ...], answers: dict[str, Answer]) -> ArmRound:
    pods = {}
    for target in targets:
        answer = answers.get(target.uid, Answer(refusal=target.refusal or "it was not asked"))
        pods[target.uid] = see_pod(target.name, answer.content, answer.refusal, is_leaving=target.is_leaving)
    return ArmRound(pods)


def _resumed(held: Held) -> Kept | None:
    """Return the evidence that the status records, if it is of this pair and weight."""
    recorded = held.recorded.evidence.checkpoint if held.recorded else ""
    if not recorded:
        return None
    try:
        kept = unpack(recorded)
    except CheckpointRefused as error:
        logger.warning("Counting anew: %s", error, extra={"key": str(held.key)})
        return None
    names = held.canary.model_version_name, held.stable.model_version_name, held.weight
    return kept if (kept.canary.version, kept.stable.version, kept.weight) == names else None


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
        requests=sum_of(totals, REQUESTS),
        rows=sum_of(totals, ROWS),
        pods=seen.asked,
        answered=seen.answered,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
