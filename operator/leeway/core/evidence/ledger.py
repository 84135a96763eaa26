"""Add up the counters of pods: what each page adds, whatever became of the pod between two pages.

A counter only grows while its process lives, and starts at zero with the next process. So a page adds the difference
from the last page of the same process, or all of it when the process is another one. What a pod has added stays when
the pod is gone; what it counted after its last page is lost with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from leeway.core.evidence.page import Page, PageRefused, Series

Uid = str

ABSENT_PAGES = 16
MAX_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Arm:
    """The pods of one revision, and what they have counted together."""

    version: str
    profile: str
    pages: Mapping[Uid, Page] = field(default_factory=dict)
    totals: Mapping[Series, int] = field(default_factory=dict)
    # Pods whose counts up to a checkpoint are in `totals` already. Their next page is their new zero: it adds nothing,
    # since nobody knows which part of it was added before.
    counted: frozenset[Uid] = frozenset()


def take(arm: Arm, pod: Uid, page: Page) -> Arm:
    """Return the arm with what the page adds; raise PageRefused when the page contradicts an earlier one."""
    totals = Counter(arm.totals)
    totals.update(added_by(arm, pod, page))
    return replace(arm, pages={**arm.pages, pod: page}, totals=dict(totals), counted=arm.counted - {pod})


def added_by(arm: Arm, pod: Uid, page: Page) -> Mapping[Series, int]:
    """Return what the page adds to the arm; raise PageRefused when the page contradicts an earlier one."""
    _require_of(arm, page)
    before = arm.pages.get(pod)
    if before is None and pod in arm.counted:
        return {}
    return _increments(before, page)


def keep_pods(arm: Arm, shown: frozenset[Uid]) -> Arm:
    """Return the arm without the pages of most pods that are not shown any more; what they counted stays.

    A pod may be shown again, as after it had lost a label: a few pages stay, from which it is counted on. Without its
    page, its next one is its new zero.
    """
    gone = [pod for pod in arm.pages if pod not in shown]
    surplus = frozenset(gone[: max(0, len(gone) - ABSENT_PAGES)])
    if not surplus:
        return arm
    pages = {pod: page for pod, page in arm.pages.items() if pod not in surplus}
    counted = arm.counted | surplus
    # Of a deleted pod the uid never comes again, so that most of them may be forgotten at some time.
    return replace(
        arm, pages=pages, counted=counted if len(counted) <= MAX_COUNTED else counted & shown | surplus
    )


def checkpoint(arm: Arm) -> Arm:
    """Return what is to be kept of the arm over a restart of the operator: totals, and whose counts are in them."""
    return replace(arm, pages={}, counted=arm.counted | arm.pages.keys())


def _require_of(arm: Arm, page: Page) -> None:
    if page.version != arm.version:
        raise PageRefused(f"it is of version {page.version}, not of {arm.version}")
    # Counts of unlike bins are never added.
    if page.profile != arm.profile:
        raise PageRefused(f"its bins are of profile {page.profile}, not of {arm.profile}")


def _increments(before: Page | None, page: Page) -> Mapping[Series, int]:
    if before is None or page.started > before.started:
        return page.counters
    if page.started < before.started:
        raise PageRefused("its process started before the one that wrote the last page")
    lost = before.counters.keys() - page.counters.keys()
    if lost:
        raise PageRefused(f"it lacks {min(lost)}, which the last page had")
    added = {series: count - before.counters.get(series, 0) for series, count in page.counters.items()}
    shrunk = [series for series, count in added.items() if count < 0]
    if shrunk:
        raise PageRefused(f"{min(shrunk)} has become smaller though the process is the same")
    # Zeros stay: a series that is there and has not grown is known, one that is absent is not.
    return added
