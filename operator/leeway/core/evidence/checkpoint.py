"""What is kept of the evidence over a restart of the operator, packed into one field of status."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leeway.api.gates import MAX_CHECKPOINT
from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.ledger import checkpoint as without_pages
from leeway.core.evidence.pair import Incident

# What unpacks to more is not ours: two arms of a hundred columns with long names have a fifth of it.
MAX_PLAIN = 16 << 20

Count = Annotated[int, Field(ge=0, lt=10**18)]
Moment = Annotated[float, Field(ge=0, lt=1e12)]
Counts = dict[Incident, Count]


@dataclass(frozen=True, slots=True)
class Kept:
    """Both arms in a step of constant weight, and what else the step is judged by.

    `worst` and `recent` are of the canary's pods: the most incidents of one pod in the step so far, and of one that may
    have gone on at `time` (`incidents.most_recent`). Times are seconds of Unix time.
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
    """The evidence cannot be stored, or not be gone on from; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class _Arm(_Part):
    version: str
    profile: str
    totals: dict[str, Count]
    counted: tuple[str, ...]


class _Document(_Part):
    format: Literal[1]
    canary: _Arm
    stable: _Arm
    weight: Annotated[float, Field(gt=0, lt=1)]
    start: Moment
    time: Moment
    slow_from: Annotated[float, Field(gt=0, lt=1e6)] | None
    worst: Counts
    recent: Counts


def pack(kept: Kept) -> str:
    """Return the evidence as base64; equal evidence packs alike.

    Raise CheckpointRefused when that has more than MAX_CHECKPOINT characters.
    """
    packed = b64encode(zlib.compress(_text_of(kept), level=9)).decode()
    if len(packed) > MAX_CHECKPOINT:
        raise CheckpointRefused(
            f"the evidence packs to {len(packed):,} characters, more than {MAX_CHECKPOINT:,}"
        )
    return packed


def unpack(packed: str) -> Kept:
    """Return the evidence that was packed; raise CheckpointRefused for anything else.

    The pods of both arms are `counted`: the next page of each is its new zero.
    """
    text = _plain(packed)
    try:
        read = _Document.model_validate_json(text)
    except ValidationError as error:
        raise CheckpointRefused(f"the checkpoint cannot be read ({error.error_count()} errors)") from error
    kept = Kept(
        canary=_arm(read.canary),
        stable=_arm(read.stable),
        weight=read.weight,
        start=read.start,
        time=read.time,
        slow_from=read.slow_from,
        worst=read.worst,
        recent=read.recent,
    )
    # Nothing but what `pack` writes: no key twice, no digits that a number loses.
    if _text_of(kept) != text:
        raise CheckpointRefused("the checkpoint is not as the operator writes it")
    return kept


def _plain(packed: str) -> bytes:
    if len(packed) > MAX_CHECKPOINT:
        raise CheckpointRefused(f"the checkpoint has more than {MAX_CHECKPOINT:,} characters")
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(b64decode(packed, validate=True), MAX_PLAIN)
    except (ValueError, zlib.error) as error:
        raise CheckpointRefused(f"the checkpoint cannot be unpacked: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise CheckpointRefused("the checkpoint is cut, or too much is packed in it")
    return text


def _text_of(kept: Kept) -> bytes:
    document = {
        "format": 1,
        "canary": _document_of(kept.canary),
        "stable": _document_of(kept.stable),
        "weight": float(kept.weight),
        "start": float(kept.start),
        "time": float(kept.time),
        "slow_from": None if kept.slow_from is None else float(kept.slow_from),
        "worst": kept.worst,
        "recent": kept.recent,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _document_of(arm: Arm) -> dict[str, object]:
    stored = without_pages(arm)
    return {
        "version": stored.version,
        "profile": stored.profile,
        "totals": stored.totals,
        "counted": sorted(stored.counted),
    }


def _arm(read: _Arm) -> Arm:
    return Arm(read.version, read.profile, totals=read.totals, counted=frozenset(read.counted))
