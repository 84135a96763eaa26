"""What the command line asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leeway.cli.read.reading import Roles


@dataclass(frozen=True, slots=True)
class Sources:
    """Files to simulate by."""

    profile: Path | None
    stream: Path | None
    canary_stream: Path | None
    time_ordered: bool
    roles: Roles


@dataclass(frozen=True, slots=True)
class Effects:
    """What is wrong with a canary, each by itself."""

    worse: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedRates:
    """Shares of stable's requests, as they were typed."""

    error: str
    latency: str
    invalid: str
    label: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How much traffic there is, for how long, and how often it is looked at."""

    requests_per_second: float
    minutes: float
    round_seconds: float
    label_delay: float
    looks: int


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    sources: Sources
    effects: Effects
    rates: TypedRates
    pace: Pace
    rollouts: int
    seed: int
