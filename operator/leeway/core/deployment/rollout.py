"""Decide the next rollout state of a ModelDeployment: an ordered tuple of policies, the first answer wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Revision:
    """What would run: the hash names its Deployment; the image is pinned so that an upgrade restarts nobody."""

    hash: str
    version: str
    artifact_sha256: str
    image: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """What status remembers of a rollout between two reconciles."""

    stable: Revision | None = None
    stable_since: datetime | None = None
    canary: Revision | None = None
    canary_started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RolloutSeen:
    """Everything a decision may look at, and nothing else."""

    desired: Revision | None  # None while the version is absent or not ready
    rollout: Rollout
    paused: bool
    canary_available: bool
    now: datetime


# A policy returns the next rollout state, or None to let the next policy speak.
Policy = Callable[[RolloutSeen], Rollout | None]


def hold_while_paused(seen: RolloutSeen) -> Rollout | None:
    """Nothing starts or is promoted while the user holds it."""
    return seen.rollout if seen.paused else None


def wait_for_version(seen: RolloutSeen) -> Rollout | None:
    """Without a version that is ready nothing changes: stable keeps serving, a canary keeps its place."""
    return seen.rollout if seen.desired is None else None


def stay_on_stable(seen: RolloutSeen) -> Rollout | None:
    """What is wanted is what is stable; a canary of something else ends."""
    if seen.desired is None or seen.rollout.stable is None or seen.desired.hash != seen.rollout.stable.hash:
        return None
    return replace(seen.rollout, canary=None, canary_started_at=None)


def start_canary(seen: RolloutSeen) -> Rollout | None:
    """Another revision is wanted: it starts beside stable."""
    if seen.rollout.canary and seen.desired and seen.rollout.canary.hash == seen.desired.hash:
        return None
    return replace(seen.rollout, canary=seen.desired, canary_started_at=seen.now)


def wait_until_available(seen: RolloutSeen) -> Rollout | None:
    """Silence is not success: a canary that is not available is never promoted."""
    return None if seen.canary_available else seen.rollout


def promote(seen: RolloutSeen) -> Rollout:
    """The canary's Deployment becomes stable; no pod restarts."""
    return Rollout(stable=seen.desired, stable_since=seen.now)


POLICIES: tuple[Policy, ...] = (
    hold_while_paused, wait_for_version, stay_on_stable, start_canary, wait_until_available, promote,
)  # fmt: skip


def next_rollout(seen: RolloutSeen) -> Rollout:
    """Return the first state a policy proposes; promote always proposes one."""
    return next(rollout for policy in POLICIES if (rollout := policy(seen)) is not None)


def is_past_deadline(rollout: Rollout, deadline: timedelta, now: datetime) -> bool:
    """True when the canary had its time to become available."""
    return rollout.canary_started_at is not None and now - rollout.canary_started_at >= deadline
