"""What was counted of canary and stable side by side: the one value that is judged, whoever collected it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from leeway.core.evidence.page import Series
from leeway.core.evidence.profile import Profile


class Incident(StrEnum):
    """What one pod may suffer from for a while, though its version is well."""

    ERRORS = "errors"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the pods of one arm have added in one step, by series.

    `worst` is the most that one pod had of each incident in a time of `incidents.INCIDENT_SECONDS`.
    """

    totals: Mapping[Series, int] = field(default_factory=dict)
    worst: Mapping[Incident, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A time of constant weight, which is the canary's share of requests, above 0 and below 1.

    Above `slow_from` seconds a request counts as slow: an edge of the latency histogram, fixed before the step began.
    """

    weight: float
    canary: Counted
    stable: Counted
    slow_from: float | None = None


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """Who the pods of one arm are, and how many of them answered in the last round."""

    version: str
    digest: str  # of the model file
    profile: Profile | None  # None while it could not be read; `why_no_profile` says why
    why_no_profile: str = ""
    pods: int = 0
    answered: int = 0
    refusals: tuple[str, ...] = ()  # "POD: why" of those that did not answer, at most three

    @property
    def has_quorum(self) -> bool:
        """Return whether more than half of the pods answered."""
        return 2 * self.answered > self.pods


@dataclass(frozen=True, slots=True)
class Pair:
    """Canary and stable: who they are, and what was counted of them in each step of constant weight."""

    canary: ArmSeen
    stable: ArmSeen
    steps: tuple[Step, ...]
