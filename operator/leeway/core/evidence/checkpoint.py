"""What is kept of the evidence over a restart of the operator, packed into one field of status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.pair import Incident


@dataclass(frozen=True, slots=True)
class Kept:
    """Both arms in a step of constant weight, and what else the step is judged by.

    `worst` and `recent` are of the canary's pods: the most incidents of one pod in a window of the step, and in the
    windows that had not ended at `time`. Times are seconds of Unix time.
    """

    canary: Arm
    stable: Arm
    weight: float
    start: float
    time: float
    slow_from: float | None = None
    worst: Mapping[Incident, int] = field(default_factory=dict)
    recent: Mapping[Incident, int] = field(default_factory=dict)


class CheckpointRefused(Exception):  # noqa: N818  tells what becomes of the checkpoint
    """The checkpoint cannot be gone on from, and counting starts anew; the message says why."""


def pack(kept: Kept) -> str:
    """Return the evidence as base64 of at most MAX_CHECKPOINT characters; equal evidence packs alike."""
    raise NotImplementedError


def unpack(packed: str) -> Kept:
    """Return the evidence that was packed; raise CheckpointRefused for anything else.

    The pods of both arms are `counted`: the next page of each is its new zero.
    """
    raise NotImplementedError
