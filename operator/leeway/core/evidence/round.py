"""One scrape round of both arms: what their pods answered, added to what was counted before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from leeway.core.evidence.checkpoint import Kept
from leeway.core.evidence.incidents import Incidents, add_round, keep_recent, most_recent, resume
from leeway.core.evidence.ledger import Arm, Uid, added_by, keep_pods, take
from leeway.core.evidence.page import Page, PageRefused, Series, read_page

REFUSALS_SAID = 3


@dataclass(frozen=True, slots=True)
class PodSeen:
    """What one pod answered in a round: its page, or why there is none."""

    name: str
    page: Page | None = None
    refusal: str = ""
    is_leaving: bool = False  # it is being deleted, and may be gone at the next round


@dataclass(frozen=True, slots=True)
class ArmRound:
    """What the pods of one arm answered, by uid."""

    pods: Mapping[Uid, PodSeen] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """Return how many pods there are, without those that are leaving."""
        return sum(not pod.is_leaving for pod in self.pods.values())

    @property
    def answered(self) -> int:
        """Return how many of these have a page."""
        return sum(pod.page is not None and not pod.is_leaving for pod in self.pods.values())

    @property
    def counts(self) -> tuple[int, int]:
        """Return how many pods there are and how many of them answered, without those that are leaving."""
        return self.asked, self.answered

    def has_page(self, uid: Uid) -> bool:
        """Return whether a pod has a page."""
        return uid in self.pods and self.pods[uid].page is not None

    @property
    def has_quorum(self) -> bool:
        """Return whether more than half of the pods answered."""
        return 2 * self.answered > self.asked

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return "POD: why" of pods that did not answer, at most three."""
        said = (f"{pod.name}: {pod.refusal}" for pod in self.pods.values() if pod.page is None)
        return tuple(sorted(said)[:REFUSALS_SAID])


def see_pod(name: str, content: bytes, refusal: str, *, is_leaving: bool) -> PodSeen:
    """Return what a pod answered, its page read."""
    if refusal:
        return PodSeen(name, None, refusal, is_leaving)
    try:
        return PodSeen(name, read_page(content), "", is_leaving)
    except PageRefused as error:
        return PodSeen(name, None, str(error), is_leaving)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was counted of both arms in a step of constant weight. Times are seconds of Unix time."""

    canary: Arm
    stable: Arm
    weight: float
    start: float
    time: float  # of the last round
    slow_from: float | None = None
    incidents: Incidents = field(default_factory=Incidents)


def begin(
    canary: tuple[str, ArmRound],
    stable: tuple[str, ArmRound],
    weight: float,
    slow_from: float | None,
    now: float,
) -> Gathered | None:
    """Return a step in which nothing is counted yet, or None while an arm has no quorum.

    Each arm is the name of its version and its round; above `slow_from` seconds a request is slow. What the pods that
    are known now have counted until their next page is not counted; pods that come later are counted whole.
    """
    if not (canary[1].has_quorum and stable[1].has_quorum):
        return None
    arms = begin_arm(*canary), begin_arm(*stable)
    return Gathered(*arms, weight, start=now, time=now, slow_from=slow_from)


def add(
    gathered: Gathered, canary: ArmRound, stable: ArmRound, now: float
) -> tuple[Gathered, ArmRound, ArmRound]:
    """Return the evidence with a round added, and the round with the pages that contradict earlier ones refused."""
    canary_arm, canary, added = add_to_arm(gathered.canary, canary)
    stable_arm, stable, _ = add_to_arm(gathered.stable, stable)
    incidents = keep_recent(gathered.incidents, frozenset(canary.pods))
    for uid, grown in added.items():
        incidents = add_round(incidents, uid, grown, now, gathered.slow_from)
    summed = replace(gathered, canary=canary_arm, stable=stable_arm, time=now, incidents=incidents)
    return summed, canary, stable


def keep(gathered: Gathered) -> Kept:
    """Return what is to be kept over a restart of the operator; `resume` goes on from it."""
    return Kept(
        canary=gathered.canary,
        stable=gathered.stable,
        weight=gathered.weight,
        start=gathered.start,
        time=gathered.time,
        slow_from=gathered.slow_from,
        worst=gathered.incidents.worst,
        recent=most_recent(gathered.incidents, gathered.time),
    )


def resume_from(kept: Kept) -> Gathered:
    """Return the evidence to go on with: the next page of each pod that was counted is its new zero."""
    return Gathered(
        canary=kept.canary,
        stable=kept.stable,
        weight=kept.weight,
        start=kept.start,
        time=kept.time,
        slow_from=kept.slow_from,
        incidents=resume(kept.worst, kept.recent, kept.time),
    )


def begin_arm(version: str, seen: ArmRound) -> Arm:
    """Return an arm that has counted nothing, by the profile that its pods name."""
    of_version = (pod.page.profile for _, pod in sorted(seen.pods.items()) if pod.page)
    return Arm(version, next(of_version, ""), counted=frozenset(seen.pods))


def add_to_arm(arm: Arm, seen: ArmRound) -> tuple[Arm, ArmRound, dict[Uid, Mapping[Series, int]]]:
    """Return the arm with the pages of a round added, the round, and what each page has added."""
    pods, added = dict(seen.pods), {}
    for uid, pod in seen.pods.items():
        if pod.page is None:
            continue
        try:
            added[uid] = added_by(arm, uid, pod.page)
            arm = take(arm, uid, pod.page)
        except PageRefused as error:
            pods[uid] = replace(pod, page=None, refusal=str(error))
    return keep_pods(arm, frozenset(pods)), ArmRound(pods), added
