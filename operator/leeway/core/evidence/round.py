"""What the pods of an arm answered in one scrape round, added to what was counted before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
    is_ready: bool = False  # it is given requests


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
    def ready(self) -> int:
        """Return how many pods are given requests."""
        return sum(pod.is_ready and not pod.is_leaving for pod in self.pods.values())

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


def see_pod(name: str, content: bytes, refusal: str, *, is_leaving: bool, is_ready: bool = False) -> PodSeen:
    """Return what a pod answered, its page read."""
    page = None
    if not refusal:
        try:
            page = read_page(content)
        except PageRefused as error:
            refusal = str(error)
    return PodSeen(name, page, refusal, is_leaving, is_ready)


def begin_arm(version: str, seen: ArmRound) -> Arm:
    """Return an arm in which nothing is counted yet.

    What the pods that are known now have counted until their next page is not counted; pods that come later are counted
    whole.
    """
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
