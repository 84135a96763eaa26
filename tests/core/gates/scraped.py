"""Pods' answers in scrape rounds, as bytes, followed until they are a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from leeway.core.evidence.ledger import Arm, take
from leeway.core.evidence.page import PageRefused, read_page
from leeway.core.evidence.pair import ArmSeen, Counted, Pair, Step
from tests.core.gates.arms import CANARY, STABLE, Counts, arm

Answers = Mapping[str, bytes | str]  # of each pod: its page, or why the scraper has none
PROFILE = "aaaaaaaa"


def page(counts: Counts, version: str = CANARY, started: float = 1000.0) -> bytes:
    """The page of a pod that counted this."""
    lines = [f"{series} {count}.0" for series, count in counts.counted(version).totals.items()]
    common = f'model="loan",version="{version}",profile="{PROFILE}"'
    start = f"leeway_model_process_start_time_seconds{{{common}}} {started}"
    return "\n".join([*lines, start, "# EOF", ""]).encode()


def follow(canary: Sequence[Answers], stable: Sequence[Answers]) -> Pair:
    """The pair after these rounds of both arms, at a weight of 20 percent."""
    canary_seen, canary_counted = _follow(arm(CANARY), canary)
    stable_seen, stable_counted = _follow(arm(STABLE), stable)
    return Pair(canary_seen, stable_seen, (Step(0.2, canary_counted, stable_counted, slow_from=0.25),))


def _follow(seen: ArmSeen, rounds: Sequence[Answers]) -> tuple[ArmSeen, Counted]:
    counted = Arm(seen.version, PROFILE)
    refusals: list[str] = []
    for answers in rounds:
        refusals = [f"{pod}: {answer}" for pod, answer in answers.items() if isinstance(answer, str)]
        pages = {pod: answer for pod, answer in answers.items() if isinstance(answer, bytes)}
        for pod, content in pages.items():
            try:
                counted = take(counted, pod, read_page(content))
            except PageRefused as refusal:
                refusals.append(f"{pod}: {refusal}")
    pods = len(rounds[-1])
    answered = pods - len(refusals)
    return (
        replace(seen, pods=pods, answered=answered, refusals=tuple(refusals[:3])),
        Counted(counted.totals),
    )
