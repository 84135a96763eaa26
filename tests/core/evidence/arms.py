"""Two arms as rounds show them: pods that are ready or not, and what each has counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leeway.core.evidence.gathered import Gathered, add, begin
from leeway.core.evidence.page import LATENCY, read_page
from leeway.core.evidence.round import ArmRound, PodSeen
from tests.core.evidence.pages import COMMON, page, requests

INTERVAL = 5.0


@dataclass(frozen=True)
class Pod:
    """What a pod shows in a round: requests answered well, failed and slow ones, or nothing."""

    well: int = 0
    failed: int = 0
    slow: int = 0  # of all
    started: float = 1000.0
    is_ready: bool = True
    is_silent: bool = False

    def seen(self, name: str, version: str) -> PodSeen:
        """Return what a round reads of it."""
        if self.is_silent:
            return PodSeen(name, refusal="HTTP 503", is_ready=self.is_ready)
        common, timed = COMMON.format(version=version, profile="0a1b2c3d"), self.well + self.failed
        counted = {"0.25": timed - self.slow, "+Inf": timed}
        more = requests(self.well, version=version) + requests(self.failed, version=version, code=500)
        more += "".join(f'{LATENCY}{{{common},le="{edge}"}} {count}\n' for edge, count in counted.items())
        content = page(timed, version=version, started=self.started, more=more)
        return PodSeen(name, read_page(content), is_ready=self.is_ready)


Arms = tuple[dict[str, Pod], dict[str, Pod]]  # of canary and stable, by name


def seen(arms: Arms) -> tuple[ArmRound, ArmRound]:
    """Return what a round reads of both arms."""
    versions = ("loan-2", "loan-1")
    canary, stable = (
        ArmRound({name: pod.seen(name, version) for name, pod in arm.items()})
        for arm, version in zip(arms, versions, strict=True)
    )
    return canary, stable


def gathered(rounds: Iterable[Arms], before: Gathered | None = None) -> Gathered:
    """Return the evidence after these rounds, INTERVAL seconds apart."""
    evidence = before
    for arms in rounds:
        canary, stable = seen(arms)
        now = 1000.0 if evidence is None else evidence.time + INTERVAL
        evidence = evidence or begin(("loan-2", canary), ("loan-1", stable), now)
        assert evidence is not None, "an arm has no quorum"
        evidence, _, _ = add(evidence, canary, stable, now)
    assert evidence is not None
    return evidence
